"""A simulator on loopback, and a whole service that takes it for the provider."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from shared.config import Settings, load
from shared.oauth.keyring import new_key
from shared.provider import Provider
from shared.service.server import Server
from shared.simulation import Simulation


@asynccontextmanager
async def listening(app: Simulation) -> AsyncIterator[str]:
    """The address of the simulator for as long as the block lasts."""
    ready = asyncio.Event()
    probe = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = probe.sockets[0].getsockname()[1]
    probe.close()
    await probe.wait_closed()
    server = Server(app, "127.0.0.1", port, ready.set)
    task = asyncio.create_task(server._serve())
    async with asyncio.timeout(15):
        await ready.wait()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


async def until(true: Callable[[], Awaitable[bool] | bool], within: float = 20.0) -> None:
    """Wait until something came true; fails with what it was when it does not."""
    deadline = asyncio.get_running_loop().time() + within
    while True:
        now = true()
        if now if isinstance(now, bool) else await now:
            return
        assert asyncio.get_running_loop().time() < deadline, f"{true} did not come true"
        await asyncio.sleep(0.05)


def told(app: Simulation, url: str, **variables: str) -> Callable[..., Settings]:
    """Builds the settings of a service that takes the simulator at that address for its provider."""

    def build(provider: Provider, database_url: str, nats_url: str, port: int) -> Settings:
        environ = {
            **app.environment(url),
            "SERVICE_ENV": "dev",
            "RATE_LIMIT_REQUESTS": "1000000",  # who waits for something asks often
            "ENCRYPTION_KEYS": f"1:{new_key()}",
            **variables,
        }
        return load(
            provider,
            environ,
            port=port,
            public_url=f"http://127.0.0.1:{port}",
            database_url=database_url,
            nats_url=nats_url,
        )

    return build
