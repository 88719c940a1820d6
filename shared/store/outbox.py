"""Events between the transaction that wrote them and the bus that acknowledged them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from msgspec import Struct, json

from shared.normalizer.cloudevents import SHARDS, Event, shard_of
from shared.store.database import Connection
from shared.store.sql import load

_SQL = load("outbox")
_headers = json.Decoder(dict[str, str])
_LOCKS = 7301
"""The first half of the advisory lock's number, so that shards meet nobody else's locks."""


class Row(Struct, frozen=True):
    """One outbox row; `id` rises in publishing order within an account."""

    id: int
    event: Event


async def lanes(conn: Connection) -> list[int]:
    """The shards that hold something to publish."""
    cursor = await conn.execute(_SQL.lanes, {"shards": SHARDS})
    return [row[0] for row in await cursor.fetchall()]


async def lock_shard(conn: Connection, account_id: UUID) -> None:
    """Wait until no relay is publishing this account's events, and keep it so until the commit."""
    await conn.execute(_SQL.lock_shard, {"space": _LOCKS, "shard": shard_of(account_id)})


async def try_shard(conn: Connection, shard: int) -> bool:
    """Take a shard for this transaction; False when another relay has it."""
    cursor = await conn.execute(_SQL.try_shard, {"space": _LOCKS, "shard": shard})
    row = await cursor.fetchone()
    return bool(row and row[0])


async def due(conn: Connection, shard: int, limit: int) -> list[Row]:
    """The shard's next events, oldest first."""
    cursor = await conn.execute(_SQL.due, {"shard": shard, "limit": limit}, binary=True)
    return [
        Row(
            id=row[0],
            event=Event(
                account_id=row[1],
                subject=row[2],
                id=row[3],
                headers=_headers.decode(row[4]) | {"ce-sequence": f"{row[0]:020d}"},
                payload=row[5],
            ),
        )
        for row in await cursor.fetchall()
    ]


async def delete(conn: Connection, ids: Sequence[int]) -> None:
    """Drop rows that the bus acknowledged."""
    await conn.execute(_SQL.delete, {"ids": list(ids)})


async def count(conn: Connection, events: Iterable[Event]) -> None:
    """Add published events to the hour's figures, by source and type."""
    counted = Counter(_kind(event.subject) for event in events)
    keys = sorted(counted)
    await conn.execute(
        _SQL.count,
        {
            "sources": [it[0] for it in keys],
            "types": [it[1] for it in keys],
            "counts": [counted[it] for it in keys],
        },
    )


async def counts(conn: Connection, sources: Sequence[str]) -> list[tuple[str, str, int]]:
    """Published in the last 24 hours: source, type (or `connection`), how many."""
    cursor = await conn.execute(_SQL.counts, {"sources": list(sources)})
    return [(row[0], row[1], row[2]) for row in await cursor.fetchall()]


async def forget_counts(conn: Connection) -> None:
    """Drop figures that nobody asks for any more."""
    await conn.execute(_SQL.forget_counts)


def _kind(subject: str) -> tuple[str, str]:
    """Source and type, as the subject names them."""
    tokens = subject.split(".")
    return (tokens[3], tokens[2]) if tokens[1] == "events" else (tokens[2], "connection")


async def bury(conn: Connection, row_id: int, reason: str) -> None:
    """Move a row that can never be published to the dead letters."""
    await conn.execute(_SQL.bury, {"id": row_id, "reason": reason})


async def depth(conn: Connection) -> tuple[int, float]:
    """How many events wait, and the age of the oldest in seconds."""
    row = await (await conn.execute(_SQL.depth)).fetchone()
    assert row is not None
    return row[0], row[1]
