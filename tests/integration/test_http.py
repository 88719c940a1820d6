"""Two replicas and one provider that says when to come back."""

import asyncio
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from shared.errors import RateLimited
from shared.http.budget import PostgresBudget
from shared.http.client import HttpApi, open_client
from shared.provider import Provider
from shared.store.database import Database
from tests.fakes.loopback import Asked, answer, loopback

pytestmark = pytest.mark.anyio

ACME = Provider(name="acme", title="Acme", port=1, base_url="", sources=(), normalizers={})


class Thing(msgspec.Struct):
    """What the server answers with."""

    id: int


async def test_two_replicas_call_at_most_once_in_a_retry_after_window(
    db: Database, database_url: str
) -> None:
    other = Database(database_url)
    await other.open()
    clients = [open_client(), open_client()]
    loop = asyncio.get_running_loop()
    refused: list[float] = []

    async def limited(asked: Asked, writer: Any) -> None:
        refused.append(loop.time())
        writer.write(answer(429, retry_after="1"))
        await writer.drain()

    async def work(it: HttpApi) -> None:
        while loop.time() < end:
            try:
                await it.get("a", Thing)
            except RateLimited as error:
                await asyncio.sleep(min(error.retry_after, 0.05))

    async with loopback(limited) as server:
        apis = [
            HttpApi(client, ACME, server.url, None, budget=PostgresBudget(base), key="acme:a")
            for client, base in zip(clients, (db, other), strict=True)
        ]
        with pytest.raises(RateLimited):  # so that both know: two first calls may cross
            await apis[0].send("POST", "a", Thing)
        end = loop.time() + 5
        await asyncio.gather(*(work(it) for it in apis * 3))
    for client in clients:
        await client.aclose()
    await other.close()
    pauses = [later - earlier for earlier, later in pairwise(refused)]
    assert len(refused) >= 3
    assert min(pauses) >= 1.0
