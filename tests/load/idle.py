"""Walks that find nothing, which is what most walks are: how many a process does in a second."""

import asyncio
import time

from tests.fakes.feed import Bench, Notebook, provider
from tests.load.figures import Path, Row, middle
from tests.load.syncing import service
from tests.load.world import Size, World, database, empty, fresh_stream

LEFT = "select count(*) from sync_state where last_success_at is null"


async def measure(world: World, size: Size) -> Path:
    """Accounts whose walks are all due at once, at a provider that answers at once."""
    many = max(40, size.issues // 40)
    rates: list[float] = []
    given = provider(Notebook([[]]))
    async with database(world) as db, fresh_stream(world):
        for _ in range(size.rounds):
            await empty(db, "connected_account", "outbox")
            bench = Bench(db, given)
            for number in range(many):
                await bench.account(f"user{number}")
            began = time.perf_counter()
            async with service(world, 1, given), asyncio.timeout(120):
                while (await bench.rows(LEFT))[0][0]:
                    await asyncio.sleep(0.05)
                rates.append(many / (time.perf_counter() - began))
        await empty(db, "connected_account", "outbox")
    what = "walks that find nothing, the provider's time apart"
    return Path("idle", [Row("idle", what, middle(rates), "walks/s")])
