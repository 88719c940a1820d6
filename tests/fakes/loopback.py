"""A provider on loopback that answers what a test tells it to, byte for byte when it has to."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple


class Asked(NamedTuple):
    """A request as it arrived; `at` is the loop's clock."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    at: float


Handler = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


def answer(status: int, body: Any = None, **headers: str) -> bytes:
    """One whole HTTP/1.1 answer; `retry_after="1"` becomes a `Retry-After` header."""
    content = (
        body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    )
    lines = [f"HTTP/1.1 {status} Said", f"content-length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


class Server:
    """Keeps what it was asked; answers from `script`, and from its last entry for ever after."""

    def __init__(self, *script: bytes | Handler) -> None:
        self.script = list(script)
        self.asked: list[Asked] = []
        self.connections = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection; ends after an answer of a handler, which may have left it in any state."""
        self.connections += 1
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        raw = {line.split(": ", 1)[0].lower(): line.split(": ", 1)[1] for line in head[1:] if line}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.asked.append(Asked(method, target, raw, body, asyncio.get_running_loop().time()))
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, bytes):
            writer.write(step)
            await writer.drain()
            return True
        await step(self.asked[-1], writer)
        return False


@asynccontextmanager
async def loopback(*script: bytes | Handler) -> AsyncIterator[Server]:
    """A server on a port of its own, gone at the end of the block, its connections too."""
    server, tasks = Server(*script), set[asyncio.Task[None]]()

    async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        try:
            await server.serve(reader, writer)
        except asyncio.CancelledError:
            pass  # the end of the block
        finally:
            tasks.discard(task)

    listener = await asyncio.start_server(on_connection, "127.0.0.1", 0, limit=1 << 26)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await listener.wait_closed()
