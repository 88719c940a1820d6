"""How conversations are walked: newest first, each call a step of its own that is stored.

New messages come from a mark that moves when a walk is complete. What changes later (edits,
reactions, replies to old messages, deletions) is not listed again, so the last days are re-read.
https://docs.slack.dev/reference/methods/conversations.history
"""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from msgspec import Struct, structs

from services.slack.history import Row, history, records, removed, thread
from services.slack.models import Ts, at, stamp
from shared.provider import Api
from shared.types import Page, Resource

OVERLAP = timedelta(minutes=5)
"""How far a walk looks back behind its mark: lists and clocks are a little behind each other."""

WINDOW = timedelta(days=7)
"""How long a message is looked at again for what events may have missed."""

MOST = 2000
"""Messages of one conversation that are looked at again, in a busy one fewer than `WINDOW` holds."""

BEFORE_ALL = "0000000000.000000"

Clock = Callable[[], float]


class Walk(Struct, frozen=True):
    """Everything up to `mark` is stored; the rest belongs to a walk under way.

    `newest` is where the mark will be, `threads` are messages whose replies are still to be read,
    `inner` the place within the first of them.
    """

    mark: str = ""
    newest: str = ""
    next: str = ""
    threads: tuple[str, ...] = ()
    inner: str = ""


class Again(Struct, frozen=True):
    """`mark` is when the last complete walk began; `known` is what it listed, to notice absences.

    `began`, `listed` and the rest belong to a walk under way.
    """

    mark: str = ""
    known: tuple[str, ...] = ()
    began: str = ""
    listed: tuple[str, ...] = ()
    next: str = ""
    threads: tuple[str, ...] = ()
    inner: str = ""


C = TypeVar("C", Walk, Again)


async def messages(
    api: Api, cursor: Walk, resource: Resource, clock: Clock = time.time
) -> AsyncIterator[Page]:
    """What was said since the mark, with the replies it has got; at first, everything."""
    while True:
        now = _now(clock)
        if cursor.threads:
            rows, cursor = await _replies(api, cursor, resource, oldest="")
        else:
            oldest = _earlier(cursor.mark, OVERLAP)
            page = await history(api, resource.id, oldest=oldest, next=cursor.next)
            stamps = [row.head.ts for row in page.rows]
            newest = max([cursor.newest, cursor.mark or BEFORE_ALL, *stamps])
            answered = tuple(row.head.ts for row in page.rows if row.head.reply_count)
            rows = page.rows
            cursor = Walk(cursor.mark, newest, page.next, answered)
        done = not cursor.threads and not cursor.next
        cursor = Walk(cursor.newest) if done else cursor
        yield Page(records(rows, resource, now), cursor)
        if done:
            return


async def replies(
    api: Api, cursor: Again, resource: Resource, clock: Clock = time.time
) -> AsyncIterator[Page]:
    """The last days once more: new replies to old messages, and what events did not tell."""
    while True:
        now = _now(clock)
        gone: Sequence[Ts] = ()
        if cursor.threads:
            oldest = _earlier(cursor.began, WINDOW)
            rows, cursor = await _replies(api, cursor, resource, oldest=oldest)
        else:
            began = cursor.began or now
            oldest = _earlier(began, WINDOW)
            page = await history(api, resource.id, oldest=oldest, next=cursor.next)
            rows = page.rows
            since = _earlier(cursor.mark, OVERLAP)
            listed = cursor.listed + tuple(row.head.ts for row in rows)
            fresh = tuple(r.head.ts for r in rows if (r.head.latest_reply or "") > since)
            if page.next and len(listed) < MOST:
                cursor = Again(cursor.mark, cursor.known, began, listed, page.next, fresh)
            else:
                bound = min(listed, default=oldest) if page.next else oldest
                gone = [ts for ts in cursor.known if ts >= bound and ts not in set(listed)]
                cursor = Again(cursor.mark, listed, began, threads=fresh)
        done = not cursor.threads and not cursor.next
        cursor = Again(cursor.began, cursor.known) if done else cursor
        deletions = tuple(removed(ts, resource, now) for ts in gone)
        yield Page(records(rows, resource, now) + deletions, cursor)
        if done:
            return


async def _replies(
    api: Api, cursor: C, resource: Resource, *, oldest: str
) -> tuple[Sequence[Row], C]:
    """One page of the first thread that waits, and the cursor behind it."""
    first, *others = cursor.threads
    page = await thread(api, resource.id, first, oldest=oldest, next=cursor.inner)
    if page.next:
        return page.rows, structs.replace(cursor, inner=page.next)
    return page.rows, structs.replace(cursor, threads=tuple(others), inner="")


def _now(clock: Clock) -> Ts:
    return stamp(datetime.fromtimestamp(clock(), UTC))


def _earlier(ts: str, span: timedelta) -> str:
    """So much before; nothing for the beginning of all."""
    return stamp(at(ts) - span) if ts > BEFORE_ALL else ""
