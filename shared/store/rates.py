"""Token buckets that all replicas share: one statement for a call that may go."""

from typing import NamedTuple

from shared.store.database import Connection
from shared.store.sql import load

_sql = load("rates")


class Taken(NamedTuple):
    """`left` tokens remain; `resuming` says that a pause of this key ended a moment ago."""

    left: float
    resuming: bool


async def take(
    conn: Connection, key: str, capacity: int, per: float, keep: float = 0
) -> Taken | None:
    """Take one token, leaving at least `keep`; None when that is not possible now."""
    facts = {"key": key, "capacity": capacity, "per": per, "keep": keep}
    row = await (await conn.execute(_sql.take, facts)).fetchone()
    return Taken(row[0], row[1]) if row else None


async def wait(conn: Connection, key: str, capacity: int, per: float, keep: float = 0) -> float:
    """Return the seconds until `take` may succeed."""
    facts = {"key": key, "capacity": capacity, "per": per, "keep": keep}
    row = await (await conn.execute(_sql.wait, facts)).fetchone()
    return float(row[0]) if row else 0.0


async def paused(conn: Connection, key: str) -> float | None:
    """Return the seconds until a pause ends (negative: it has), None when there was none."""
    row = await (await conn.execute(_sql.paused, {"key": key})).fetchone()
    return float(row[0]) if row else None


async def pause(conn: Connection, key: str, seconds: float) -> None:
    """Let nobody take from `key` for so many seconds."""
    await conn.execute(_sql.pause, {"key": key, "seconds": seconds})


async def sweep(conn: Connection) -> int:
    """Forget the buckets that are full again; returns how many."""
    return (await conn.execute(_sql.sweep)).rowcount
