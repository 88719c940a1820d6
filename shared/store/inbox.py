"""Deliveries between their answer and their understanding.

Bodies are kept as LZ4 frames. PostgreSQL spends most of an insert on the bytes of a large row, and
its own compression costs more than it saves for rows that live for milliseconds.
"""

import hashlib
from collections.abc import Sequence

import lz4.frame
from msgspec import Struct, json

from shared.store.database import Connection
from shared.store.sql import load
from shared.types import Delivery

_SQL = load("inbox")

_MAGIC = b"\x04\x22\x4d\x18"

LEASE = 30.0
"""Seconds after which another worker may take a delivery over."""


class Arrived(Struct, frozen=True):
    """A genuine delivery on its way to disk; `key` is what tells it from its twin."""

    key: bytes
    delivery_id: str
    delivery: Delivery
    traceparent: str = ""


class Leased(Struct, frozen=True):
    """A delivery that this worker holds; `gen` fences it against the next holder."""

    id: int
    gen: int
    attempts: int
    delivery_id: str
    delivery: Delivery
    traceparent: str


def arrived(delivery: Delivery, delivery_id: str | None, traceparent: str = "") -> Arrived:
    """Name a delivery by the provider's id, or by its body where the provider gives none."""
    named = delivery_id.encode("utf-8", "surrogatepass") if delivery_id else delivery.body
    return Arrived(
        key=hashlib.sha256((b"id\0" if delivery_id else b"body\0") + named).digest(),
        delivery_id=delivery_id or "",
        delivery=delivery,
        traceparent=traceparent,
    )


async def put(conn: Connection, provider: str, rows: Sequence[Arrived]) -> int:
    """Store deliveries in one statement; return how many were new."""
    cursor = await conn.execute(
        _SQL.put,
        {
            "provider": provider,
            "keys": [it.key for it in rows],
            "ids": [it.delivery_id for it in rows],
            "methods": [it.delivery.method for it in rows],
            "queries": [it.delivery.query for it in rows],
            "headers": [json.encode(it.delivery.headers) for it in rows],
            "bodies": [packed(it.delivery.body) for it in rows],
            "traces": [it.traceparent for it in rows],
        },
    )
    return cursor.rowcount


async def lease(conn: Connection, provider: str, limit: int) -> list[Leased]:
    """Take up to `limit` due deliveries for `LEASE` seconds, oldest first."""
    cursor = await conn.execute(
        _SQL.lease, {"provider": provider, "limit": limit, "lease": LEASE}, binary=True
    )
    rows = [
        Leased(
            id=row[0],
            gen=row[1],
            attempts=row[2],
            delivery_id=row[3],
            delivery=Delivery(
                body=_unpacked(row[7]),
                headers=json.decode(row[6], type=dict[str, str]),
                query=row[5],
                method=row[4],
                received_at=row[8],
            ),
            traceparent=row[9],
        )
        for row in await cursor.fetchall()
    ]
    return sorted(rows, key=lambda it: it.id)


async def settle(conn: Connection, rows: Sequence[Leased]) -> int:
    """Forget deliveries that are done; return how many of them were still ours."""
    cursor = await conn.execute(
        _SQL.settle, {"ids": [it.id for it in rows], "gens": [it.gen for it in rows]}
    )
    return cursor.rowcount


async def park(conn: Connection, row: Leased, keys: Sequence[str]) -> None:
    """Keep a delivery that nobody claims, under the keys that would claim it."""
    await conn.execute(_SQL.park, {"id": row.id, "gen": row.gen, "keys": list(keys)})


async def postpone(conn: Connection, row: Leased, error: str, seconds: float) -> None:
    """Give a delivery back; it is due again after that many seconds."""
    await conn.execute(
        _SQL.postpone, {"id": row.id, "gen": row.gen, "error": error, "seconds": seconds}
    )


async def revive(conn: Connection, provider: str, keys: Sequence[str]) -> int:
    """Make unrouted deliveries due that one of these keys claims; return how many."""
    cursor = await conn.execute(_SQL.revive, {"provider": provider, "keys": list(keys)})
    return cursor.rowcount


async def revive_claimed(conn: Connection, provider: str) -> int:
    """Make unrouted deliveries due that somebody claims by now; return how many."""
    return (await conn.execute(_SQL.revive_claimed, {"provider": provider})).rowcount


async def depth(conn: Connection, provider: str) -> tuple[int, int, float]:
    """Due deliveries, unrouted deliveries, and the age of the oldest due one in seconds."""
    row = await (await conn.execute(_SQL.depth, {"provider": provider})).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


async def forget(conn: Connection, provider: str) -> None:
    """Drop what is past its time: 35 days for ids, 7 days for unrouted deliveries."""
    await conn.execute(_SQL.forget, {"provider": provider})


def packed(body: bytes) -> bytes:
    """A body as the table keeps it."""
    frame: bytes = lz4.frame.compress(body)
    return frame


def _unpacked(kept: bytes) -> bytes:
    """The body; one that an earlier version stored is there as it came."""
    if not kept.startswith(_MAGIC):
        return kept
    body: bytes = lz4.frame.decompress(kept)
    return body
