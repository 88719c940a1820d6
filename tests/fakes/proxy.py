"""A TCP proxy that a test puts between two processes, to take the wire between them apart."""

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Literal
from urllib.parse import urlsplit

Fault = Literal["", "latency", "trickle", "blackhole", "reset", "half-open", "cut"]
"""What is wrong with the wire.

latency: every piece comes 100 to 300 ms late. trickle: 1 kB a second. blackhole: nothing comes through,
and nobody is told. reset: what is open is reset, what is new too. half-open: what was open when the
fault began is dead for ever and nobody is told, what is new works. cut: a connection passes a little
more, and breaks in the middle of it.
"""

PIECE = 65536
CUT = 300
"""Bytes that still pass a wire that is cut."""


class Wire:
    """One connection through the proxy."""

    def __init__(
        self, proxy: "Proxy", reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.proxy = proxy
        self.reader = reader
        self.writers = [writer]
        self.dead = False
        self.left = CUT

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry bytes one way until one side ends."""
        while piece := await reader.read(PIECE):
            await self._carry(piece, writer)
        await self.proxy.until(lambda: not self.silent)
        if writer.can_write_eof():
            writer.write_eof()

    @property
    def silent(self) -> bool:
        """Whether nothing passes at the moment."""
        return self.dead or self.proxy.fault == "blackhole"

    async def _carry(self, piece: bytes, writer: asyncio.StreamWriter) -> None:
        await self.proxy.until(lambda: not self.silent)
        match self.proxy.fault:
            case "latency":
                await asyncio.sleep(random.uniform(0.1, 0.3))
            case "trickle":
                while piece and self.proxy.fault == "trickle":
                    writer.write(piece[:100])
                    piece = piece[100:]
                    await asyncio.sleep(0.1)
            case "cut" if len(piece) > self.left:
                writer.write(piece[: self.left])
                self.reset()
                raise ConnectionResetError
            case "cut":
                self.left -= len(piece)
        writer.write(piece)
        await writer.drain()

    def reset(self) -> None:
        """End both sides with RST instead of FIN."""
        for writer in self.writers:
            sock = writer.get_extra_info("socket")
            with suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


class Proxy:
    """Where it listens, what is wrong, and how many connections clients held open at most."""

    def __init__(self) -> None:
        self.upstreams: list[tuple[str, int]] = []
        self.port = 0
        self.fault: Fault = ""
        self.wires: set[Wire] = set()
        self.most = 0
        self._changed = asyncio.Event()

    def before(self, url: str) -> str:
        """Stand in front of what is at this URL too; return the URL with this proxy's port."""
        at = urlsplit(url)
        self.upstreams.append(_address(url))
        place = f"127.0.0.1:{self.port}"
        who = at.netloc.rpartition("@")[0]
        return at._replace(netloc=f"{who}@{place}" if who else place).geturl()

    def forget(self, url: str) -> None:
        """Carry no new connection to what is at this URL."""
        self.upstreams.remove(_address(url))

    def break_(self, fault: Fault) -> None:
        """Let this be wrong from now on; `""` mends everything but what is half-open."""
        self.fault = fault
        for wire in tuple(self.wires):
            if fault == "reset":
                wire.reset()
            elif fault == "half-open":
                wire.dead = True
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, so: Callable[[], bool]) -> None:
        """Wait until a condition holds that a change of the fault may bring about."""
        while not so():
            await self._changed.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        wire = Wire(self, reader, writer)
        if self.fault == "reset":
            return wire.reset()
        self.wires.add(wire)
        self.most = max(self.most, sum(not it.reader.at_eof() for it in self.wires))
        try:
            await self.until(lambda: not wire.silent)
            self.upstreams.append(self.upstreams.pop(0))
            inward, outward = await asyncio.open_connection(*self.upstreams[-1])
            wire.writers.append(outward)
            await asyncio.gather(wire.pump(reader, outward), wire.pump(inward, writer))
        except OSError:
            pass  # one side is gone, and so is the other one now
        finally:
            self.wires.discard(wire)
            for each in wire.writers:
                each.close()
        return None


def _address(url: str) -> tuple[str, int]:
    at = urlsplit(url)
    return at.hostname or "127.0.0.1", at.port or 0


@asynccontextmanager
async def proxy() -> AsyncIterator[Proxy]:
    """A proxy on a port of its own, before nothing yet, gone at the end of the block."""
    it = Proxy()
    tasks = set[asyncio.Task[None]]()

    async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        try:
            await it.serve(reader, writer)
        except asyncio.CancelledError:
            pass  # the end of the block
        finally:
            tasks.discard(task)

    listener = await asyncio.start_server(on_connection, "127.0.0.1", 0)
    it.port = listener.sockets[0].getsockname()[1]
    try:
        yield it
    finally:
        listener.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await listener.wait_closed()
