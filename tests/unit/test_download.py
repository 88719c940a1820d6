"""Bodies that are passed on as they come, from a server on loopback that breaks off as told."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from shared.errors import (
    HubError,
    ItemGone,
    RateLimited,
    Reauthorize,
    Refused,
    TooLarge,
    Unavailable,
)
from shared.http.budget import MemoryBudget
from shared.http.client import HttpApi, open_client
from shared.provider import Download, Provider
from shared.types import Quota
from tests.fakes.loopback import Asked, Server, answer, loopback

pytestmark = pytest.mark.anyio

MB = 1 << 20
CUT = b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n"


@pytest.fixture
async def client(anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    """With one connection, so that a download that keeps it stops everything."""
    it = open_client(read=0.5)
    it._transport._pool._max_connections = 1  # type: ignore[attr-defined]
    yield it
    await it.aclose()


async def token(refused: str) -> str:
    return "new" if refused == "old" else "old"


async def now(_: float) -> None:
    """Sleep, in no time."""


def api(client: httpx.AsyncClient, server: Server, **facts: Any) -> HttpApi:
    acme = Provider(
        name="acme",
        title="Acme",
        port=1,
        base_url=server.url,
        sources=(),
        normalizers={},
        **facts.pop("facts", {}),
    )
    return HttpApi(client, acme, server.url, facts.pop("token", token), sleep=now, **facts)


async def read(it: Download, taken: list[bytes] | None = None) -> bytes:
    """All of it; what came before it broke off is in `taken`."""
    taken = [] if taken is None else taken
    async for chunk in it.chunks:
        taken.append(chunk)
    return b"".join(taken)


async def ended(it: HttpApi, largest: int = MB) -> bytes:
    async with it.stream("a", largest=largest) as download:
        return await read(download)


async def test_bytes_come_as_they_are_with_their_number_known_before(
    client: httpx.AsyncClient,
) -> None:
    async with loopback(answer(200, b"%PDF", content_type="application/pdf")) as server:
        it = api(client, server)
        async with it.stream("files/1", largest=4, alt="media") as download:
            assert (download.size, download.headers["content-type"]) == (4, "application/pdf")
            assert await read(download) == b"%PDF"
        async with it.stream("files/1", largest=4) as again:
            assert await read(again) == b"%PDF"
    assert server.connections == 1
    asked = server.asked[0]
    assert asked.target == "/files/1?alt=media"
    assert asked.headers["authorization"] == "Bearer old"
    assert (asked.headers["accept"], asked.headers["accept-encoding"]) == ("*/*", "identity")


async def test_a_large_body_is_never_held_whole(client: httpx.AsyncClient) -> None:
    """The server is ahead by what sockets hold, and the reader is given small chunks."""
    sent = 0

    async def large(_asked: Asked, writer: Any) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (200 * MB))
        for _ in range(200):
            writer.write(bytes(MB))
            await writer.drain()
            sent += MB

    taken, most, ahead = 0, 0, 0
    async with (
        loopback(large) as server,
        api(client, server).stream("a", largest=200 * MB) as download,
    ):
        async for chunk in download.chunks:
            taken, most = taken + len(chunk), max(most, len(chunk))
            ahead = max(ahead, sent - taken)
    assert taken == 200 * MB
    assert most <= 64 * 1024
    assert ahead < 32 * MB


async def test_what_says_that_it_is_too_large_is_refused_before_its_first_byte(
    client: httpx.AsyncClient,
) -> None:
    async with loopback(answer(200, bytes(MB + 1))) as server:
        with pytest.raises(TooLarge, match="larger than 1 MB"):
            async with api(client, server).stream("a", largest=MB):
                raise AssertionError("it was begun")
        assert len(server.asked) == 1
        server.script = [answer(200, b"x")]
        assert await ended(api(client, server)) == b"x"


async def test_what_turns_out_too_large_breaks_off(client: httpx.AsyncClient) -> None:
    async def endless(_asked: Asked, writer: Any) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"10000\r\n" + bytes(65_536) + b"\r\n")
            await writer.drain()

    taken: list[bytes] = []
    async with (
        loopback(endless) as server,
        api(client, server).stream("a", largest=MB) as download,
    ):
        assert download.size is None
        with pytest.raises(TooLarge):
            await read(download, taken)
    assert 0 < sum(map(len, taken)) <= MB


async def hang(_asked: Asked, writer: Any) -> None:
    writer.write(CUT + b"half")
    await asyncio.sleep(30)


async def cut(_asked: Asked, writer: Any) -> None:
    writer.write(CUT + b"half")
    await writer.drain()


async def cut_chunk(_asked: Asked, writer: Any) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n")
    await writer.drain()


@pytest.mark.parametrize("fault", [hang, cut, cut_chunk])
async def test_what_breaks_off_in_the_middle_never_looks_whole(
    client: httpx.AsyncClient, fault: Any
) -> None:
    taken: list[bytes] = []
    async with loopback(fault, answer(200, b"x")) as server:
        it = api(client, server)
        async with it.stream("a", largest=MB) as download:
            with pytest.raises(Unavailable, match="did not finish"):
                await read(download, taken)
        assert len(server.asked) == 1  # what was given is not asked for again
        assert await ended(it) == b"x"
    assert taken == [b"half"]


async def bare(_asked: Asked, writer: Any) -> None:
    writer.write(CUT)
    await writer.drain()


@pytest.mark.parametrize("fault", [bare, answer(503), answer(429, retry_after="1")])
async def test_only_until_the_first_byte_it_is_asked_for_again(
    client: httpx.AsyncClient, fault: Any
) -> None:
    async with loopback(fault, answer(200, b"x")) as server:
        assert await ended(api(client, server)) == b"x"
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("status", "error"), [(404, ItemGone), (400, Refused), (401, Reauthorize), (429, RateLimited)]
)
async def test_errors_have_their_names_before_the_first_byte(
    client: httpx.AsyncClient, status: int, error: type[HubError]
) -> None:
    bodies = []

    def dialect(it: Any) -> None:
        bodies.append(it.body)

    async with loopback(answer(status, b"why", retry_after="60")) as server:
        with pytest.raises(error):
            await ended(api(client, server, facts={"dialect": dialect}))
    assert set(bodies) == {b"why"}


async def test_a_refusal_with_a_200_is_told_by_its_first_bytes(client: httpx.AsyncClient) -> None:
    def dialect(it: Any) -> Exception | None:
        return ItemGone() if it.body == b"no" else None

    async with loopback(answer(200, b"no")) as server:
        with pytest.raises(ItemGone):
            await ended(api(client, server, facts={"dialect": dialect}))
        server.script = [answer(200, b"yes")]
        assert await ended(api(client, server)) == b"yes"


async def test_a_refused_token_is_renewed_once(client: httpx.AsyncClient) -> None:
    async with loopback(answer(401), answer(200, b"x")) as server:
        assert await ended(api(client, server)) == b"x"
        server.script = [answer(401)]
        with pytest.raises(Reauthorize):
            await ended(api(client, server))
    carried = [it.headers["authorization"] for it in server.asked]
    assert carried == ["Bearer old", "Bearer new"] * 2


async def test_a_reader_who_goes_away_frees_the_connection(client: httpx.AsyncClient) -> None:
    async with loopback(hang, hang, answer(200, b"x")) as server:
        it = api(client, server)
        async with it.stream("a", largest=MB) as download:
            assert await anext(download.chunks) == b"half"
        begun = asyncio.Event()

        async def abandoned() -> None:
            async with it.stream("a", largest=MB) as download:
                async for _ in download.chunks:
                    begun.set()

        task = asyncio.create_task(abandoned())
        async with asyncio.timeout(10):
            await begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await ended(it) == b"x"


async def test_a_download_is_redirected_on_its_own_origin_only(client: httpx.AsyncClient) -> None:
    async with (
        loopback(b"") as other,
        loopback(
            answer(302, location="/b"), answer(200, b"x"), answer(302, location=f"{other.url}/b")
        ) as server,
    ):
        it = api(client, server)
        assert await ended(it) == b"x"
        with pytest.raises(Refused, match="own host"):
            await ended(it)
        with pytest.raises(Refused, match="own host"):
            async with it.stream(f"{other.url}/a", largest=MB):
                pass
    assert other.connections == 0


async def test_what_was_packed_against_our_wish_is_not_unpacked(client: httpx.AsyncClient) -> None:
    packed = answer(200, gzip.compress(bytes(MB)), content_encoding="gzip")
    async with loopback(packed) as server:
        with pytest.raises(Refused, match="packed"):
            await ended(api(client, server))


async def test_a_download_counts_as_a_call_and_a_dead_host_is_left_alone(
    client: httpx.AsyncClient,
) -> None:
    facts = {"quotas": {"calls": Quota(1, 3600.0)}}
    budget = MemoryBudget(lambda: 0.0)
    async with loopback(answer(200, b"x")) as server:
        it = api(client, server, facts=facts, budget=budget, key="acme:a", interactive=True)
        assert await ended(it) == b"x"
        with pytest.raises(RateLimited):
            await ended(it)
        assert len(server.asked) == 1
        server.script = [answer(503)]
        for _ in range(3):
            with pytest.raises(Unavailable):
                await ended(api(client, server))
        assert len(server.asked) == 1 + 5
