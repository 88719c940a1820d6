"""A whole service on loopback: the real application, server, database and bus around any provider."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from nats.aio.client import Client

from shared.bus import stream
from shared.bus.nkey import connect
from shared.config import (
    DatabaseSettings,
    NatsSettings,
    OAuthSettings,
    ProviderSettings,
    RateLimit,
    Service,
    Settings,
    WebhookSettings,
)
from shared.oauth.keyring import new_key
from shared.provider import Provider
from shared.service import app, callers
from shared.service.console.app import front
from shared.service.hub import Hub, open_hub, open_process
from shared.service.server import Server
from shared.service.worker import relaying
from shared.types import Secret


@dataclass
class Running:
    """A service that listens: its hub, a client that speaks to it, and a client of the bus."""

    hub: Hub
    http: httpx.AsyncClient
    nc: Client
    server: Server

    async def key(self, *scopes: str, user_id: str | None = None) -> dict[str, str]:
        """Headers of a new caller; all scopes when none is named."""
        key = await callers.create_key(
            self.hub.db, "test", scopes or callers.SCOPES, user_id=user_id, days=1, env="dev"
        )
        return {"authorization": f"Bearer {key}"}

    async def events(self, n: int, subject: str = "self.>") -> list[Any]:
        """The first `n` messages of the stream on these subjects, as soon as they are there."""
        js = self.nc.jetstream()
        tail = await js.subscribe(subject, stream=stream.NAME, ordered_consumer=True)
        return [await tail.next_msg(timeout=15) for _ in range(n)]


def settings(
    provider: Provider, database_url: str, nats_url: str, port: int, **facts: Any
) -> Settings:
    return Settings(
        service=Service(
            name=provider.name, port=port, public_url=f"http://127.0.0.1:{port}", env="dev"
        ),
        oauth=OAuthSettings(provider=provider.name),
        webhook=WebhookSettings(secrets=facts.pop("secrets", (Secret("s"),)), timeout=2.0),
        database=DatabaseSettings(url=Secret(database_url)),
        nats=NatsSettings(url=Secret(nats_url)),
        provider=ProviderSettings(base_url=facts.pop("base_url", provider.base_url)),
        encryption_keys=Secret(f"1:{new_key()}"),
        rate_limit=facts.pop("rate_limit", RateLimit()),
        **facts,
    )


@asynccontextmanager
async def running(
    provider: Provider, database_url: str, nats_url: str, **facts: Any
) -> AsyncIterator[Running]:
    """Start a service with an empty stream; everything ends with the block.

    The fact `build` makes its settings instead of `settings`, of the same arguments; `pages` puts
    the console in front of it.
    """
    async with AsyncExitStack() as stack:
        nc = await connect(nats_url)
        stack.push_async_callback(nc.close)
        for name in (stream.NAME, stream.ADVISORIES):
            await stream.ask(nc, f"STREAM.DELETE.{name}")
        port = await _free_port()
        build = facts.pop("build", settings)
        paged = facts.pop("pages", False)
        given = build(provider, database_url, nats_url, port, **facts)
        process = await stack.enter_async_context(
            open_process(given, name=provider.name, patience=5)
        )
        await stack.enter_async_context(relaying(process))
        hub = open_hub(provider, given, process)
        ready = asyncio.Event()
        service = app.build(hub)
        pages = front(service, {provider.name: hub}, {}, mounted=False) if paged else None
        closing = pages.desk.closing.set if pages else lambda: None
        server = Server(pages or service, "127.0.0.1", port, ready.set, closing)
        task = asyncio.create_task(server._serve())

        async def stop() -> None:
            server.should_exit = True
            await task

        stack.push_async_callback(stop)
        async with asyncio.timeout(15):
            await ready.wait()
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=15, trust_env=False)
        )
        yield Running(hub, http, nc, server)


async def _free_port() -> int:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port
