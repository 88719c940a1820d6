"""What changes after it was said: the last days are read again, and older ones page by page in turn.

Edits, reactions and late replies are found because they are listed, deletions because they are not
any more. https://docs.slack.dev/reference/methods/conversations.replies
"""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta

from msgspec import Struct, structs

from services.slack.history import Row, history, records, removed, thread
from services.slack.models import Ts
from services.slack.sync import OVERLAP, Clock, earlier, stamped
from shared.provider import Api
from shared.types import Page, Resource

WINDOW = timedelta(days=7)
"""How long a message is looked at again by every walk."""

MOST = 2000
"""Messages of one conversation that are looked at again, in a busy one fewer than `WINDOW` holds, and
replies that are remembered."""

Gone = Sequence[Ts]


class Again(Struct, frozen=True):
    """`mark` is when the last complete walk began, `known` what it listed, `answers` the replies to it.

    Beyond the window a lap goes page by page, one each walk: from `old` downwards, begun at `lap`;
    what was said before `lapped` was seen by the lap before. The rest belongs to a walk under way:
    `older` says that the lap's page is due, `seen` are replies to the first of `threads`.
    """

    mark: str = ""
    known: tuple[str, ...] = ()
    answers: Mapping[str, tuple[str, ...]] = {}
    old: str = ""
    lap: str = ""
    lapped: str = ""
    began: str = ""
    listed: tuple[str, ...] = ()
    next: str = ""
    older: bool = False
    threads: tuple[str, ...] = ()
    inner: str = ""
    seen: tuple[str, ...] = ()


async def replies(
    api: Api, cursor: Again, resource: Resource, clock: Clock = time.time
) -> AsyncIterator[Page]:
    """One walk, each call a page: the window, the replies that changed in it, and an older page."""
    while True:
        now = stamped(clock)
        at = structs.replace(cursor, began=cursor.began or now, lapped=cursor.lapped or now)
        step = _thread if at.threads else _older if at.older else _window
        rows, gone, at = await step(api, resource.id, at)
        done = not (at.threads or at.older or at.next)
        cursor = _ended(at) if done else at
        deletions = tuple(removed(ts, resource, now) for ts in gone)
        yield Page(records(rows, resource, now) + deletions, cursor)
        if done:
            return


async def _window(api: Api, channel: str, at: Again) -> tuple[Sequence[Row], Gone, Again]:
    """A page of the last days; threads are read that were answered lately, or that got shorter."""
    oldest = earlier(at.began, WINDOW)
    page = await history(api, channel, oldest=oldest, next=at.next)
    listed = at.listed + tuple(row.head.ts for row in page.rows)
    changed = [
        row.head.ts
        for row in page.rows
        if row.head.reply_count < len(at.answers.get(row.head.ts, ()))
        or _answered(row, earlier(at.mark, OVERLAP))
    ]
    at = structs.replace(at, listed=listed, threads=tuple(changed), next=page.next)
    if page.next and len(listed) < MOST:
        return page.rows, (), at
    bound = min(listed, default=oldest) if page.next else oldest
    gone = [ts for ts in at.known if ts >= bound and ts not in set(listed)]
    first = not at.mark  # everything is being read for the first time by another stream
    at = structs.replace(at, next="", older=not first, old=at.old if at.lap else bound)
    return page.rows, gone, at


async def _older(api: Api, channel: str, at: Again) -> tuple[Sequence[Row], Gone, Again]:
    """The lap's next page, beyond the window; where there is no more, the next walk begins a new lap."""
    lap = at.lap or at.began
    page = await history(api, channel, oldest="", latest=at.old, next="")
    changed = [row.head.ts for row in page.rows if _answered(row, earlier(at.lapped, OVERLAP))]
    at = structs.replace(at, threads=tuple(changed), older=False)
    if page.next and page.rows:
        return page.rows, (), structs.replace(at, lap=lap, old=min(r.head.ts for r in page.rows))
    return page.rows, (), structs.replace(at, lap="", old="", lapped=lap)


async def _thread(api: Api, channel: str, at: Again) -> tuple[Sequence[Row], Gone, Again]:
    """A page of the first thread that waits; at its end, what it had before and has no more is gone."""
    first, *others = at.threads
    page = await thread(api, channel, first, oldest="", next=at.inner)
    seen = at.seen + tuple(row.head.ts for row in page.rows)
    if page.next:
        return page.rows, (), structs.replace(at, inner=page.next, seen=seen)
    missing = () if page.vanished else sorted(set(at.answers.get(first, ())) - set(seen))
    answers = {**at.answers, first: seen}
    left = structs.replace(at, threads=tuple(others), inner="", seen=(), answers=answers)
    return page.rows, missing, left


def _answered(row: Row, since: str) -> bool:
    return (row.head.latest_reply or "") > since


def _ended(at: Again) -> Again:
    """What the next walk has to know; of replies, those to the newest messages."""
    kept: dict[str, tuple[str, ...]] = {}
    left = MOST
    for ts in sorted(set(at.listed) & set(at.answers), reverse=True):
        left -= len(at.answers[ts])
        if left < 0:
            break
        kept[ts] = at.answers[ts]
    return Again(at.began, at.listed, kept, at.old, at.lap, at.lapped)
