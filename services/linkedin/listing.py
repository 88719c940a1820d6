"""Parts of LinkedIn's lists: a page's posts, what it was notified of, and what was said under a post."""

from typing import NamedTuple
from urllib.parse import quote

from msgspec import Raw, Struct

from services.linkedin.comments import comments
from services.linkedin.models import Elements, Notification
from services.linkedin.writing import author
from shared.errors import ItemGone
from shared.provider import Api
from shared.shapes import decoded
from shared.types import Record, Resource

ACTIONS = "LIKE,COMMENT,SHARE,SHARE_MENTION,ADMIN_COMMENT,COMMENT_EDIT,COMMENT_DELETE"


class Place(Struct, frozen=True):
    """Where a list is read on, and the row that has to stand there."""

    start: int = 0
    last: str = ""


class Stamp(Struct, rename="camel"):
    id: str
    last_modified_at: int


class Window(NamedTuple):
    """A part of a list, and where the next one begins; None after the last."""

    rows: list[tuple[Raw, Stamp]]
    following: Place | None
    total: int | None


async def window(api: Api, resource: Resource, at: Place, count: int, order: str) -> Window:
    """A part of a page's posts. It begins with the last row of the part before.

    Where it does not, posts were deleted meanwhile and others moved up unseen: that part is read again.
    """
    path = f"{author(resource.id)}&start={at.start}&count={count}&sortBy={order}"
    listed = await api.get(path, Elements[Raw])
    rows = [(row, decoded(row, Stamp)) for row in listed.elements]
    if at.last and at.last not in [it.id for _, it in rows]:
        return Window([], Place(max(0, at.start - count)), listed.paging.total)
    full = len(rows) == count > 1
    following = Place(at.start + count - 1, rows[-1][1].id) if full else None
    return Window(rows, following, listed.paging.total)


async def told(
    api: Api, resource: Resource, start: int, count: int
) -> list[tuple[Raw, Notification]]:
    """Notifications of a page, the latest first; LinkedIn keeps them for sixty days."""
    entity = quote(f"urn:li:organization:{resource.id}", safe="")
    path = (
        f"/rest/organizationalEntityNotifications?q=criteria&organizationalEntity={entity}"
        f"&actions=List({ACTIONS})&start={start}&count={count}"
    )
    listed = await api.get(path, Elements[Raw])
    return [(row, decoded(row, Notification)) for row in listed.elements]


async def under(api: Api, urn: str) -> list[Record]:
    """What is said under a post; nothing under one that is gone."""
    try:
        return [Record("comment", row) async for row in comments(api, urn)]
    except ItemGone:
        return []
