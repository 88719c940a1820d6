"""Where a browser may be sent when a connection was made, or was not."""

from urllib.parse import unquote


def may_return(url: str, prefixes: tuple[str, ...]) -> bool:
    """Whether a browser may be sent there: nowhere, a path on this service, or an allowed prefix."""
    if not url:
        return True
    plain = url.isascii() and url.isprintable() and not set(url) & set(' \\"<>')
    path = unquote(unquote(url)).split("?")[0]
    if not plain or len(url) > 2048 or ".." in path:
        return False
    if url.startswith("/"):
        doubled = "//" in url or "//" in path
        return not doubled and "\\" not in unquote(unquote(url))
    return any(
        url == prefix
        or (url.startswith(prefix) and (prefix[-1] == "/" or url[len(prefix)] in "/?#"))
        for prefix in prefixes
        if prefix.startswith(("https://", "http://"))
    )
