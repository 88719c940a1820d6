"""A service that reads the stream, as a Litestar application: its own routes, and those of every service."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from importlib.resources import files
from typing import Literal

import structlog
from litestar import Litestar, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import SkipValidation
from msgspec import Struct

from shared.bus.consumer import Consumer, Lag
from shared.bus.tail import Heard
from shared.config import Settings
from shared.errors import Away, ConfigError
from shared.http.addresses import fetch
from shared.http.budget import PostgresBudget
from shared.service import callers
from shared.service.app import compose, limiting
from shared.service.callers import guard
from shared.service.loops import Signal, forever
from shared.service.ops_routes import Health
from shared.store.database import Database
from shared.store.migrate import migrate, pending
from shared.subscriber import Subscriber
from shared.telemetry.metrics import CONTENT_TYPE, Metrics

log = structlog.get_logger()

TIDY = 60.0
"""Seconds between two rounds of housekeeping."""


class Desk(Struct):
    """What the routes of a subscriber work with. `broken` is why it reads nothing any more."""

    subscriber: Subscriber
    settings: Settings
    db: Database
    consumer: Consumer
    metrics: Metrics
    broken: str = ""


TheDesk = NamedDependency[SkipValidation[Desk]]
"""How a route asks for it."""


class Standing(Struct):
    """How a subscriber stands; no user's data is part of it."""

    service: str
    postgres: str
    nats: Literal["connected", "reconnecting", "closed"]
    consumer: str
    dead_letters: int
    lag: Lag | None = None
    """Absent while NATS does not answer."""


def build(subscriber: Subscriber, settings: Settings) -> Litestar:
    """The application; it opens its own connections, and reads for as long as it runs."""
    db = Database(settings.database.url.reveal(), settings.database.max_connections)
    consumer = Consumer(settings.nats.url.reveal(), subscriber.name)
    desk = Desk(subscriber, settings, db, consumer, Metrics())
    desk.metrics.begin_reading(subscriber.name)

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with _reading(desk):
            yield

    recognizer = callers.from_environment(
        os.environ, db, subscriber.name, settings.service.env, fetch
    )
    return compose(
        subscriber.title,
        [health, ready, metrics, report, *subscriber.routes],
        recognizer,
        limiting(subscriber.name, PostgresBudget(db), settings.rate_limit),
        dependencies={"desk": Provide(lambda: desk, sync_to_thread=False)},
        lifespan=[lifespan],
        asking=False,
    )


async def bring_up_to_date(
    subscriber: Subscriber, database_url: str, *, check: bool = False
) -> list[str]:
    """Make its tables or add what is missing; returns the migrations applied. Raises ConfigError.

    `check` changes nothing, and returns what is missing.
    """
    db = Database(database_url, max_connections=2)
    await db.open()
    try:
        folder = files(subscriber.package).joinpath("migrations")
        names = await (pending if check else migrate)(db, folder, subscriber.name)
        return [f"{subscriber.name}/{name}" for name in names]
    finally:
        await db.close()


@asynccontextmanager
async def _reading(desk: Desk) -> AsyncIterator[None]:
    name, counted = desk.subscriber.name, desk.metrics.consumed

    async def handle(heard: Sequence[Heard]) -> None:
        await desk.subscriber.handle(desk.db, heard)
        counted.labels(name, "handled").inc(len(heard))

    async def bury(it: Heard, reason: str) -> None:
        await desk.subscriber.bury(desk.db, it, reason)
        counted.labels(name, "given_up").inc()

    async def read() -> None:
        try:
            await desk.consumer.run(handle, bury)
        except ConfigError as error:
            desk.broken = str(error)
            log.error("nothing is read any more", reason=desk.broken)  # noqa: TRY400 - it is told in full

    async def tidy() -> int:
        await desk.subscriber.tidy(desk.db)
        return 0

    async with AsyncExitStack() as stack:
        await desk.db.open()
        stack.push_async_callback(desk.db.close)
        await desk.consumer.open()
        stack.push_async_callback(desk.consumer.close)
        jobs = [read(), forever("housekeeping", tidy, Signal(), idle=TIDY)]
        tasks = [asyncio.create_task(job) for job in jobs]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


@get("/health", tags=["operations"], opt={"exclude_from_auth": True})
async def health(desk: TheDesk) -> Response[Health]:
    """Liveness: the NATS client has not given up for good, and the consumer is what it has to be."""
    if desk.consumer.closed:
        return Response(Health("failing", "the NATS client is closed"), status_code=503)
    if desk.broken:
        return Response(Health("failing", desk.broken), status_code=503)
    return Response(Health("ok"))


@get("/health/ready", tags=["operations"], opt={"exclude_from_auth": True})
async def ready(desk: TheDesk) -> Response[Health]:
    """Readiness: PostgreSQL answers within a second. NATS may be away."""
    if not await desk.db.alive(1.0):
        return Response(Health("failing", "PostgreSQL does not answer"), status_code=503)
    return Response(Health("ok"))


@get("/metrics", tags=["operations"], opt={"exclude_from_auth": True}, media_type=CONTENT_TYPE)
async def metrics(desk: TheDesk) -> bytes:
    """Figures for Prometheus; the lag is as old as NATS' last answer."""
    desk.metrics.nats_connected.set(desk.consumer.connected)
    with suppress(Away):
        lag = await desk.consumer.lag()
        desk.metrics.consumer_pending.labels(desk.subscriber.name).set(lag.pending)
        desk.metrics.consumer_unsettled.labels(desk.subscriber.name).set(lag.unsettled)
    return desk.metrics.render()


@get("/status", tags=["operations"], guards=[guard("connections:read")])
async def report(desk: TheDesk) -> Standing:
    """How this service stands: how far behind the stream it is, and what it gave up on."""
    lag = None
    with suppress(Away):
        lag = await desk.consumer.lag()
    return Standing(
        service=desk.settings.service.name,
        postgres="connected",
        nats="closed"
        if desk.consumer.closed
        else "connected"
        if desk.consumer.connected
        else "reconnecting",
        consumer=desk.consumer.name,
        dead_letters=await desk.subscriber.letters(desk.db),
        lag=lag,
    )
