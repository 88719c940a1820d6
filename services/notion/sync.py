"""What there is: everything that the connection may see, the last edited first.

The search tells what is there and when it was edited; `content` reads it. Its index lags, and it may
leave out what lies deeper: pages and tables tell of what stands in them as well.
https://developers.notion.com/reference/post-search
"""

import time
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from services.notion.listing import Head, head, listing
from services.notion.models import dashed
from shared.provider import Api
from shared.types import Page, Resource

OVERLAP = timedelta(hours=1)
"""How far a walk looks back behind its mark: the index lags behind what people write."""
SETTLED = timedelta(minutes=2)
"""After this nothing can be edited in the minute that was told any more."""
KINDS = frozenset({"page", "data_source"})

Clock = Callable[[], float]


class Walk(Struct, frozen=True):
    """All that was edited before `mark` was seen; the rest belongs to a walk under way."""

    mark: str = ""
    newest: str = ""
    next: str = ""


async def search(api: Api, at: Walk, _: Resource, clock: Clock = time.time) -> AsyncIterator[Page]:
    """Down to the mark, or to the end; what was not edited since makes nobody read it again."""
    sort = {"timestamp": "last_edited_time", "direction": "descending"}
    since = earlier(at.mark, OVERLAP)
    while True:
        listed = await listing(api, "/search", {"sort": sort}, at.next)
        heads = [it for it in map(head, listed.results) if it.object in KINDS]
        newest = max([at.newest, at.mark, *(it.last_edited_time for it in heads)])
        done = not listed.next or any(it.last_edited_time < since for it in heads)
        at = Walk(newest) if done else Walk(at.mark, newest, listed.next)
        yield Page((), at, resources=resources(heads, clock()))
        if done:
            return


def resources(heads: Iterable[Head], now: float) -> tuple[Resource, ...]:
    """What to read, with the version that it has: another one makes it due."""
    found = {dashed(it.id): it for it in heads}
    return tuple(
        Resource(ident, facts={"type": it.object, "edited": edited(it, now)})
        for ident, it in found.items()
    )


def edited(it: Head, now: float) -> str:
    """When it was edited, marked while it may be edited again in that minute without a sign of it."""
    try:
        at = datetime.fromisoformat(it.last_edited_time)
    except ValueError:
        return ""
    fresh = datetime.fromtimestamp(now, UTC) - at < SETTLED if at.tzinfo else False
    return it.last_edited_time + ("~" if fresh else "")


def earlier(moment: str, span: timedelta) -> str:
    """So much before, in Notion's own form; nothing for the beginning of all."""
    try:
        at = datetime.fromisoformat(moment).astimezone(UTC) - span
    except (ValueError, OverflowError):
        return ""
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
