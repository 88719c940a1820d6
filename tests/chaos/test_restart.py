"""C9: replicas are replaced one after another under a steady stream of webhooks, and no sender notices.

A balancer of connections stands before two replicas and forgets one before it is told to stop, as an
orchestrator does. What such a replica is in the middle of, it finishes.
"""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from urllib.parse import urlsplit

import httpx
import pytest

from tests.chaos.checker import check, read
from tests.chaos.sender import Sender, signed
from tests.chaos.size import pick
from tests.chaos.truth import Fact
from tests.chaos.world import SEED, world
from tests.fakes.proxy import proxy

pytestmark = [pytest.mark.anyio, pytest.mark.chaos, pytest.mark.timeout(600)]

RATE = 100
"""Webhooks a second."""
ROUNDS = pick(1, 2, 5)
"""How often each replica is replaced."""
GOODBYE = 1.0
"""Seconds between the last new connection and SIGTERM."""
HANG = pick(False, True)
"""Whether somebody hangs on to each: it is let go after the ten seconds that a body may take."""
HALF = 0.5
"""Seconds after it that the second half of a delivery comes."""
EXIT = 25.0
"""Seconds within which a replica that was told to stop is gone, whatever hangs on to it."""


async def test_replicas_are_replaced_and_no_sender_notices() -> None:
    async with proxy() as balancer, world(feeds=("f", "slow"), size=0, syncing=False) as here:
        await here.answering()
        for url in here.urls:
            balancer.before(url)
        sender = Sender([f"http://127.0.0.1:{balancer.port}"], random.Random(SEED))
        done = asyncio.Event()
        sending = asyncio.create_task(steadily(sender, done))
        slow = 0
        for replica, url in [*zip(here.replicas, here.urls, strict=True)] * ROUNDS:
            balancer.forget(url)
            await asyncio.sleep(GOODBYE)
            with hung(url) if HANG else nullcontext():
                assert await finished(url, Fact("slow", slow), partial(replica.end, EXIT)) == 200
            slow += 1
            replica.start()
            await here.answering()
            balancer.before(url)
        done.set()
        sent = await sending
        assert sender.answers == {200: sent}
        await here.arrive(sent + slow)
        verdict = check(await read(here.nats_url), {"f": range(sent), "slow": range(slow)})
        assert not [*verdict.lost, *verdict.invented, *verdict.duplicated], here.told(verdict)
        # Teeth: what is killed instead finishes nothing.
        with pytest.raises(httpx.TransportError):
            await finished(here.urls[0], Fact("slow", slow), here.replicas[0].kill)


@contextmanager
def hung(url: str) -> Iterator[None]:
    """Somebody who never comes to the end of a delivery."""
    at = urlsplit(url)
    with socket.create_connection((at.hostname, at.port)) as wire:
        wire.sendall(b"POST /webhook HTTP/1.1\r\nhost: hub\r\ncontent-length: 99\r\n\r\n{")
        yield


async def steadily(sender: Sender, done: asyncio.Event) -> int:
    """Send so many a second, each on a connection of its own; return how many it were."""
    loop, number = asyncio.get_running_loop(), 0
    began = loop.time()
    limits = httpx.Limits(max_keepalive_connections=0)
    async with (
        httpx.AsyncClient(timeout=30, limits=limits, trust_env=False) as client,
        asyncio.TaskGroup() as group,
    ):
        while not done.is_set():
            group.create_task(sender.send(client, sender.urls[0], Fact("f", number)))
            number += 1
            await asyncio.sleep(max(0.0, began + number / RATE - loop.time()))
    return number


async def finished(url: str, fact: Fact, end: Callable[[], object]) -> int:
    """End a replica in the middle of a delivery; return the status that this one was answered with.

    Raises httpx.TransportError when it was not, TimeoutExpired when the replica does not end.
    """
    begun, told = asyncio.Event(), asyncio.Event()
    body, headers = signed(fact)

    async def halves() -> AsyncIterator[bytes]:
        yield body[:5]
        begun.set()
        await told.wait()
        yield body[5:]

    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        post = client.post(f"{url}/webhook", content=halves(), headers=headers)
        sending = asyncio.create_task(post)
        await begun.wait()
        ending = asyncio.create_task(asyncio.to_thread(end))
        await asyncio.sleep(HALF)
        told.set()
        assert not await ending, "it ended as one that was asked to"
        return (await sending).status_code
