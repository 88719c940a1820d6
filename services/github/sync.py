"""What GitHub lists of one repository, in the shape that its webhooks have too.

https://docs.github.com/en/rest/issues
"""

from collections.abc import AsyncIterator

from msgspec import Raw, Struct

from services.github.events import record
from services.github.walks import Newest, Since, Split, by_change, head, newest_first, repository
from shared.errors import ItemGone
from shared.provider import Api
from shared.types import Page, Resource

PULL = "pull request, listed by the pulls stream"
PENDING = "review not submitted yet"


class Whole(Struct, frozen=True):
    """A list that is always walked to its end; `etag` is that of its first page."""

    next: str = ""
    etag: str = ""


async def issues(api: Api, at: Since, resource: Resource) -> AsyncIterator[Page]:
    def split(rows: list[Raw]) -> Split:
        own = [row for row in rows if head(row).pull_request is None]
        records = [record("issues", repository(resource), issue=row) for row in own]
        return records, _counted(PULL, len(rows) - len(own))

    async for page in by_change(api, at, f"/repos/{resource.name}/issues", split, state="all"):
        yield page


async def comments(api: Api, at: Since, resource: Resource) -> AsyncIterator[Page]:
    def split(rows: list[Raw]) -> Split:
        return [record("issue_comment", repository(resource), comment=row) for row in rows], {}

    async for page in by_change(api, at, f"/repos/{resource.name}/issues/comments", split):
        yield page


async def review_comments(api: Api, at: Since, resource: Resource) -> AsyncIterator[Page]:
    def split(rows: list[Raw]) -> Split:
        kind, repo = "pull_request_review_comment", repository(resource)
        return [record(kind, repo, comment=row) for row in rows], {}

    async for page in by_change(api, at, f"/repos/{resource.name}/pulls/comments", split):
        yield page


async def pulls(api: Api, at: Newest, resource: Resource) -> AsyncIterator[Page]:
    async for rows, cursor in newest_first(api, at, resource, per_page=100):
        repo = repository(resource)
        yield Page(tuple(record("pull_request", repo, pull_request=row) for row in rows), cursor)


async def reviews(api: Api, at: Newest, resource: Resource) -> AsyncIterator[Page]:
    """One call for every pull request that changed: GitHub has no list of all reviews."""
    async for rows, cursor in newest_first(api, at, resource, per_page=20):
        found: list[Raw] = []
        for row in rows:
            path = f"/repos/{resource.name}/pulls/{head(row).number}/reviews"
            try:
                async for reply in api.paginate(path, list[Raw], per_page=100):
                    found += reply.data or ()
            except ItemGone:
                continue
        sent = [row for row in found if head(row).state != "PENDING"]
        records = (record("pull_request_review", repository(resource), review=it) for it in sent)
        yield Page(tuple(records), cursor, _counted(PENDING, len(found) - len(sent)))


async def releases(api: Api, at: Whole, resource: Resource) -> AsyncIterator[Page]:
    path = f"/repos/{resource.name}/releases"
    while True:
        if at.next:
            reply = await api.page(at.next, list[Raw])
        else:
            reply = await api.page(path, list[Raw], etag=at.etag, per_page=100)
        if reply.data is None:
            return
        at = Whole(reply.next, at.etag if at.next else reply.etag)
        repo = repository(resource)
        yield Page(tuple(record("release", repo, release=row) for row in reply.data), at)
        if not at.next:
            return


def _counted(reason: str, number: int) -> dict[str, int]:
    return {reason: number} if number else {}
