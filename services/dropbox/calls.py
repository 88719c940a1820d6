"""How Dropbox is asked: by POST with JSON, and for bytes by GET with the same JSON in the address.

https://www.dropbox.com/developers/documentation/http/documentation#formats
"""

import re
from typing import Any, TypeVar

from msgspec import Raw, Struct, json

from shared.provider import Api, Content
from shared.shapes import decoded

T = TypeVar("T")

LIST = "/2/files/list_folder"
DOWNLOAD, EXPORT, UPLOAD = "/2/files/download", "/2/files/export", "/2/files/upload"
CONTENT = dict.fromkeys((DOWNLOAD, EXPORT, UPLOAD), "https://content.dropboxapi.com")
"""What is asked of the host that has the bytes."""
NOTHING = Content("application/json", b"null")
"""The argument of a call that has none."""


class Listed(Struct):
    """One page; with the cursor it goes on, or is asked later for what has changed since."""

    entries: list[Raw]
    cursor: str
    has_more: bool


async def ask(api: Api, path: str, type: type[T], arg: Any = None) -> T:
    """Read by POST; raises what any read raises."""
    reply = await api.query(path, "application/json", written(arg).encode())
    return decoded(reply.data or b"", type)


def written(arg: Any) -> str:
    """An argument in visible ASCII alone, as addresses and headers want it."""
    return re.sub(r"[^ -~]", _escaped, json.encode(arg).decode())


def _escaped(found: "re.Match[str]") -> str:
    units = found[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
