"""The loops end when they are told to, whatever they were waiting for."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from shared.service.loops import Signal, forever, walk
from shared.sync.engine import SyncWorker

pytestmark = pytest.mark.anyio


class Swallowing:
    """Work that hears nothing of a cancellation, as `wait_for` does in the wrong moment."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    async def step(self) -> int:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return 0
        return 1

    async def lease(self) -> None:
        await self.step()


def repeating(it: Swallowing) -> Awaitable[None]:
    return forever("test", it.step, Signal(), idle=0.01)


def walking(it: Swallowing) -> Awaitable[None]:
    return walk(cast(SyncWorker, it), Signal(), lambda: False)


@pytest.mark.parametrize("loop", [repeating, walking])
async def test_a_loop_ends_although_its_cancellation_was_swallowed(
    loop: Callable[[Swallowing], Any],
) -> None:
    it = Swallowing()
    task = asyncio.ensure_future(loop(it))
    await it.begun.wait()
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=10)
    task.cancel()
    assert done
