"""Senders that never finish are cut off; until then nobody else waits for them."""

import asyncio

import pytest

from shared.service import server
from tests.fakes.simulated import until
from tests.hostile.stage import Stage

pytestmark = pytest.mark.anyio

STARTS = (
    b"",
    b"POST /webhook HTTP/1.1\r\nhost: x\r\n",
    b"POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n",
    b"POST /accounts HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n",
)
"""How far a sender gets before it goes on a byte at a time."""
EACH = 40
LONGEST = 30.0
"""Seconds within which all are gone, whatever else the machine does."""


async def dribble(port: int, start: bytes, tale: bytes) -> bytes:
    """Begin a request, go on byte by byte, and return what was answered when it was closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(start)
    closed = asyncio.create_task(reader.read())
    try:
        while not closed.done():
            writer.write(tale)
            await asyncio.wait([closed], timeout=0.1)
        return b"" if closed.exception() else closed.result()
    finally:
        closed.cancel()
        writer.transport.abort()


async def test_slow_senders_are_all_cut_off(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "RECEIVE", 1.0)
    before, tasks = await stage.sizes(), len(asyncio.all_tasks())
    ways = [(start, tale) for start in STARTS for tale in (b"", b"1")] * EACH
    async with asyncio.TaskGroup() as group:
        held = [group.create_task(dribble(stage.port, *way)) for way in ways]
        over = asyncio.get_running_loop().time() + LONGEST
        while not all(it.done() for it in held):
            await stage.ask("meanwhile", "GET", "/health", {200})
            assert asyncio.get_running_loop().time() < over, "they hold on"
            await asyncio.sleep(0.05)
    statuses = {it.result()[9:12] for it in held}
    assert statuses <= {b"", b"400", b"401", b"404", b"408"}, statuses
    await until(lambda: len(asyncio.all_tasks()) <= tasks)
    assert await stage.sizes() == before
