"""Run services: all in one process at `/<provider>`, or one process and port each."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import structlog
from litestar import Litestar
from litestar.types import Receive, Scope, Send
from msgspec import Struct

from shared.config import Settings
from shared.provider import Provider
from shared.service import app, subscriber
from shared.service.hub import Hub, open_hub, open_process
from shared.service.server import Server
from shared.service.worker import relaying
from shared.subscriber import Subscriber

if TYPE_CHECKING:
    from shared.service.console.app import Pages

log = structlog.get_logger()

Service = tuple[Provider | Subscriber, Settings]

_STARTED: Any = {"type": "lifespan.startup.complete"}
_STOPPED: Any = {"type": "lifespan.shutdown.complete"}


class ServiceLine(Struct, frozen=True):
    """What a person wants to know of a service that has started."""

    name: str
    url: str
    missing: tuple[str, ...]


class Mounted:
    """Several services behind one port, each at `/<provider>`; their lifespans begin and end together."""

    def __init__(self, apps: dict[str, Litestar]) -> None:
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to its service, with the mount point in `root_path`."""
        if scope["type"] == "lifespan":  # type: ignore[comparison-overlap]  # ASGI knows it, the type does not
            await self._lifespan(receive, send)
            return
        path = scope["path"]
        name, _, rest = path.removeprefix("/").partition("/")
        service = self._apps.get(name)
        if service is None:
            await _not_found(send, sorted(self._apps))
            return
        inner = dict(scope)
        inner["path"] = inner["raw_path_decoded"] = "/" + rest
        inner["raw_path"] = ("/" + rest).encode()
        inner["root_path"] = f"/{name}"
        await service(inner, receive, send)  # type: ignore[arg-type]  # a scope is a dict

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with AsyncExitStack() as stack:
            for service in self._apps.values():
                await stack.enter_async_context(service.lifespan())
            await send(_STARTED)
            await receive()
        await send(_STOPPED)


async def _not_found(send: Send, names: Sequence[str]) -> None:
    body = f'{{"status":404,"title":"There is no such service; choose from {", ".join(names)}."}}'
    headers = [(b"content-type", b"application/problem+json")]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode(), "more_body": False})


def serve(
    services: Sequence[Service],
    host: str,
    port: int,
    *,
    ready: Callable[[Sequence[ServiceLine]], None] = lambda _: None,
    mounted: bool = True,
) -> None:
    """Run services in this process until it is told to stop (SIGINT, SIGTERM); returns when all is drained.

    `mounted` puts each at `/<provider>`; without it there must be just one, at the root. Raises
    ConfigError when an engine or a setting is not usable.
    """
    with asyncio.Runner(loop_factory=_loop()) as runner:
        runner.run(_serve(services, host, port, ready=ready, mounted=mounted))


async def _serve(
    services: Sequence[Service],
    host: str,
    port: int,
    *,
    ready: Callable[[Sequence[ServiceLine]], None],
    mounted: bool,
) -> None:
    async with AsyncExitStack() as stack:
        hubs = await _hubs(stack, services, mounted=mounted)
        for hub in list(hubs.values())[:1]:  # the services of a process count together
            await stack.enter_async_context(measured(hub, host))
        apps = {name: app.build(hub) for name, hub in hubs.items()}
        for it, settings in services:
            if isinstance(it, Subscriber):
                apps[it.name] = subscriber.build(it, settings)
        lines = [
            ServiceLine(
                provider.name,
                f"http://{host}:{port}" + (f"/{provider.name}" if mounted else ""),
                settings.missing(),
            )
            for provider, settings in services
        ]
        whole = Mounted(apps) if mounted else next(iter(apps.values()))
        pages = _pages(whole, hubs, mounted=mounted)
        closing = pages.desk.closing.set if pages else lambda: None
        server = Server(pages or whole, host, port, lambda: ready(lines), closing)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, server.handle_exit, number, None)
        await server._serve()  # the public serve() would raise the signal again when all is done
        if not server.started:
            sys.exit(1)


async def _hubs(
    stack: AsyncExitStack, services: Sequence[Service], *, mounted: bool
) -> dict[str, Hub]:
    """What the providers' services work with, opened until the stack is closed."""
    declared = [(it, settings) for it, settings in services if isinstance(it, Provider)]
    if not declared:
        return {}
    first, settings = declared[0]
    name = "fleet" if mounted else first.name
    process = await stack.enter_async_context(open_process(settings, name=name))
    log.info("engines found", postgres=process.versions[0], nats=process.versions[1])
    await stack.enter_async_context(relaying(process))
    return {it.name: open_hub(it, settings, process) for it, settings in declared}


@asynccontextmanager
async def measured(hub: Hub, host: str) -> AsyncIterator[None]:
    """`/metrics` on a port of its own for as long as the block lasts, where the settings name one."""
    if not hub.settings.service.metrics_port:
        yield
        return
    server = Server(app.figures(hub), host, hub.settings.service.metrics_port, lambda: None)
    task = asyncio.create_task(server._serve())
    try:
        yield
    finally:
        server.should_exit = True
        await task


def _pages(whole: Any, hubs: dict[str, Hub], *, mounted: bool) -> "Pages | None":
    """The services with the pages for people in front of them; None where those are off."""
    if not hubs or not console_wanted(os.environ, next(iter(hubs.values())).settings.service.env):
        return None
    from shared.service.console.app import front  # noqa: PLC0415 - templates, for who serves pages

    return front(whole, hubs, os.environ, mounted=mounted)


def console_wanted(environ: Mapping[str, str], env: str) -> bool:
    """Whether the pages are served: `CONSOLE` says on or off; on in dev where it says nothing."""
    asked = environ.get("CONSOLE", "")
    return asked == "on" if asked else env == "dev"


def _loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop  # noqa: PLC0415 - there is none for Windows

    return uvloop.new_event_loop
