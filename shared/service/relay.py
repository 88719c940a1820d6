"""The relay: the only publisher. It deletes an event when JetStream has it on disk, never before.

One relay at a time works on a shard, over all replicas, so the events of an account leave in the
order in which they were written. A crash between the acknowledgement and the delete publishes again,
and the stream refuses what it has.
"""

import asyncio

import structlog

from shared.bus.client import LARGEST_BATCH, Bus
from shared.store import outbox
from shared.store.database import Database
from shared.telemetry import traces
from shared.telemetry.metrics import Metrics

log = structlog.get_logger()

SMALL = 250
"""Events: a round that published fewer waits for more to come together."""

GATHER = 0.015
"""Seconds of that wait, and the most that it costs an event on its way."""


async def step(db: Database, bus: Bus, metrics: Metrics) -> int:
    """One round of `drain`, and a short wait after a small one, so that batches fill."""
    left = await drain(db, bus, metrics)
    if 0 < left < SMALL:
        await asyncio.sleep(GATHER)
    return left


async def drain(db: Database, bus: Bus, metrics: Metrics) -> int:
    """Publish one batch of every shard that has something; return how many events left.

    Raises Away when the database or the bus does not answer; nothing is lost by it.
    """
    async with db.connection() as conn:
        lanes = await outbox.lanes(conn)
    return sum([await _drain_shard(db, bus, metrics, shard) for shard in lanes])


async def _drain_shard(db: Database, bus: Bus, metrics: Metrics, shard: int) -> int:
    async with db.transaction() as conn:
        if not await outbox.try_shard(conn, shard):
            return 0
        rows = await outbox.due(conn, shard, LARGEST_BATCH)
        if not rows:
            return 0
        with traces.publishing([row.event.headers for row in rows]):
            ack = await bus.publish([row.event for row in rows])
        stored = rows[: ack.stored]
        if stored:
            await outbox.delete(conn, [row.id for row in stored])
            await outbox.count(conn, (row.event for row in stored))
        if ack.refused:
            dead = rows[ack.stored]
            log.error(
                "an event can never be published",
                account=str(dead.event.account_id),
                event_id=dead.event.id,
                reason=ack.refused,
            )
            await outbox.bury(conn, dead.id, ack.refused)
    metrics.published.labels("all").inc(len(stored))
    return len(stored) + bool(ack.refused)
