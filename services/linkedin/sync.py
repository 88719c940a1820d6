"""How pages of organizations are walked. Nothing can be asked "since": lists are read until what is known.

https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api
"""

from collections.abc import AsyncIterator

from msgspec import Raw, Struct, structs

from services.linkedin.listing import Place, told, under, window
from services.linkedin.models import Elements, Notification, Role
from services.linkedin.webhook import WRITTEN, heard, organization
from shared.provider import Api
from shared.types import Page, Record, Resource

ROLES = "/rest/organizationAcls?q=roleAssignee&role=ADMINISTRATOR&state=APPROVED"
COUNT, POSTS = 100, 20
"""Rows of a page; and posts of one whose comments are read with it."""
MADE, CHANGED = "CREATED", "LAST_MODIFIED"
LATE = 600_000
"""Milliseconds that a notification may take until it is listed."""


class Once(Struct, frozen=True):
    """Ends where it began: every walk lists all."""

    start: int = 0


class Posts(Struct, frozen=True):
    """`since` and `mark` are milliseconds: what the last walk knew, and what this one will know."""

    since: int = 0
    mark: int = 0
    place: Place = Place()


class Activity(Struct, frozen=True):
    """First every post's comments, from `place`; then, `listening`, what was told `since` (milliseconds)."""

    since: int = 0
    mark: int = 0
    newest: int = 0
    place: Place = Place()
    listening: bool = False


async def organizations(api: Api, at: Once, _: Resource) -> AsyncIterator[Page]:
    """The pages that the member administers, each a part with walks of its own."""
    while True:
        path = f"{ROLES}&start={at.start}&count={COUNT}"
        found = (await api.get(path, Elements[Role])).elements
        at = Once(at.start + COUNT) if len(found) == COUNT else Once()
        routes = (organization(it.organization) for it in found)
        parts = [Resource(it.partition(":")[2], it, (it,)) for it in routes]
        yield Page((), at, resources=tuple(parts))
        if not at.start:
            return


def whole(at: Posts) -> bool:
    """A walk that knows nothing yet lists every post."""
    return not at.since


async def posts(api: Api, at: Posts, resource: Resource) -> AsyncIterator[Page]:
    """All posts in the order of their making, later the changed ones; a whole walk proves absence."""
    if not at.mark:
        newest = (await window(api, resource, Place(), 1, CHANGED)).rows
        at = structs.replace(at, mark=newest[0][1].last_modified_at if newest else 1)
    over = False
    while not over:
        found = await window(api, resource, at.place, COUNT, CHANGED if at.since else MADE)
        fresh = [row for row, it in found.rows if it.last_modified_at >= at.since]
        over = found.following is None or len(fresh) < len(found.rows)
        at = Posts(at.mark) if over else Posts(at.since, at.mark, found.following or Place())
        yield Page(tuple(Record("post", row) for row in fresh), at, total=found.total)


async def activity(api: Api, at: Activity, resource: Resource) -> AsyncIterator[Page]:
    """What is said under the posts: of all of them once, then of those that notifications name."""
    if not (at.since or at.mark):
        latest = await told(api, resource, 0, 1)
        at = Activity(mark=latest[0][1].last_modified_at if latest else 1)
    while not (at.since or at.listening):
        found = await window(api, resource, at.place, POSTS, MADE)
        records = [it for _, post in found.rows for it in await under(api, post.id)]
        over = found.following is None
        at = Activity(mark=at.mark, place=found.following or Place(), listening=over)
        yield Page(tuple(records), at)
    over = False
    while not over:
        rows = await told(api, resource, at.place.start, COUNT)
        fresh = [it for it in rows if it[1].last_modified_at >= at.since - LATE]
        over = len(fresh) < COUNT
        newest = max([at.newest, at.mark, at.since, *(it.last_modified_at for _, it in rows)])
        spoken = _spoken(fresh, since=(at.since or at.mark) - LATE)
        at = Activity(newest) if over else _on(at, newest)
        means = [heard(row, it) for row, it in fresh]
        records = [it for it in means if isinstance(it, Record)]
        for urn in spoken:
            records += await under(api, urn)
        yield Page(tuple(records), at)


def _spoken(rows: list[tuple[Raw, Notification]], since: int) -> list[str]:
    """The posts under which somebody spoke, each once."""
    late = (it for _, it in rows if it.action in WRITTEN and it.last_modified_at >= since)
    return list(dict.fromkeys(it.source_post for it in late if it.source_post))


def _on(at: Activity, newest: int) -> Activity:
    return structs.replace(at, newest=newest, place=Place(at.place.start + COUNT))
