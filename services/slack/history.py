"""One page of what was said in a conversation, and what a walk makes of its rows.

https://docs.slack.dev/reference/methods/conversations.history
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import TypeVar

from msgspec import Raw, Struct

from services.slack.channels import Turn
from services.slack.events import TOMBSTONE, app_of, gone, kind, record
from services.slack.models import Head, Ts
from services.slack.quotas import SLOW
from shared.errors import ItemGone, Refused
from shared.provider import Api
from shared.shapes import decoded
from shared.types import Record, Resource

T = TypeVar("T")

PAGE, SMALL = 999, 15
"""As many as Slack ever gives, and as many as it gives an app that may ask once a minute."""


class Answer(Struct):
    messages: list[Raw] = []
    response_metadata: Turn | None = None


class Row(Struct, frozen=True):
    """A listed message: as it came, and as far as a walk reads it."""

    raw: Raw
    head: Head


class Rows(Struct, frozen=True):
    """A page; `next` is empty on the last one, however short the others are.

    `vanished`: what was asked for is not there, or not for us any more.
    """

    rows: Sequence[Row]
    next: str
    vanished: bool = False


async def history(api: Api, channel: str, *, oldest: str, next: str, latest: str = "") -> Rows:
    """Newest first; replies are not in it, but for those that were also sent to the channel."""
    span = {"oldest": oldest, "latest": latest}
    wish = {name: ts for name, ts in span.items() if ts}
    return _rows(await _page(api, "/conversations.history", next, channel=channel, **wish))


async def thread(api: Api, channel: str, ts: Ts, *, oldest: str, next: str) -> Rows:
    """The replies to a message, oldest first, without the message itself; none when it is gone."""
    since = {"oldest": oldest} if oldest else {}
    path = "/conversations.replies"
    try:
        answer = await _page(api, path, next, channel=channel, ts=ts, **since)
    except ItemGone:
        return Rows((), "", vanished=True)
    found = _rows(answer)
    return Rows([row for row in found.rows if row.head.ts != ts], found.next)


def records(rows: Sequence[Row], resource: Resource, now: Ts) -> tuple[Record, ...]:
    """The rows as Records; what is left of a deleted message is a removal, seen `now`."""
    return tuple(_record(row, resource, now) for row in rows)


def removed(ts: Ts, resource: Resource, now: Ts) -> Record:
    """The removal of a message that was listed before and is not any more, as seen `now`."""
    return gone(resource.id, resource.facts.get("type", ""), ts, now)


async def _page(api: Api, path: str, next: str, **asked: str) -> Answer:
    """The page at a cursor; the first one where Slack does not know the cursor any more."""
    limit = SMALL if await api.pace(path) < SLOW else PAGE
    if next:
        with suppress(Refused):
            return await api.get(path, Answer, limit=limit, cursor=next, **asked)
    return await api.get(path, Answer, limit=limit, **asked)


def _record(row: Row, resource: Resource, now: Ts) -> Record:
    head, facts = row.head, resource.facts
    said_by = ((head.bot_id, "bot_id"), (head.user, "bot_user"), (app_of(head), "app"))
    own = any(who and who == facts.get(name) for who, name in said_by)
    named, where = kind(head.subtype, own=own), (resource.id, facts.get("type", ""))
    if head.subtype == TOMBSTONE:
        return gone(*where, head.ts, now, named)
    said = head.edited.ts if head.edited else head.ts
    return record(*where, row.raw, kind=named, revision=said)


def _rows(answer: Answer) -> Rows:
    rows = [Row(raw, decoded(raw, Head)) for raw in answer.messages]
    return Rows(rows, answer.response_metadata.next_cursor if answer.response_metadata else "")
