"""How a list that moves is walked without losing anything.

Oldest change first where there is a `since`: every page is a new question from the last change
seen, because page numbers shift under a list that grows. Newest change first where there is none:
then what moves only comes up twice, and the mark moves when the walk is complete.
https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
"""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from msgspec import UNSET, Raw, Struct, UnsetType

from services.github.models import Marker, Repository, Time
from shared.provider import Api, Reply
from shared.shapes import decoded
from shared.types import Page, Record, Resource

T = TypeVar("T")

OVERLAP = 60.0
"""Seconds that a walk looks back, because lists are a little behind what happens."""

Split = tuple[Sequence[Record], dict[str, int]]
"""The records of a page, and how many of its rows are none, by reason."""


class Since(Struct, frozen=True):
    """Everything changed up to `since` is stored; `next` while one second fills more than a page."""

    since: str = ""
    next: str = ""
    etag: str = ""


class Newest(Struct, frozen=True):
    """`mark` is where the last complete walk began; `newest` and `next` belong to one under way."""

    mark: str = ""
    newest: str = ""
    next: str = ""
    etag: str = ""


class Head(Struct):
    """What a walk needs to know of an item; the normalizer reads the rest."""

    updated_at: Time | UnsetType = UNSET
    number: int = 0
    state: str = ""
    pull_request: Marker | None = None

    @property
    def stamp(self) -> str:
        """When it changed; empty for what does not say so."""
        return stamp(self.updated_at) if self.updated_at else ""


async def by_change(
    api: Api, at: Since, path: str, split: Callable[[list[Raw]], Split], **params: str
) -> AsyncIterator[Page]:
    overlap, etag = OVERLAP, at.etag
    while True:
        if at.next:
            reply = await api.page(at.next, list[Raw])
        else:
            since = {"since": earlier(at.since, overlap)} if at.since else {}
            order = {"sort": "updated", "direction": "asc", **params, **since}
            reply = await api.page(path, list[Raw], etag=etag, per_page=100, **order)
        if reply.data is None:
            return
        last = max((head(row).stamp for row in reply.data[-1:]), default="")
        same = not at.next and overlap == OVERLAP and last <= at.since
        if reply.next:
            at = Since(last) if last > at.since else Since(at.since, reply.next)
        else:
            at = Since(max(last, at.since), etag=reply.etag if same else "")
        records, excluded = split(reply.data)
        yield Page(tuple(records), at, excluded)
        if not reply.next:
            return
        overlap, etag = 1.0, ""


async def newest_first(
    api: Api, at: Newest, resource: Resource, per_page: int
) -> AsyncIterator[tuple[list[Raw], Newest]]:
    while True:
        if at.next:
            reply: Reply[list[Raw]] = await api.page(at.next, list[Raw])
        else:
            path, order = f"/repos/{resource.name}/pulls", {"sort": "updated", "direction": "desc"}
            reply = await api.page(
                path, list[Raw], etag=at.etag, state="all", per_page=per_page, **order
            )
        if reply.data is None:
            return
        stamps = [head(row).stamp for row in reply.data]
        if not at.next:
            at = Newest(at.mark, max(stamps, default=at.mark), etag=reply.etag)
        limit = earlier(at.mark, OVERLAP) if at.mark else ""
        fresh = [row for row, stamp in zip(reply.data, stamps, strict=True) if stamp >= limit]
        done = not reply.next or len(fresh) < len(reply.data)
        at = (
            Newest(at.newest, etag=at.etag)
            if done
            else Newest(at.mark, at.newest, reply.next, at.etag)
        )
        yield fresh, at
        if done:
            return


def head(row: Raw) -> Head:
    return decoded(row, Head)


def repository(resource: Resource) -> Repository:
    return Repository(int(resource.id), resource.name)


def stamp(at: datetime) -> str:
    """A time in GitHub's own form, to the whole second: so its text sorts as time does."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def earlier(since: str, seconds: float) -> str:
    """The time that many seconds before."""
    return stamp(datetime.fromisoformat(since) - timedelta(seconds=seconds))
