"""How conversations are walked: newest first, each call a step of its own that is stored.

New messages come from a mark that moves when a walk is complete. What changes later (edits,
reactions, replies to old messages, deletions) is not listed again; `rescan` looks for it.
https://docs.slack.dev/reference/methods/conversations.history
"""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct, structs

from services.slack.history import Row, history, records, thread
from services.slack.models import Ts, at, stamp
from shared.provider import Api
from shared.types import Page, Resource

OVERLAP = timedelta(minutes=5)
"""How far a walk looks back behind its mark: lists and clocks are a little behind each other."""

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


async def messages(
    api: Api, cursor: Walk, resource: Resource, clock: Clock = time.time
) -> AsyncIterator[Page]:
    """What was said since the mark, with the replies it has got; at first, everything."""
    while True:
        now = stamped(clock)
        if cursor.threads:
            rows, cursor = await _replies(api, cursor, resource)
        else:
            oldest = earlier(cursor.mark, OVERLAP)
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


async def _replies(api: Api, cursor: Walk, resource: Resource) -> tuple[Sequence[Row], Walk]:
    """One page of the first thread that waits, and the cursor behind it."""
    first, *others = cursor.threads
    page = await thread(api, resource.id, first, oldest="", next=cursor.inner)
    if page.next:
        return page.rows, structs.replace(cursor, inner=page.next)
    return page.rows, structs.replace(cursor, threads=tuple(others), inner="")


def stamped(clock: Clock) -> Ts:
    """Now, as a `ts`."""
    return stamp(datetime.fromtimestamp(clock(), UTC))


def earlier(ts: str, span: timedelta) -> str:
    """So much before; nothing for the beginning of all."""
    return stamp(at(ts) - span) if ts > BEFORE_ALL else ""
