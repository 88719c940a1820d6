"""The loops that do the work: they end only when they are cancelled, and survive everything else."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from shared.errors import Away
from shared.sync.engine import SyncWorker

log = structlog.get_logger()

WALKS = 8
"""Walks at once in one process, per provider."""

_LONGEST = 3.0


class Signal:
    """Says that there is work; several calls before anybody looked count as one."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        """Wake whoever waits, or whoever will wait next."""
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Return when somebody called `set`, or after about that many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds * random.uniform(0.8, 1.2)):  # noqa: S311 - jitter
                await self._event.wait()
        self._event.clear()


async def forever(
    name: str, step: Callable[[], Awaitable[int]], signal: Signal, *, idle: float = 1.0
) -> None:
    """Repeat a step; after one that did nothing, wait for the signal or `idle` seconds."""
    failures = 0
    while not _stopping():
        try:
            if not await step():
                await signal.wait(idle)
            failures = 0
        except Exception as error:
            failures += 1
            await _pause(name, error, failures)


async def walk(worker: SyncWorker, signal: Signal, paused: Callable[[], bool]) -> None:
    """Keep up to `WALKS` walks going; begin none while `paused` says so."""
    running: set[asyncio.Task[None]] = set()
    failures = 0

    def ended(task: asyncio.Task[None]) -> None:
        running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("a walk broke off", error=str(error) or type(error).__name__)
        signal.set()

    try:
        while not _stopping():
            try:
                busy = len(running) >= WALKS or paused()
                unit = None if busy else await worker.lease()
                failures = 0
            except Exception as error:
                failures += 1
                await _pause("walks", error, failures)
                continue
            if unit is None:
                await signal.wait(1.0)
                continue
            task = asyncio.create_task(worker.run(unit))
            running.add(task)
            task.add_done_callback(ended)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _stopping() -> bool:
    """Whether this task was cancelled, also where what it awaited has swallowed that.

    `wait_for` of Python 3.11 does when its result comes in the same moment, and the pool waits by it.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _pause(name: str, error: Exception, failures: int) -> None:
    if isinstance(error, Away):
        log.warning("waiting", loop=name, error=str(error))
    else:
        log.error("a loop failed and goes on", loop=name, exc_info=error)
    await asyncio.sleep(random.uniform(0.5, 1.0) * min(_LONGEST, 2.0 ** min(failures, 6) / 4))  # noqa: S311 - jitter
