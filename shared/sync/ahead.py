"""Pages read while the last ones are being committed; what is there together is handed over together.

The order stays: whatever ends the reading is raised behind the last page that was read.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress

from shared.errors import Unreadable
from shared.types import Page

WAITING = 4
"""Pages read ahead of a commit, which bounds what a walk holds in memory."""

TOGETHER = 500
"""Records after which a group is full; one page is a group at least."""

LINGER = 0.025
"""Seconds that a group waits for its next page; reading goes on meanwhile, so a walk takes no longer."""

MOST_PAGES = 10_000
"""Pages of one walk; a provider whose pages never end is cut off here."""


class Reading:
    """One reading of a stream's pages. `until` is asked after every page; `cut` says that it said yes."""

    def __init__(self, pages: AsyncIterator[Page], until: Callable[[], bool]) -> None:
        self.cut = False
        self._pages = pages
        self._until = until
        self._ended: BaseException | None = None
        self._queue: asyncio.Queue[Page | None] = asyncio.Queue(WAITING)

    async def groups(self) -> AsyncGenerator[list[Page], None]:
        """Yield every page once and in order, in groups of those that come quickly.

        Raises what the reading raised, and Unreadable after `MOST_PAGES`. Closing it stops the reading.
        """
        reader = asyncio.create_task(self._read())
        try:
            more = True
            while more and (page := await self._queue.get()) is not None:
                group = [page]
                with suppress(TimeoutError):
                    async with asyncio.timeout(LINGER):
                        more = await self._fill(group)
                yield group
            if self._ended is not None:
                raise self._ended
        finally:
            reader.cancel()
            with suppress(asyncio.CancelledError):
                await reader

    async def _fill(self, group: list[Page]) -> bool:
        """Add what comes until the group is full; False when nothing more will come."""
        while sum(len(it.records) for it in group) < TOGETHER:
            if (page := await self._queue.get()) is None:
                return False
            group.append(page)
        return True

    async def _read(self) -> None:
        try:
            async with aclosing(self._pages) as listed:  # type: ignore[type-var]  # every pages() is a generator
                await self._follow(listed)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # also what ends the process: first comes what was read
            self._ended = error
        await self._queue.put(None)

    async def _follow(self, listed: AsyncIterator[Page]) -> None:
        number = 0
        async for page in listed:
            await self._queue.put(page)
            number += 1
            if number >= MOST_PAGES:
                raise Unreadable(f"no end after {MOST_PAGES} pages")
            if self._until():
                self.cut = True
                return
