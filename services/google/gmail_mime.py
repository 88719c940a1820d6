"""A mail as a tree of parts, from its RFC 5322 text or from Gmail's own reading of it.

Parts are numbered as Gmail numbers them (`0.1`), so that a part is found again by either door.
"""

from collections.abc import Iterator
from email import policy
from email.message import Message
from email.parser import BytesParser
from typing import Any

from msgspec import Struct

from services.google.gmail_headers import Headers, decoded
from services.google.gmail_models import Mail, Payload, bytes_of
from shared.errors import Unreadable


class Part(Struct):
    """`text` is None for what is not text; `size` is in bytes, without the transfer encoding."""

    id: str
    type: str
    headers: Headers
    name: str = ""
    text: str | None = None
    size: int = 0
    children: tuple["Part", ...] = ()

    @property
    def attached(self) -> bool:
        """Whether it is a file of its own and no part of what is read."""
        away = self.headers.raw("content-disposition").strip().lower().startswith("attachment")
        return away or bool(self.name) or not self.type.startswith(("text/", "multipart/"))


def of(mail: Mail) -> Part:
    """The tree of a message; raises Unreadable where there is none."""
    if mail.raw is not None:
        return _of_text(bytes_of(mail.raw))
    if mail.payload is not None:
        return _of_payload(mail.payload)
    raise Unreadable("Gmail sent a message without its content.")


def leaves(part: Part) -> Iterator[Part]:
    """The parts that hold something, in order; what a mail within the mail holds is not ours."""
    if not part.children:
        yield part
    for child in part.children:
        yield from leaves(child)


def _of_text(raw: bytes) -> Part:
    try:
        # The newer policies read a header each time it is looked at, and raise for what is merely odd.
        return _part(BytesParser(policy=policy.compat32).parsebytes(raw), "")
    except Unreadable:
        raise
    except Exception as problem:  # the parser promises not to raise, and does
        raise Unreadable(f"The mail cannot be parsed ({type(problem).__name__}).") from problem


def _part(it: "Message[Any, Any]", ident: str) -> Part:
    headers = Headers.of((name, str(value)) for name, value in it.raw_items())
    kind, body = _kind(it), it.get_payload()
    if kind.startswith("multipart/") and isinstance(body, list):
        children = tuple(_part(one, _below(ident, n)) for n, one in enumerate(body))
        return Part(ident, kind, headers, children=children)
    if isinstance(body, list):
        inside: list[Message[Any, Any]] = [one for one in body if isinstance(one, Message)]
        size = sum(len(one.as_bytes()) for one in inside)
        return Part(ident, kind, headers, _name(headers) or "message.eml", size=size)
    data = it.get_payload(decode=True)
    content = data if isinstance(data, bytes) else b""
    text = _decoded(content, headers) if kind.startswith("text/") else None
    return Part(ident, kind, headers, _name(headers), text, len(content))


def _of_payload(it: Payload) -> Part:
    headers = Headers.of((header.name, header.value) for header in it.headers)
    kind = it.mimeType.lower() or "text/plain"
    name = decoded(it.filename) or _name(headers)
    if kind == "message/rfc822":
        return Part(it.partId, kind, headers, name or "message.eml", size=_size(it))
    children = tuple(_of_payload(one) for one in it.parts)
    text = None
    if kind.startswith("text/") and it.body and it.body.data is not None:
        text = _decoded(bytes_of(it.body.data), headers)
    return Part(it.partId, kind, headers, name, text, _size(it), children)


def _size(it: Payload) -> int:
    return it.body.size if it.body else 0


def _kind(it: "Message[Any, Any]") -> str:
    """The media type; in a digest, what says nothing is a mail."""
    try:
        kind = it.get_content_type()
    except Exception:  # the header's parser, as above
        return "text/plain"
    return kind if len(kind) < 128 and kind.isascii() else "text/plain"


def _below(ident: str, number: int) -> str:
    return f"{ident}.{number}" if ident else str(number)


def _name(headers: Headers) -> str:
    for header, key in (("content-disposition", "filename"), ("content-type", "name")):
        if name := decoded(parameter(headers, header, key)).replace("\\", "/").rpartition("/")[2]:
            return " ".join(name.split())[:255]
    return ""


def parameter(headers: Headers, header: str, key: str) -> str:
    """One parameter of a structured header (RFC 2231), or ""."""
    value = headers.raw(header)
    if key not in value.lower():
        return ""
    reader: Message[str, str] = Message()
    reader[header] = " ".join(value.split())
    try:
        found = reader.get_param(key, "", header)
        return _collapsed(found)
    except Exception:  # parameters may be as broken as anything else
        return ""


def _collapsed(found: Any) -> str:
    """RFC 2231 text with its charset, or plain text."""
    if not isinstance(found, tuple):
        return str(found)
    charset, _, value = found
    return str(value).encode("latin-1", "replace").decode(charset or "utf-8", "replace")


def _decoded(data: bytes, headers: Headers) -> str:
    """Text by its charset; where that is missing, unknown or wrong, UTF-8 and then windows-1252."""
    charset = parameter(headers, "content-type", "charset").strip("\"' ") or "utf-8"
    for name in (charset, "utf-8"):
        try:
            return data.decode(name)
        except (LookupError, UnicodeError, ValueError):
            continue
    return data.decode("cp1252", "replace")
