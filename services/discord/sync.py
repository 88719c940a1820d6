"""How channels and threads are walked: upwards from the last message that is known, then back again.

What changes after it was said (edits, reactions, deletions) is not listed by a walk upwards, so the last
days are read again every hour, and of what is older one page each time, further back and then anew.
https://discord.com/developers/docs/resources/message#get-channel-messages
"""

import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct, structs

from services.discord.history import (
    PAGE,
    WITHHELD,
    Row,
    certain,
    listed,
    records,
    removed,
    vanished,
)
from services.discord.ids import at, first_of, latest
from services.discord.places import FORUMS
from services.discord.server import REST, Clock
from shared.errors import ItemGone, Unavailable
from shared.provider import Api
from shared.types import Page, Record, Resource

OVERLAP = timedelta(minutes=1)
"""How far a walk looks back behind its mark: ids are made before messages are stored."""
WINDOW = timedelta(days=7)
"""How long a message is looked at again every hour."""
MOST = 1000
"""Messages of one channel that are looked at again, in a busy one fewer than `WINDOW` holds."""


class Walk(Struct, frozen=True):
    """Everything up to `mark` is stored; `looked` is when the last days were read last, `known` what stood
    there, `lap` how far back the older pages are read. The rest belongs to a walk under way: one of all
    there is (`whole`), or through the last days (`since`, `before`, `seen`).
    """

    mark: str = ""
    whole: bool = False
    withheld: bool = False
    looked: str = ""
    known: tuple[str, ...] = ()
    lap: str = ""
    since: str = ""
    before: str = ""
    seen: tuple[str, ...] = ()


def whole(cursor: Walk) -> bool:
    """Whether the walk from there lists everything that there is."""
    return cursor == Walk()


async def messages(
    api: Api, cursor: Walk, resource: Resource, clock: Clock = time.time
) -> AsyncIterator[Page]:
    """What was said since the mark, at first everything; then, when it is time, the last days again."""
    if resource.facts.get("type") in [str(it) for it in FORUMS]:
        return  # it has threads only
    now = datetime.fromtimestamp(clock(), UTC)
    here = structs.replace(cursor, whole=cursor.whole or whole(cursor))
    after = first_of(at(here.mark) - OVERLAP) if here.mark else "0"
    while True:
        rows = await listed(api, resource.id, after=after)
        page = _page(rows, resource)
        mark = latest(here.mark, *(row.head.id for row in rows))
        withheld = here.whole and (here.withheld or WITHHELD in page.excluded)
        here = structs.replace(here, mark=mark, withheld=withheld)
        done = len(rows) < PAGE
        if done and here.whole:
            await certain(api, resource, here.mark)
            here = Walk(here.mark, looked=now.isoformat())
        yield structs.replace(page, cursor=here)
        if done:
            break
        after = rows[-1].head.id
    if withheld:
        raise ItemGone(f"{WITHHELD}; what is missing may only be hidden")
    if here.since or _due(here, now):
        async for again in _again(api, here, resource, now):
            yield again


def _due(it: Walk, now: datetime) -> bool:
    return not it.looked or now - datetime.fromisoformat(it.looked) >= REST


async def _again(api: Api, it: Walk, resource: Resource, now: datetime) -> AsyncIterator[Page]:
    """The last days from the newest message down, and behind them one page of what is older."""
    if not it.since:
        it = structs.replace(it, since=first_of(now - WINDOW), before="", seen=())
    while True:
        rows = await listed(api, resource.id, **({"before": it.before} if it.before else {}))
        ids = tuple(row.head.id for row in rows)
        it = structs.replace(it, seen=it.seen + ids, before=ids[0] if ids else it.before)
        ended = len(rows) < PAGE
        if ended or len(it.seen) >= MOST or int(ids[0]) < int(it.since):
            break
        yield structs.replace(_page(rows, resource), cursor=it)
    covered = 0 if ended else int(it.before)
    gone = sorted(set(it.known) - set(it.seen), key=int)
    gone = [ident for ident in gone if int(ident) >= covered]
    if gone and not await vanished(api, resource.id, gone[-1]):
        raise Unavailable("Discord lists less than there is; nothing is taken for deleted.")
    kept = Walk(it.mark, looked=now.isoformat(), known=it.seen, lap="" if ended else it.lap)
    older: list[Row] = []
    if not ended:
        older = await listed(api, resource.id, before=latest_before(it.lap, it.before))
        kept = structs.replace(kept, lap=older[0].head.id if len(older) == PAGE else "")
    moment = now.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    deletions = tuple(removed(ident, resource, moment) for ident in gone)
    yield structs.replace(_page([*rows, *older], resource, deletions), cursor=kept)


def latest_before(lap: str, window: str) -> str:
    """Where the older page begins: where the lap stands, which is never within the last days."""
    return min(lap, window, key=int) if lap else window


def _page(rows: Sequence[Row], resource: Resource, more: tuple[Record, ...] = ()) -> Page:
    made, excluded = records(rows, resource)
    return Page(made + more, None, Counter(excluded))
