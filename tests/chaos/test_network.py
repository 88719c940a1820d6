"""C5: the wires between a service and NATS, PostgreSQL and the provider are taken apart, one by one.

Two replicas reach all three through proxies. While a wire is bad webhooks keep coming and accounts are
connected; when it is good again everything must arrive by itself, once.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from msgspec import Struct

from tests.chaos.checker import check, read
from tests.chaos.sender import Sender
from tests.chaos.size import pick
from tests.chaos.truth import Fact
from tests.chaos.world import World, world
from tests.fakes.proxy import Fault, Proxy, proxy

pytestmark = [pytest.mark.anyio, pytest.mark.chaos, pytest.mark.timeout(1200)]

WALKED, HEARD = 200, 60
"""Facts of a feed that is walked, and of one that comes by webhook."""
HOLD = pick(1.5, 2.0, 5.0)
"""Seconds that a wire stays bad."""
RECOVERY = 60.0
"""Seconds within which everything must have arrived when the wire is good again."""
POOL = 10
"""Connections to PostgreSQL that a replica may have."""
GROWTH = 96 << 20
"""Bytes that a replica may grow by over all of it."""

WIRES = ("provider", "PostgreSQL", "NATS")
FAULTS: tuple[Fault, ...] = ("latency", "trickle", "blackhole", "reset", "half-open", "cut")
PLAN: list[tuple[str, Fault]] = pick(
    [
        ("PostgreSQL", "blackhole"),
        ("PostgreSQL", "half-open"),
        ("NATS", "cut"),
        ("provider", "cut"),
    ],
    [(wire, fault) for wire in WIRES for fault in FAULTS],
)


class Site(Struct):
    """A world whose replicas reach everything through proxies."""

    here: World
    wires: dict[str, Proxy]

    def memory(self) -> list[int]:
        """Bytes that each replica holds."""
        return [it.memory for it in self.here.replicas]


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    """Two replicas behind three good wires."""
    async with AsyncExitStack() as stack:
        wires = {name: await stack.enter_async_context(proxy()) for name in WIRES}
        ways = iter(wires.values())
        here = await stack.enter_async_context(
            world(
                feeds=(),
                size=WALKED,
                syncing=False,
                through=lambda url: next(ways).before(url),
                environ={"CHAOS_SILENCE": "4"},
            )
        )
        await here.answering()
        yield Site(here, wires)


async def test_a_bad_wire_loses_nothing_and_mends_by_itself(
    record_property: Callable[[str, object], None],
) -> None:
    async with site() as it:
        grown = it.memory()
        for number, (wire, fault) in enumerate(PLAN):
            took = await suffer(it, f"{number}", it.wires[wire], fault)
            record_property(f"recovery from {fault} of {wire}", took)
        truth = {f"heard-{number}": range(HEARD) for number in range(len(PLAN))}
        truth |= {f"walked-{number}": range(WALKED) for number in range(len(PLAN))}
        verdict = check(await read(it.here.nats_url), truth)
        wrong = [*verdict.lost, *verdict.invented, *verdict.duplicated]
        wrong += [fact for fact in verdict.inverted if fact[0].startswith("walked")]
        assert not wrong, it.here.told(verdict)
        assert it.wires["PostgreSQL"].most <= 2 * (POOL + 4)
        assert max(b - a for a, b in zip(grown, it.memory(), strict=True)) < GROWTH


async def suffer(it: Site, name: str, wire: Proxy, fault: Fault) -> float:
    """Let one fault happen; return in how many seconds everything was there after it."""
    sender = Sender(it.here.urls, random.Random(name))
    total = await it.here.published() + WALKED + HEARD
    await it.here.connect(f"heard-{name}", syncing=False)
    wire.break_(fault)
    await it.here.connect(f"walked-{name}", syncing=True)
    facts = [Fact(f"heard-{name}", n) for n in range(HEARD)]
    sending = asyncio.create_task(sender.send_all(facts))
    await asyncio.sleep(HOLD)
    if fault == "blackhole" and wire is it.wires["PostgreSQL"]:
        assert not await it.here.ready(it.here.urls[0])
    wire.break_("")
    began = time.monotonic()
    async with asyncio.timeout(RECOVERY):
        await sending
    assert not sender.rude
    assert not sender.answers[0], "nobody was left without an answer"
    await it.here.arrive(total, RECOVERY)
    await it.here.answering()
    return round(time.monotonic() - began, 1)
