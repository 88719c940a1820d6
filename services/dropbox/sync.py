"""Everything in a Dropbox once, then what its cursor says has changed; and now and then a count.

A deletion tells a path, not what was there. Of a file its history knows the id; what was in a folder,
or was replaced in silence, is found by a count: a listing of everything that is there, which tells
nothing new and proves what is gone.
https://www.dropbox.com/developers/documentation/http/documentation#files-list_folder-continue
"""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

from msgspec import Raw, Struct, json
from msgspec.structs import replace

from services.dropbox import batch, listing, looking, people, text
from services.dropbox.dialect import Forgotten
from services.dropbox.models import Deleted
from shared.provider import Api
from shared.types import Page, Record, Resource

PER_PAGE, PER_COUNT = 100, 2000
"""Entries of a page: those whose texts are read, and those that are only counted."""
DUE = "due"
A_DAY = 86_400.0
"""Seconds after which everything is counted again."""
MOST = 500
"""Deleted files that are remembered."""
KNOWN = "0"
"""A revision that is older than any: what is counted was told before, and better."""

Clock = Callable[[], datetime]


class Walk(Struct, frozen=True):
    """All that changed before `place` is stored; `next` is where the first listing goes on.

    `count` is where a count goes on, `counted` when everything was last listed, in epoch seconds.
    `gone` are the last files that were deleted: one that comes back has to be newer than its deletion.
    """

    place: str = ""
    next: str = ""
    count: str = ""
    counted: float = 0.0
    gone: tuple[str, ...] = ()


def _now() -> datetime:
    return datetime.now(UTC)


def proves(at: Walk) -> bool:
    """A listing from its beginning shows all there is, the first one and each count."""
    return at.count == DUE if at.place else not at.next


async def files(api: Api, at: Walk, _: Resource, now: Clock = _now) -> AsyncIterator[Page]:
    """List everything, count it, or follow the changes; each is a walk of its own."""
    if not at.place:
        walk = _first(api, at, now)
    elif at.count:
        walk = _count(api, at, now)
    else:
        walk = _changes(api, at, now)
    async for page in walk:
        yield page


async def _first(api: Api, at: Walk, now: Clock) -> AsyncIterator[Page]:
    async for listed in listing.pages(api, at.next, PER_PAGE):
        its = batch.read(listed.entries)
        at = (
            Walk(next=listed.cursor, gone=at.gone)
            if listed.has_more
            else Walk(listed.cursor, counted=now().timestamp(), gone=at.gone)
        )
        yield await _page(api, its, [], at, now())


async def _count(api: Api, at: Walk, now: Clock) -> AsyncIterator[Page]:
    resumed = "" if at.count == DUE else at.count
    async for listed in listing.pages(api, resumed, PER_COUNT):
        its = batch.read(listed.entries)
        at = (
            replace(at, count=listed.cursor)
            if listed.has_more
            else replace(at, count="", counted=now().timestamp())
        )
        records = [_file(row, "", KNOWN) for _, row in its.files.values()]
        yield Page(tuple(records), at, dict(its.excluded))


async def _changes(api: Api, at: Walk, now: Clock) -> AsyncIterator[Page]:
    """Where Dropbox forgot our place, the walk ends where it may begin anew, and proves what is gone."""
    while True:
        try:
            listed = await listing.more(api, at.place)
        except Forgotten:
            yield Page((), Walk(gone=at.gone))
            return
        its, seen = batch.read(listed.entries), now()
        tombs, lost = await looking.deleted(api, its, seen)
        overdue = not listed.has_more and seen.timestamp() - at.counted > A_DAY
        more = replace(at, place=listed.cursor, count=DUE if lost or overdue else at.count)
        page = await _page(api, its, tombs, more, seen)
        if page.records or page.excluded or page.cursor != at:
            yield page
        at = page.cursor
        if not listed.has_more:
            return


async def _page(api: Api, its: batch.Batch, gone: list[Deleted], at: Walk, seen: datetime) -> Page:
    """What to tell: files with their texts, and those that are gone; what is back is new."""
    left = dict.fromkeys(at.gone)
    records = [_gone(it, seen) for it in gone]
    left |= dict.fromkeys(it.id for it in gone)
    texts = await text.of_each(api, [entry for entry, _ in its.files.values()])
    for (ident, (_, row)), content in zip(its.files.items(), texts, strict=True):
        stated = _stamp(seen) if ident in left else ""
        left.pop(ident, None)
        records.append(_file(row, content, stated))
    authors = {people.author(row) for _, row in its.files.values()} - {""}
    return Page(
        tuple(records),
        replace(at, gone=tuple(left)[-MOST:]),
        dict(its.excluded),
        names=await people.names(api, sorted(authors)),
    )


def _file(row: Raw, content: str, stated: str) -> Record:
    payload = json.encode({"file": row, "text": content})
    return Record("file", Raw(payload), revision=stated)


def _gone(it: Deleted, seen: datetime) -> Record:
    """Newer than anything that was told of the file."""
    return Record("deleted", Raw(json.encode(it)), revision=_stamp(max(it.at, seen)), removed=True)


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
