"""Where a delivery or an event is, or how far it came: what the tables still know of it."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from shared.store.database import Connection
from shared.store.sql import load

_SQL = load("status")

Stage = Literal["seen", "due", "unrouted", "outbox", "dead", "replayed"]


class Found(Struct, frozen=True):
    """One trace of it. `detail` and `note` depend on the stage: attempts and the last error of a
    delivery that is due, the keys that nobody claims, an event's subject, a dead letter's kind and
    error.
    """

    stage: Stage
    detail: str
    note: str
    at: datetime


async def find(conn: Connection, provider: str, what: str) -> list[Found]:
    """Everything known of a delivery id or an event id, oldest first; empty when nobody knows it."""
    cursor = await conn.execute(_SQL.trace, {"provider": provider, "what": what})
    return [Found(*row) for row in await cursor.fetchall()]
