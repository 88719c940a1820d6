"""How GitLab's lists are walked without losing anything.

Oldest change first, and every page is a new question from the last change seen: pages shift under a
list that changes, and GitLab counts no further than 50,000 rows.
https://docs.gitlab.com/api/rest/#pagination
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import TypeVar

from msgspec import Raw, Struct

from services.gitlab.models import User, moment
from shared.provider import Api
from shared.shapes import decoded
from shared.types import Resource

T = TypeVar("T")

OVERLAP = timedelta(seconds=60)
"""How far a walk looks back, because what was changed is not always listed at once."""


class Since(Struct, frozen=True):
    """Everything changed up to `since` is stored; `next` while one second fills more than a page."""

    since: str = ""
    next: str = ""


class Head(Struct):
    """What a walk needs to know of an item; the normalizer reads the rest."""

    id: int = 0
    iid: int = 0
    updated_at: str | None = None
    web_url: str = ""
    user_notes_count: int = 0
    author: User | None = None


async def by_change(
    api: Api, at: Since, path: str, *, per_page: int = 100
) -> AsyncIterator[tuple[list[tuple[Head, Raw]], Since]]:
    """Rows with what a walk needs of them, page by page, each with the cursor that follows it."""
    back = OVERLAP
    while True:
        if at.next:
            reply = await api.page(at.next, list[Raw])
        else:
            since = moment(at.since) - back if at.since else None
            asked = {"updated_after": stamp(since)} if since else {}
            order = {"order_by": "updated_at", "sort": "asc", **asked}
            reply = await api.page(path, list[Raw], per_page=per_page, **order)
        rows = [(decoded(row, Head), row) for row in reply.data or ()]
        told = [head.updated_at for head, _ in rows if head.updated_at]
        last = max((stamp(moment(it)) for it in told), default="")
        fresh = last > at.since
        at = Since(last if fresh else at.since, "" if fresh else reply.next)
        yield rows, at
        if not reply.next:
            return
        back = timedelta()


def names(people: list[User | None]) -> dict[str, str]:
    """What people are called, for webhooks that give their number alone."""
    return {str(it.id): it.username for it in people if it and it.id and it.username}


def place(resource: Resource) -> str:
    """The path of a project, by its number: its name changes when it is moved."""
    return f"/api/v4/projects/{resource.id}"


def stamp(at: datetime) -> str:
    """A time as GitLab takes it, without a `+`, so that its text sorts as time does."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
