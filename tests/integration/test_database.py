"""The database may come late, go away and come back; whoever asks is told in time."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import pytest

from shared.errors import Away, ConfigError
from shared.store.database import Database

pytestmark = pytest.mark.anyio


class Door:
    """A port in front of the real server that a test opens and shuts."""

    def __init__(self, url: str) -> None:
        self._at = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0

    @property
    def url(self) -> str:
        login, _, _ = self._at.netloc.rpartition("@")
        return urlunsplit(self._at._replace(netloc=f"{login}@127.0.0.1:{self.port}"))

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        assert self._server
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()
        await asyncio.sleep(0.05)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, out = await asyncio.open_connection(self._at.hostname, self._at.port)
        self._open |= {writer, out}
        await asyncio.gather(_pump(reader, out), _pump(back, writer), return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def door(url: str) -> AsyncIterator[Door]:
    it = Door(url)
    await it.open()
    yield it
    await it.shut()


async def test_a_database_that_comes_late_is_waited_for(database_url: str) -> None:
    async with door(database_url) as it:
        await it.shut()
        db = Database(it.url)
        opening = asyncio.create_task(db.open(10))
        await asyncio.sleep(1)
        assert not opening.done()
        await it.open()
        assert await asyncio.wait_for(opening, 3)
        await db.close()


async def test_a_database_that_never_comes_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match="PostgreSQL did not answer within 1 s"):
        await Database("postgresql://nobody@127.0.0.1:1/none").open(1)


async def test_a_database_that_went_away_is_found_again_at_once(database_url: str) -> None:
    async with door(database_url) as it:
        db = Database(it.url, timeout=1.0)
        await db.open(5)
        await it.shut()
        began = time.monotonic()
        with pytest.raises(Away):
            await ask(db)
        assert time.monotonic() - began < 3
        assert not await db.alive(0.5)
        await it.open()
        async with asyncio.timeout(3):
            while not await db.alive(1.0):
                await asyncio.sleep(0.1)
        await ask(db)
        await db.close()


async def test_one_failure_is_enough_to_find_all_that_died(database_url: str) -> None:
    async with door(database_url) as it:
        db = Database(it.url)
        await db.open(5)
        await asyncio.gather(*(slow(db) for _ in range(8)))  # eight connections in the pool
        await it.shut()
        await it.open()  # a quick restart
        with pytest.raises(Away):
            await ask(db)
        await asyncio.sleep(0.5)
        for _ in range(20):
            await ask(db)
        await db.close()


async def slow(db: Database) -> None:
    async with db.connection() as conn:
        await conn.execute("select pg_sleep(0.2)")


async def ask(db: Database) -> None:
    async with db.transaction() as conn:
        await conn.execute("select 1")
