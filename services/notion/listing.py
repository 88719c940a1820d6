"""Lists of Notion's: pages of objects, by a cursor that may be forgotten.

https://developers.notion.com/reference/intro#pagination
"""

from contextlib import suppress
from typing import Any, TypeVar

from msgspec import Raw, Struct, json

from shared.errors import Refused
from shared.provider import Api
from shared.shapes import decoded

T = TypeVar("T")

PER_PAGE = 100


class Status(Struct):
    type: str = ""


class Head(Struct):
    """What a walk reads of a listed object; one that is not shown whole has an id alone."""

    id: str
    object: str = "page"
    last_edited_time: str = ""
    created_time: str = ""
    in_trash: bool = False
    archived: bool = False

    @property
    def gone(self) -> bool:
        """In the trash, in the words of either version of the API."""
        return self.in_trash or self.archived


class Listing(Struct):
    """A page of a list; `request_status` says when Notion stopped before the end."""

    results: list[Raw] = []
    next_cursor: str | None = None
    has_more: bool = False
    request_status: Status | None = None

    @property
    def next(self) -> str:
        return self.next_cursor or "" if self.has_more else ""

    @property
    def cut(self) -> bool:
        """After 10,000 results Notion says that there are no more."""
        return bool(self.request_status and self.request_status.type == "incomplete")


async def listing(api: Api, path: str, wish: dict[str, Any], after: str) -> Listing:
    """A page of what is read by POST; the first one where Notion does not know the cursor any more."""
    wish = {"page_size": PER_PAGE, **wish}
    if after:
        with suppress(Refused):
            return await _asked(api, path, {**wish, "start_cursor": after})
    return await _asked(api, path, wish)


async def _asked(api: Api, path: str, wish: dict[str, Any]) -> Listing:
    reply = await api.query(path, "application/json", json.encode(wish))
    return decoded(reply.data or b"", Listing)


def head(row: Raw) -> Head:
    """What a walk needs to know of a listed object; raises Unreadable."""
    return decoded(row, Head)
