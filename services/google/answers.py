"""Bytes on their way out: always as a file to be kept, never as a page that a browser would show."""

from urllib.parse import quote

from litestar import Response


def download(data: bytes, name: str) -> Response[bytes]:
    """The bytes as a download of that name (RFC 6266)."""
    disposition = f"attachment; filename*=UTF-8''{quote(name.encode('utf-8', 'replace'), safe='')}"
    headers = {
        "content-disposition": disposition,
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox",
    }
    return Response(data, media_type="application/octet-stream", headers=headers)
