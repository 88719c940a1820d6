"""What became of one delivery or one event: `GET /trace/{id}`, for operators."""

from collections.abc import Sequence
from datetime import datetime

from litestar import get
from litestar.params import FromPath
from msgspec import Struct

from shared.bus import search
from shared.errors import NotFound
from shared.service.callers import guard
from shared.service.hub import Hub, TheHub
from shared.store import trace as tables
from shared.store.trace import Found

MOST = 20
"""Events of one delivery that are shown."""


class Step(Struct, frozen=True):
    """One thing that is known, as a sentence; `at` is when it happened."""

    stage: str
    says: str
    at: datetime | None = None


class Trace(Struct, frozen=True):
    """How far something came. `done`: nothing is left to do and nothing is wrong."""

    id: str
    done: bool
    steps: list[Step]


@get("/trace/{what:str}", tags=["operations"], guards=[guard("admin")])
async def trace(hub: TheHub, what: FromPath[str]) -> Trace:
    """Tell what became of a delivery (by the provider's id) or of an event (by its `ce-id`)."""
    return await follow(hub, what)


async def follow(hub: Hub, what: str) -> Trace:
    """What became of a delivery or an event. Raises NotFound, Away."""
    async with hub.db.connection() as conn:
        found = await tables.find(conn, hub.provider.name, what)
    stages = {it.stage for it in found}
    steps = [Step(it.stage, _sentence(it), it.at) for it in found]
    if "seen" not in stages:
        url, sources = hub.settings.nats.url.reveal(), hub.provider.sources
        if it := await search.by_id(url, sources, what):
            steps.append(Step("published", _place(it), it.at))
    elif stages == {"seen"}:
        steps += await _settled(hub, what, found[0])
    if not steps:
        raise NotFound(
            "Nobody knows that id here: it never came, was not genuine, or is older than 35 days "
            "(a delivery) or than the stream (an event)."
        )
    return Trace(what, not stages & {"due", "unrouted", "outbox", "dead"}, steps)


async def _settled(hub: Hub, what: str, seen: Found) -> Sequence[Step]:
    """A delivery that was dealt with leaves no row; the events that it brought name it."""
    url, sources = hub.settings.nats.url.reveal(), hub.provider.sources
    brought = await search.of_delivery(url, sources, what, seen.at)
    read = (
        "Read, normalized and routed: what was new went to the outbox; what was known already, and "
        "kinds that are ignored on purpose, were left out."
    )
    return [
        Step("settled", read),
        *(Step("published", _place(it), it.at) for it in brought[:MOST]),
        *([Step("settled", f"And {len(brought) - MOST} more.")] if len(brought) > MOST else []),
    ]


def _place(it: search.Stored) -> str:
    return f"{it.type} is in the stream at sequence {it.sequence}, on {it.subject}."


def _sentence(it: Found) -> str:  # noqa: PLR0911 - a table of stages reads best as one
    match it.stage:
        case "seen":
            return "Received and genuine: it was on disk before it was answered 200. The same id again changes nothing."
        case "due":
            tries = f" Tries so far: {it.detail}." if it.detail != "0" else ""
            return f"It waits to be read.{tries}{f' The last one failed: {it.note}' if it.note else ''}"
        case "unrouted":
            return f"No connected account claims it: none has one of the routes {it.note}. It is kept for seven days."
        case "outbox" if it.note:
            return f"It can never be published on {it.detail}: {it.note}"
        case "outbox":
            return f"It waits to be published on {it.detail}."
        case "dead":
            return f"Given up on, as a dead letter of the kind {it.detail}: {it.note}"
        case _:
            return f"It was a dead letter of the kind {it.detail} and has been replayed: {it.note}"
