"""One pool of connections a process, and one word for "PostgreSQL does not answer"."""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from psycopg.types.string import StrBinaryDumper, StrDumper, StrDumperUnknown
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from shared.errors import Away, ConfigError

SILENCE = 60.0
"""Seconds without a word in the middle of a statement, or of a transaction, after which the other side is
dead: a wire that was cut without notice, and a session whose client is gone, keep their locks for ever."""

OLDEST = 140000
"""PostgreSQL 14, as `server_version_num`: the oldest release that the statements were tried on."""


class Connection(AsyncConnection[TupleRow]):
    """A connection that hangs up on a server which is silent for `patience` seconds (0: SILENCE)."""

    patience = 0.0

    async def wait(self, *args: Any, **facts: Any) -> Any:
        """Do one exchange with the server; every statement, commit and rollback comes by here."""
        bell = asyncio.get_running_loop().call_later(self.patience or SILENCE, self._hang_up)
        try:
            return await super().wait(*args, **facts)
        finally:
            bell.cancel()

    def _hang_up(self) -> None:
        """End the conversation below the driver, which then finds it broken off, as by the server."""
        with suppress(OSError), socket.socket(fileno=os.dup(self.fileno())) as wire:
            wire.shutdown(socket.SHUT_RDWR)


def _holdable(dumper: Any) -> Any:
    """A dumper that replaces what no text column can hold, NUL and lone surrogates, by U+FFFD.

    Providers send them in names, ids and errors, and none of these is worth a failed transaction.
    """

    class Holdable(dumper):  # type: ignore[misc]  # one of three, which differ in the type
        def dump(self, obj: str) -> Any:
            try:
                return super().dump(obj if "\0" not in obj else obj.replace("\0", "\ufffd"))
            except UnicodeEncodeError:
                whole = obj.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
                return self.dump(whole)

    return Holdable


_TEXT = [_holdable(it) for it in (StrBinaryDumper, StrDumper, StrDumperUnknown)]


async def _configure(conn: Connection) -> None:
    """Text is made to fit, and the server lets go of a session that left a transaction open."""
    for dumper in _TEXT:  # in the driver's own order: the last is for what has no type of its own
        conn.adapters.register_dumper(str, dumper)
    await conn.execute(
        "select set_config('idle_in_transaction_session_timeout', %s, false)",
        (str(round(SILENCE * 1000)),),
    )


def _hang_up_on_copy(conn: Connection) -> None:
    """End a conversation in the middle of a command, which takes no rollback.

    The driver ends what was cancelled, but for a COPY that had just begun: the server waits for its data.
    """
    if conn.info.transaction_status == TransactionStatus.ACTIVE:
        conn.pgconn.finish()


_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, PoolClosed)

_ALIVE = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}
"""Seconds: the system itself finds a machine that vanished, within half a minute."""


class Database:
    """The pool. `connection()` runs statements one by one, `transaction()` all or nothing.

    `timeout` is how many seconds a caller waits for a connection before it is told Away.
    """

    def __init__(self, url: str, max_connections: int = 10, timeout: float = 2.5) -> None:
        self._url = url
        self._checking: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None
        # The pool warns of every failed attempt; whoever asked is told Away, which is enough.
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            connection_class=Connection,
            configure=_configure,
            min_size=1,
            max_size=max_connections,
            timeout=timeout,
            open=False,
            reconnect_timeout=0,  # no backoff in the pool: whoever asks next tries again at once
            kwargs={"autocommit": True, "prepare_threshold": 3, "connect_timeout": 5, **_ALIVE},
        )

    async def open(self, patience: float = 30.0) -> str:
        """Connect, waiting up to `patience` seconds, and return the server's version."""
        deadline = asyncio.get_running_loop().time() + patience
        while True:
            try:
                async with await AsyncConnection.connect(self._url, connect_timeout=5) as conn:
                    number = conn.info.server_version
                    name = conn.info.parameter_status("server_version")
                break
            except _AWAY as error:
                if asyncio.get_running_loop().time() > deadline:
                    _, refused, why = str(error).rpartition("FATAL:")
                    raise ConfigError(
                        f"PostgreSQL refuses us: {why.strip().splitlines()[0]}; check POSTGRES_URL"
                        if refused and why.strip()
                        else f"PostgreSQL did not answer within {patience:g} s;"
                        " check POSTGRES_URL and that the server runs"
                    ) from None
                await asyncio.sleep(0.2)
        if number < OLDEST:
            raise ConfigError(
                f"PostgreSQL {name} is too old; version {OLDEST // 10000} or newer is needed"
            )
        await self._pool.open()
        return name or str(number)

    async def close(self) -> None:
        """Give every connection back to the server."""
        await self._pool.close()

    @asynccontextmanager
    async def connection(self, patience: float = 0.0) -> AsyncIterator[Connection]:
        """A connection in autocommit; raises Away when the database does not answer.

        `patience` is for statements that may take longer than SILENCE seconds.
        """
        try:
            async with self._pool.connection() as conn:
                conn.patience = patience
                yield conn
        except _AWAY as error:
            self._look_over()
            raise Away("PostgreSQL does not answer; try again in a few seconds") from error

    @asynccontextmanager
    async def transaction(self, patience: float = 0.0) -> AsyncIterator[Connection]:
        """A transaction: committed at the end of the block, rolled back by any exception.

        Raises Away when the database went away, also during COMMIT, where the outcome is unknown.
        """
        async with self.connection(patience) as conn, conn.transaction():
            try:
                yield conn
            except BaseException:
                _hang_up_on_copy(conn)
                raise

    async def alive(self, within: float = 1.0) -> bool:
        """Whether the database answers within that many seconds."""
        if self._asking is None or self._asking.done():
            # One at a time, and not cancelled when it is late: that would wait for the server again.
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(lambda it: it.cancelled() or it.exception())
        done, _ = await asyncio.wait({self._asking}, timeout=within)
        return bool(done) and self._asking.exception() is None

    async def _ask(self) -> None:
        async with self.connection() as conn:
            await conn.execute("select 1")

    def _look_over(self) -> None:
        """One connection is dead, so the others may be: drop those before somebody is given one."""
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._pool.check())
            # A server that is still away is found out by whoever asks next.
            self._checking.add_done_callback(lambda it: it.cancelled() or it.exception())

    @property
    def stats(self) -> dict[str, Any]:
        """The pool's own figures: size, waiting requests, time spent waiting."""
        return self._pool.get_stats()
