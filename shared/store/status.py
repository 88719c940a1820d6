"""What an operator wants to know of one provider: counts and ages, and no user's data."""

from datetime import datetime

from msgspec import Struct

from shared.store import dead, inbox, outbox
from shared.store.database import Connection
from shared.store.sql import load

_SQL = load("status")
_SYNCS = load("syncs")


class Lag(Struct, frozen=True):
    """One stream over all accounts: walks that exist, those in trouble, the longest wait in seconds."""

    walks: int
    failing: int
    overdue_seconds: float
    last_success_at: datetime | None


class Status(Struct, frozen=True):
    """One provider's state. Ages are in seconds; `events_24h` counts by source and type."""

    accounts: dict[str, int]
    last_sync_at: datetime | None
    streams: dict[str, Lag]
    inbox_due: int
    inbox_unrouted: int
    inbox_oldest_seconds: float
    outbox_waiting: int
    outbox_oldest_seconds: float
    dead_letters: dict[str, int]
    subscriptions: dict[str, int]
    next_subscription_expiry: datetime | None
    events_24h: dict[str, int]


async def status(conn: Connection, provider: str, sources: tuple[str, ...]) -> Status:
    """Read the state of one provider."""
    given = {"provider": provider}
    by_status = await (await conn.execute(_SQL.accounts, given)).fetchall()
    last = await (await conn.execute(_SQL.last_sync, given)).fetchone()
    hooks = await (await conn.execute(_SQL.subscriptions, given)).fetchall()
    due, unrouted, inbox_age = await inbox.depth(conn, provider)
    waiting, outbox_age = await outbox.depth(conn)
    return Status(
        accounts={row[0]: row[1] for row in by_status},
        last_sync_at=last[0] if last else None,
        streams=await lags(conn, provider),
        inbox_due=due,
        inbox_unrouted=unrouted,
        inbox_oldest_seconds=round(inbox_age, 3),
        outbox_waiting=waiting,
        outbox_oldest_seconds=round(outbox_age, 3),
        dead_letters=await dead.count(conn, provider),
        subscriptions={row[0]: row[1] for row in hooks},
        next_subscription_expiry=min((row[2] for row in hooks if row[2]), default=None),
        events_24h={f"{it[0]}.{it[1]}": it[2] for it in await outbox.counts(conn, sources)},
    )


async def lags(conn: Connection, provider: str) -> dict[str, Lag]:
    """How far each stream of a provider is behind."""
    rows = await (await conn.execute(_SYNCS.lag, {"provider": provider})).fetchall()
    return {row[0]: Lag(*row[1:]) for row in rows}
