"""A walk over a repository's issues, from GitHub's list on loopback to Messages in the stream."""

import asyncio
import cProfile
import gc
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from msgspec import structs
from nats.aio.client import Client

from services.github.provider import provider
from shared.provider import Provider
from shared.service.hub import Hub, open_hub, open_process
from shared.service.worker import relaying, working
from shared.store import runs, syncs
from shared.store.database import Connection, Database
from shared.types import Resource, Secret
from tests.fakes.service import settings
from tests.load.figures import Path, Row, middle
from tests.load.issues import REPOSITORY
from tests.load.processes import Costs, server
from tests.load.profiles import top
from tests.load.world import (
    ISSUES,
    KEYS,
    Size,
    World,
    account,
    database,
    empty,
    fresh_stream,
    stored,
)

PATIENCE = 120.0
"""Seconds that one walk may take."""


async def measure(world: World, size: Size) -> Path:
    """Several accounts, one after another; the last one profiled."""
    pids = {"service": os.getpid(), "PostgreSQL": world.postgres, "NATS": world.nats}
    async with database(world) as db:
        await empty(db, "connected_account", "outbox", "item")
        with server("issues", template=str(ISSUES), many=size.issues) as (pid, port):
            async with fresh_stream(world) as nc, service(world, port) as hub:
                seconds: list[float] = []
                for number in range(size.rounds):
                    used = Costs(pids | {"GitHub": pid})
                    seconds.append(await _walk(db, nc, hub, f"user{number}", size.issues))
                    costs = used.per(size.issues)
                with cProfile.Profile() as profiler:
                    await _walk(db, nc, hub, "profiled", size.issues)
        await empty(db, "connected_account", "outbox", "item")
    rate = middle([size.issues / it for it in seconds])
    what = f"{size.issues:,} issues listed, normalized, in the stream"
    row = Row("sync", what, rate, "Messages/s", "", ">= 5,000", rate >= 5000)
    return Path("sync", [row], costs, top(profiler))


@asynccontextmanager
async def service(world: World, port: int, provider: Provider = provider) -> AsyncIterator[Hub]:
    """The service's background work in this process, with a server of the bench for its provider."""
    given = settings(
        provider,
        world.postgres_url,
        world.nats_url,
        1,
        secrets=(Secret("load"),),
        base_url=f"http://127.0.0.1:{port}",
    )
    given = structs.replace(given, encryption_keys=Secret(KEYS))
    async with open_process(given, name="load") as process, relaying(process):
        hub = open_hub(provider, given, process)
        gc.collect()
        gc.freeze()  # as `Server` does when it has started
        async with working(hub):
            yield hub
        gc.unfreeze()


async def _walk(db: Database, nc: Client, hub: Hub, user_id: str, many: int) -> float:
    """Seconds from the moment that a run is asked for to the last Message in the stream."""
    ident = await account(db, user_id, f"repo:{user_id}")
    began = time.perf_counter()
    async with db.transaction() as conn:
        await _ask(conn, ident)
    hub.wake()
    async with asyncio.timeout(PATIENCE):
        while await stored(nc, f"self.events.issue.github.{user_id}") < many:
            await asyncio.sleep(0.05)
    return time.perf_counter() - began


async def _ask(conn: Connection, ident: UUID) -> None:
    """A run over the issues of one repository."""
    found = syncs.Unit(
        account_id=ident,
        stream="repositories",
        resource=Resource(),
        lane="live",
        cursor=None,
        walk=None,
        walking=False,
        run_id=None,
        gen=0,
        error_count=0,
    )
    repository = Resource("555", REPOSITORY, facts={"default_branch": "main"})
    await syncs.put_resources(
        conn, provider.name, found, [repository], streams=["issues"], walk=None
    )
    await runs.start_run(conn, streams=(), account_id=ident, mode="incremental", stream="issues")
