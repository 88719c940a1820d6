"""Token buckets that all replicas share: one statement for a call that may go."""

from typing import Any, LiteralString, NamedTuple

from shared.store.database import Connection
from shared.store.sql import load
from shared.types import Quota

_sql = load("rates")

JUST_NOW = 10.0
"""Seconds after a pause during which it is not forgotten; as in the statement `take`."""


class Taken(NamedTuple):
    """`wait` is in seconds, 0 when the units were taken; `left` of them remain.

    `resumed` is the key whose pause ended a moment ago.
    """

    wait: float
    left: float
    resumed: str = ""


async def take(
    conn: Connection,
    key: str,
    quota: Quota | None,
    *,
    units: float = 1,
    share: float = 0,
    whole: str = "",
) -> Taken:
    """Take units, leaving a share of the bucket behind; a pause of the key `whole` counts as well.

    Without a quota there is nothing to take, and pauses alone count.
    """
    facts: dict[str, Any] = {"key": key, "whole": whole or key}
    if quota is None:
        stopped, ends = await _row(conn, _sql.paused, facts) or ("", float("-inf"))
        return Taken(max(ends, 0.0), float("inf"), stopped if -JUST_NOW < ends <= 0 else "")
    facts |= {"units": float(units), "share": float(share)}
    facts |= {"capacity": float(quota.capacity), "per": float(quota.per)}
    while True:
        left, wait, resumed = await _row(conn, _sql.take, facts) or (None, None, None)
        if left is not None or wait is not None:
            return Taken(wait or 0.0, left or 0.0, resumed or "")


async def owe(conn: Connection, key: str, quota: Quota, units: float) -> None:
    """Take units that were spent already, also those that are not there: they have to come back first."""
    facts: dict[str, Any] = {"key": key, "units": float(units)}
    facts |= {"capacity": float(quota.capacity), "per": float(quota.per)}
    await conn.execute(_sql.owe, facts)


async def pause(conn: Connection, key: str, seconds: float, *, learns: bool = False) -> None:
    """Let nobody take from `key` for so many seconds, and less of it for a while where it `learns`."""
    await conn.execute(_sql.pause, {"key": key, "seconds": seconds, "learns": learns})


async def ease(conn: Connection, key: str) -> float:
    """Return the seconds until a bucket that was refused is whole again; not positive: it is."""
    row = await _row(conn, _sql.ease, {"key": key})
    return float(row[0]) if row else 0.0


async def sweep(conn: Connection) -> int:
    """Forget the buckets that are full again; returns how many."""
    return (await conn.execute(_sql.sweep)).rowcount


async def _row(
    conn: Connection, query: LiteralString, facts: dict[str, Any]
) -> tuple[Any, ...] | None:
    return await (await conn.execute(query, facts)).fetchone()
