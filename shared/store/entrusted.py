"""Secrets that providers made for their webhooks and said once, sealed by whoever calls."""

from shared.store import audit
from shared.store.database import Connection
from shared.store.sql import load

_SQL = load("entrusted")


async def put(conn: Connection, provider: str, sealed: bytes) -> bool:
    """Keep a provider's secret; False when there is one already, which stays."""
    cursor = await conn.execute(_SQL.put, {"provider": provider, "sealed": sealed})
    taken = cursor.rowcount == 1
    if taken:
        await audit.write(conn, provider, "webhook.entrusted", "ok")
    return taken


async def get(conn: Connection, provider: str) -> bytes | None:
    """A provider's secret, None where there is none."""
    row = await (await conn.execute(_SQL.get, {"provider": provider})).fetchone()
    return bytes(row[0]) if row else None


async def lock_all(conn: Connection) -> dict[str, bytes]:
    """Every provider's secret, which nobody else changes until the transaction ends."""
    rows = await (await conn.execute(_SQL.lock_all)).fetchall()
    return {row[0]: bytes(row[1]) for row in rows}


async def store(conn: Connection, provider: str, sealed: bytes) -> None:
    """Put the same secret, sealed anew, in its place."""
    await conn.execute(_SQL.store, {"provider": provider, "sealed": sealed})


async def drop(conn: Connection, provider: str) -> bool:
    """Forget a provider's secret, so that the next one is taken; False when there was none."""
    dropped = (await conn.execute(_SQL.drop, {"provider": provider})).rowcount == 1
    if dropped:
        await audit.write(
            conn, "operator", "webhook.forgotten", "ok", detail={"provider": provider}
        )
    return dropped
