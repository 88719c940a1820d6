"""The servers of the bench: `python -m tests.load.servers <kind> <facts as JSON>`.

Each runs as the services do, prints its port once it listens, and ends when its standard input does.
"""

import asyncio
import cProfile
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import uvloop
from msgspec import json

from services.github.webhook import verify
from shared.config.catalogue import one
from shared.service import app
from shared.service.hub import open_hub, open_process
from shared.service.server import Server
from shared.service.worker import relaying
from shared.store import inbox
from shared.store.database import Database
from shared.types import Delivery, Secret
from tests.fakes.service import settings
from tests.load.issues import List, lifespan
from tests.load.mails import mailbox
from tests.load.sender import SECRET
from tests.load.workspace import Workspace

ANSWER = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
LONGEST = 600.0
"""Seconds after which a server that was forgotten ends by itself."""


async def _delivery(scope: Any, receive: Any) -> Delivery:
    """The request, its signature verified: all that a bare application has to do."""
    body, more = b"", True
    while more:
        event = await receive()
        body, more = body + event["body"], event.get("more_body", False)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    delivery = Delivery(body, headers)
    verify([SECRET.encode()], delivery, 0.0)
    return delivery


@asynccontextmanager
async def bare() -> AsyncIterator[Any]:
    """Verifies and answers; stores nothing."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        await _delivery(scope, receive)
        await send(ANSWER)
        await send({"type": "http.response.body", "body": b""})

    yield application


@asynccontextmanager
async def one_by_one(postgres_url: str) -> AsyncIterator[Any]:
    """Verifies, stores each delivery with a statement and a commit of its own, and answers."""
    db = Database(postgres_url, 10)
    await db.open()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        delivery = await _delivery(scope, receive)
        row = inbox.arrived(delivery, delivery.headers["x-github-delivery"])
        async with db.connection() as conn:
            await inbox.put(conn, "github", [row])
        await send(ANSWER)
        await send({"type": "http.response.body", "body": b""})

    try:
        yield application
    finally:
        await db.close()


@asynccontextmanager
async def service(
    postgres_url: str, nats_url: str, *, work: bool, provider: str = "github"
) -> AsyncIterator[Any]:
    """The whole service; with `work` it also reads and publishes what it takes."""
    its = one(provider)
    given = settings(its, postgres_url, nats_url, 1, secrets=(Secret(SECRET),))
    async with AsyncExitStack() as stack:
        process = await stack.enter_async_context(open_process(given, name="load"))
        if work:
            await stack.enter_async_context(relaying(process))
        yield app.build(open_hub(its, given, process), work=work)


@asynccontextmanager
async def issues(template: str, many: int) -> AsyncIterator[Any]:
    """GitHub's list of issues."""
    yield List(await asyncio.to_thread(Path(template).read_bytes), many)


@asynccontextmanager
async def gmail(mails: int) -> AsyncIterator[Any]:
    """Google as it is played, with a mailbox that is filled."""
    yield mailbox(mails)


@asynccontextmanager
async def workspace(many: int) -> AsyncIterator[Any]:
    """Slack's lists of messages."""
    yield Workspace(many)


KINDS: dict[str, Callable[..., Any]] = {
    "bare": bare,
    "one by one": one_by_one,
    "service": service,
    "issues": issues,
    "gmail": gmail,
    "workspace": workspace,
}


async def serve(kind: str, facts: dict[str, Any], profiler: cProfile.Profile | None) -> None:
    """Serve until standard input ends; the profile begins when all is imported and open."""
    async with KINDS[kind](**facts) as application, asyncio.timeout(LONGEST):
        server = Server(application, "127.0.0.1", 0, lambda: None)

        def tell() -> None:
            if profiler:
                profiler.enable()
            port = server.servers[0].sockets[0].getsockname()[1]
            sys.stdout.write(f"{port}\n")
            sys.stdout.flush()

        server._ready = tell
        task = asyncio.create_task(server._serve())
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        server.should_exit = True
        await task


def main() -> None:
    """Serve what the arguments say; with the fact `profile`, leave a profile in that file."""
    kind, facts = sys.argv[1], json.decode(sys.argv[2])
    profile = facts.pop("profile", "")
    profiler = cProfile.Profile() if profile else None
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(kind, facts, profiler))
    if profiler:
        profiler.disable()
        profiler.dump_stats(profile)


if __name__ == "__main__":
    main()
