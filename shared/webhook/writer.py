"""Deliveries on their way to disk, in groups.

Those that arrive while a commit is under way wait and are committed together, so that one process
takes far more of them than it can make commits.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextvars import Context

import structlog

from shared.errors import Away
from shared.store import inbox
from shared.store.database import Database
from shared.store.inbox import Arrived

log = structlog.get_logger()

MOST_AT_ONCE = 500
"""Deliveries in one INSERT."""

Waiting = tuple[Arrived, asyncio.Future[None]]


class Writer:
    """Stores deliveries in groups: one statement for all that came while the last one ran.

    Nobody waits longer than `timeout` seconds, not even for a database that says nothing at all.
    """

    def __init__(
        self, db: Database, provider: str, stored: Callable[[], None], timeout: float = 10.0
    ) -> None:
        self._db = db
        self._provider = provider
        self._stored = stored
        self._timeout = timeout
        self._waiting: list[Waiting] = []
        self._busy: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many deliveries wait for their commit."""
        return len(self._waiting)

    async def put(self, row: Arrived) -> None:
        """Return when the delivery is on disk; raises Away when that is not certain."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, done))
        if self._busy is None:
            # A group belongs to no one delivery's trace.
            self._busy = asyncio.create_task(self._write(), context=Context())
        await done

    async def _write(self) -> None:
        try:
            while self._waiting:
                group = self._waiting[:MOST_AT_ONCE]
                del self._waiting[:MOST_AT_ONCE]
                late = asyncio.create_task(self._give_up(group))
                try:
                    errors = await self._store([row for row, _ in group])
                finally:
                    late.cancel()
                for (_, done), error in zip(group, errors, strict=True):
                    if done.done():  # its sender went away, or was told to come again
                        continue
                    if error:
                        done.set_exception(error)
                    else:
                        done.set_result(None)
        finally:
            self._busy = None

    async def _give_up(self, group: Sequence[Waiting]) -> None:
        """While the database is silent, answer all who wait, again and again."""
        while True:
            await asyncio.sleep(self._timeout)
            kept, self._waiting = self._waiting, []
            for _, done in (*group, *kept):
                if not done.done():
                    done.set_exception(Away("PostgreSQL does not answer; send this one again"))

    async def _store(self, rows: Sequence[Arrived]) -> list[Exception | None]:
        try:
            async with self._db.connection() as conn:
                fresh = await inbox.put(conn, self._provider, rows)
        except Away as away:
            return [away] * len(rows)
        except Exception as error:  # one bad row must not take the others' answers with it
            if len(rows) > 1:
                return [outcome for row in rows for outcome in await self._store([row])]
            log.exception("a delivery could not be stored", provider=self._provider)
            return [Away(f"the delivery could not be stored: {type(error).__name__}")]
        if fresh:
            self._stored()
        return [None] * len(rows)
