"""A provider's API over HTTP, against a server on loopback that misbehaves as told."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import NoneType
from typing import Any

import httpx
import msgspec
import pytest
from msgspec import structs
from structlog.testing import capture_logs

from shared.errors import (
    Changed,
    HubError,
    ItemGone,
    Late,
    ProviderError,
    RateLimited,
    Reauthorize,
    Refused,
    Unavailable,
    Unreadable,
)
from shared.http.budget import MemoryBudget
from shared.http.client import HttpApi, open_client
from shared.http.exchange import own
from shared.provider import Api, Content, Provider, Reply
from shared.telemetry.metrics import Metrics
from shared.types import Charge, Quota, Response
from tests.fakes.loopback import Asked, Server, answer, loopback

pytestmark = pytest.mark.anyio

TOKEN = "canary-token"
DEAD = "http://127.0.0.1:1"


class Thing(msgspec.Struct):
    """What the server answers with."""

    id: int


class Nap:
    """Sleeps that take no time and are remembered."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


async def token(refused: str) -> str:
    """A token that is renewed once it was refused."""
    return TOKEN + "-2" if refused == TOKEN else TOKEN


def provider(**facts: Any) -> Provider:
    """A provider of nothing."""
    return Provider(
        name="acme", title="Acme", port=1, base_url=DEAD, sources=(), normalizers={}, **facts
    )


def metered(quota: Quota, **facts: Any) -> Provider:
    """A provider that counts all calls alike."""
    return provider(quotas={"calls": quota}, **facts)


@pytest.fixture
async def client(anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    it = open_client(read=0.5)
    yield it
    await it.aclose()


@pytest.fixture
def nap() -> Nap:
    return Nap()


def api(client: httpx.AsyncClient, server: Server | str, nap: Nap, **options: Any) -> HttpApi:
    """An account's Api at the server."""
    base = server if isinstance(server, str) else server.url
    acme = options.pop("provider", provider())
    return HttpApi(client, acme, base, options.pop("token", token), sleep=nap, **options)


async def hang(_asked: Asked, _writer: Any) -> None:
    await asyncio.sleep(30)


async def reset(_asked: Asked, writer: Any) -> None:
    writer.transport.abort()


async def test_it_is_an_api(client: httpx.AsyncClient, nap: Nap) -> None:
    it: Api = api(client, DEAD, nap)
    assert it


async def test_a_read_carries_the_token_and_the_parameters(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    acme = provider(headers={"x-version": "7"})
    async with loopback(answer(200, {"id": 7})) as server:
        thing = await api(client, server.url + "/v1/", nap, provider=acme).get(
            "/things?a=1", Thing, b="x y"
        )
    assert thing.id == 7
    asked = server.asked[0]
    assert asked.target == "/v1/things?a=1&b=x+y"
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.headers["x-version"] == "7"


async def test_a_call_says_what_came_beside_the_token_of_its_account(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    async def extra() -> dict[str, str]:
        return {"root": "9"}

    def own(told: Mapping[str, str]) -> dict[str, str]:
        return {f"x-{name}": it for name, it in told.items()}

    acme = provider(headers={"x-version": "7", "x-root": "1"}, account_headers=own)
    async with loopback(answer(200, {"id": 7}), answer(200, {"id": 7})) as server:
        await api(client, server, nap, provider=acme, extra=extra).get("/things", Thing)
        await api(client, server, nap, provider=acme).get("/things", Thing)
    mine, nobodys = (it.headers for it in server.asked)
    assert (mine["x-version"], mine["x-root"]) == ("7", "9")
    assert (nobodys["x-version"], nobodys["x-root"]) == ("7", "1")
    assert mine["authorization"] == nobodys["authorization"] == f"Bearer {TOKEN}"


async def test_another_authorization_replaces_the_token(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    async with loopback(answer(200, {"id": 1})) as server:
        await api(client, server, nap, authorization="Basic YQ==").get("a", Thing)
        await api(client, server, nap, token=None).get("a", Thing)
    assert server.asked[0].headers["authorization"] == "Basic YQ=="
    assert "authorization" not in server.asked[1].headers


async def test_what_did_not_change_is_told_without_a_body(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    async with loopback(answer(200, {"id": 1}, ETag='"v1"'), answer(304)) as server:
        it = api(client, server, nap)
        first = await it.page("a", Thing)
        second = await it.page("a", Thing, etag=first.etag)
    assert first.data == Thing(1)
    assert second.data is None
    assert second.status == 304
    assert server.asked[1].headers["if-none-match"] == '"v1"'


async def test_pages_are_followed_by_their_link(client: httpx.AsyncClient, nap: Nap) -> None:
    async with loopback(
        answer(200, {"id": 1}, link='</a?page=2>; rel="next", </a?page=9>; rel="last"'),
        answer(200, {"id": 2}),
    ) as server:
        pages = [r.data async for r in api(client, server, nap).paginate("a", Thing, per_page=5)]
    assert pages == [Thing(1), Thing(2)]
    assert [asked.target for asked in server.asked] == ["/a?per_page=5", "/a?page=2"]


async def test_pages_that_go_in_a_circle_end(client: httpx.AsyncClient, nap: Nap) -> None:
    async with loopback(answer(200, {"id": 1}, link='</a?page=2>; rel="next"')) as server:
        with pytest.raises(Refused, match="circle"):
            async for _ in api(client, server, nap).paginate("a", Thing):
                pass
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "path",
    [
        "https://127.0.0.1:1/",
        "http://elsewhere.example/a",
        "{other}/a",
        "http://user:password@{host}/a",
    ],
)
async def test_the_token_goes_to_no_other_origin(
    client: httpx.AsyncClient, nap: Nap, path: str
) -> None:
    async with loopback(answer(200, {"id": 1})) as server, loopback(b"") as other:
        path = path.format(other=other.url, host=server.url[7:])
        with pytest.raises(Refused, match="own host"):
            await api(client, server, nap).get(path, Thing)
        with pytest.raises(Refused, match="own host"):
            await api(client, server, nap).send("POST", path, Thing)
    assert (server.connections, other.connections) == (0, 0)


async def test_a_link_to_another_origin_is_not_followed(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    async with loopback(b"") as other:  # noqa: SIM117 - the server names the other one
        async with loopback(answer(200, {"id": 1}, link=f'<{other.url}/>; rel="next"')) as server:
            with pytest.raises(Refused, match="own host"):
                async for _ in api(client, server, nap).paginate("a", Thing):
                    pass
    assert other.connections == 0


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_read_is_redirected_on_its_own_origin_only(
    client: httpx.AsyncClient, nap: Nap, status: int
) -> None:
    async with (
        loopback(b"") as other,
        loopback(
            answer(status, location="/b"),
            answer(200, {"id": 1}),
            answer(status, location=f"{other.url}/steal"),
        ) as server,
    ):
        it = api(client, server, nap)
        assert await it.get("a", Thing) == Thing(1)
        with pytest.raises(Refused, match="own host"):
            await it.get("a", Thing)
    assert other.connections == 0


async def test_a_write_of_what_was_read_says_which_version_that_was(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    async with loopback(answer(200, {"id": 1}), answer(412), answer(200, {"id": 1})) as server:
        it = api(client, server, nap)
        await it.send("PATCH", "a", Thing, {"x": 1}, etag='"v1"', notify="no")
        with pytest.raises(Changed):
            await it.send("PATCH", "a", Thing, {"x": 1}, etag='"v1"')
        await it.send("PATCH", "a", Thing, {"x": 1})
    assert [asked.headers.get("if-match") for asked in server.asked] == ['"v1"', '"v1"', None]
    assert server.asked[0].target == "/a?notify=no"


async def test_the_headers_of_a_writes_answer_are_told_to_who_asks_for_them(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    async with loopback(answer(201, x_restli_id="urn:li:share:1")) as server:
        made = await api(client, server, nap).send("POST", "a", Reply, {}, headers={"x-how": "so"})
    assert (made.status, made.headers["x-restli-id"]) == (201, "urn:li:share:1")
    assert server.asked[0].headers["x-how"] == "so"


async def test_a_body_that_is_not_json_goes_with_its_type(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    async with loopback(answer(200, {"id": 1})) as server:
        it = api(client, server, nap)
        await it.send("POST", "a", Thing, Content("message/rfc822", b"To: a"))
        await it.send("POST", "a", Thing, b"raw")
    kinds = [asked.headers["content-type"] for asked in server.asked]
    assert kinds == ["message/rfc822", "application/octet-stream"]
    assert server.asked[0].body == b"To: a"


async def test_a_read_by_post_is_repeated_and_given_as_it_came(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    async with loopback(answer(503), answer(200, {"id": 1}, etag="x")) as server:
        reply = await api(client, server, nap).query("batch", "multipart/mixed", b"--a--")
    assert (reply.status, reply.etag) == (200, "x")
    assert reply.data
    assert msgspec.json.decode(reply.data) == {"id": 1}
    again = server.asked[1]
    assert (again.method, again.body) == ("POST", b"--a--")
    assert again.headers["content-type"] == "multipart/mixed"


async def test_redirects_end_and_writes_are_not_redirected(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    async with loopback(answer(302, location="/again")) as server:
        with pytest.raises(Refused, match="more than 3"):
            await api(client, server, nap).get("a", Thing)
        assert len(server.asked) == 4
        with pytest.raises(Refused, match="not a read"):
            await api(client, server, nap).send("POST", "a", Thing, {"x": 1})
    assert len(server.asked) == 5


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Refused),
        (401, Reauthorize),
        (403, ItemGone),
        (404, ItemGone),
        (408, Unavailable),
        (409, Refused),
        (410, ItemGone),
        (412, Changed),
        (422, Refused),
        (429, RateLimited),
        (451, ItemGone),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
async def test_a_status_becomes_an_error_named_by_what_to_do(
    client: httpx.AsyncClient, nap: Nap, status: int, error: type[ProviderError]
) -> None:
    async with loopback(answer(status, {"message": "canary-body"})) as server:
        with pytest.raises(error) as caught:
            await api(client, server, nap).get("a", Thing)
    assert type(caught.value) is error
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({"retry_after": "17"}, 17),
        ({"retry_after": "0"}, 1),
        ({"retry_after": "-5"}, 60),
        ({"retry_after": "soon"}, 60),
        ({"retry_after": "9" * 400}, 86_400),
        ({}, 60),
        ({"retry_after": "86400"}, 86_400),
        ({"retry_after": "{date}"}, 90),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": "44"}, 44),
    ],
)
async def test_the_patience_that_is_asked_for_is_understood_in_every_form(
    client: httpx.AsyncClient, nap: Nap, header: dict[str, str], seconds: float
) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    said = {name: value.format(date=date) for name, value in header.items()}
    async with loopback(answer(429, **said)) as server:
        with pytest.raises(RateLimited) as caught:
            await api(client, server, nap, token=None).send("POST", "a", Thing)
    assert caught.value.retry_after == pytest.approx(seconds, abs=2)
    assert len(server.asked) == 1


async def test_a_forbidden_call_with_a_spent_allowance_is_a_rate_limit(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    said = {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "1900000000"}
    async with loopback(answer(403, **said), answer(403, retry_after="70")) as server:
        with pytest.raises(RateLimited):
            await api(client, server, nap).get("a", Thing)
        with pytest.raises(RateLimited):
            await api(client, server, nap).get("a", Thing)


async def test_a_short_wait_is_waited_in_place_once(client: httpx.AsyncClient, nap: Nap) -> None:
    async with loopback(
        answer(429, retry_after="3"), answer(200, {"id": 1}), answer(429, retry_after="3")
    ) as server:
        it = api(client, server, nap)
        assert await it.get("a", Thing) == Thing(1)
        assert nap.slept == [3]
        with pytest.raises(RateLimited):
            await it.get("a", Thing)
    assert len(server.asked) == 4


async def test_a_read_is_repeated_with_jitter_up_to_four_times(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    async with loopback(answer(500), answer(502), answer(200, {"id": 1}), answer(503)) as server:
        it = api(client, server, nap)
        with capture_logs() as lines:
            assert await it.get("secret-path?key=canary", Thing) == Thing(1)
        with pytest.raises(Unavailable):
            await it.get("a", Thing)
    assert len(server.asked) == 3 + 4
    assert len(nap.slept) == 2 + 3
    assert all(1 <= pause <= 60 for pause in nap.slept)
    assert [line["reason"] for line in lines] == ["Unavailable"] * 2
    assert "canary" not in str(lines)


@pytest.mark.parametrize(
    ("fault", "unknown"),
    [(hang, True), (reset, True), (answer(500), True), (answer(503), False), (answer(429), None)],
)
async def test_a_write_is_sent_once_whatever_happens(
    client: httpx.AsyncClient, nap: Nap, fault: Any, unknown: bool | None
) -> None:
    async with loopback(fault) as server:
        with pytest.raises(ProviderError) as caught:
            await api(client, server, nap).send("POST", "a", Thing, {"x": 1})
    assert len(server.asked) == 1
    assert getattr(caught.value, "unknown", None) is unknown
    assert server.asked[0].body == b'{"x":1}'


async def test_a_write_that_could_not_leave_is_known_not_to_have_happened(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    with pytest.raises(Unavailable) as caught:
        await api(client, DEAD, nap).send("POST", "a", Thing, {})
    assert caught.value.unknown is False


async def test_a_read_that_hangs_ends(client: httpx.AsyncClient, nap: Nap) -> None:
    async def drip(_asked: Asked, writer: Any) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)

    for fault in (hang, drip):
        async with loopback(fault) as server:
            with pytest.raises(Unavailable) as caught:
                await api(client, server, nap, total=0.7).get("a", Thing)
        assert caught.value.unknown is False
        assert len(server.asked) >= 1


async def test_an_endless_body_is_not_read_to_its_end(client: httpx.AsyncClient, nap: Nap) -> None:
    sent = 0

    async def endless(_asked: Asked, writer: Any) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b" " * 1_000_000)
            await writer.drain()
            sent += 1

    async with loopback(endless) as server:
        with pytest.raises(Refused, match="32 MB"):
            await api(client, server, nap).get("a", Thing)
    assert 32 <= sent < 60


async def test_a_bomb_is_measured_unpacked(client: httpx.AsyncClient, nap: Nap) -> None:
    bomb = gzip.compress(b" " * 40_000_000)
    async with loopback(answer(200, bomb, content_encoding="gzip")) as server:
        with pytest.raises(Refused, match="32 MB"):
            await api(client, server, nap).get("a", Thing)


@pytest.mark.parametrize(
    "fault",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-encoding: gzip\r\n\r\n{}",
        b"SMTP ready\r\n\r\n",
    ],
)
async def test_an_answer_that_is_not_whole_is_asked_for_again(
    client: httpx.AsyncClient, nap: Nap, fault: bytes
) -> None:
    async def broken(_asked: Asked, writer: Any) -> None:
        writer.write(fault)
        await writer.drain()

    async with loopback(broken, answer(200, {"id": 1})) as server:
        assert await api(client, server, nap).get("a", Thing) == Thing(1)
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("body", "error", "says"),
    [
        (b"<html>canary</html>", Unavailable, "not the JSON"),
        (b'{"id": 1', Unavailable, "not the JSON"),
        (b'{"id": "canary"}', Unreadable, "Expected `int`, got `str` at $.id"),
        (b'{"canary": 1}', Unreadable, "Object missing required field `id` at $"),
        (b'{"x": ' + b"[" * 5000, Unavailable, "not the JSON"),
        (b"", Unavailable, "not the JSON"),
    ],
)
async def test_an_odd_answer_names_the_field_and_not_what_was_there(
    client: httpx.AsyncClient, nap: Nap, body: bytes, error: type[HubError], says: str
) -> None:
    """No JSON at all is an error page or an answer cut short: asked again later, never given up on."""
    async with loopback(answer(200, body)) as server:
        with pytest.raises(error) as caught:
            await api(client, server, nap).get("a", Thing)
        if error is Unavailable:
            with pytest.raises(Unavailable) as unknown:
                await api(client, server, nap).send("POST", "a", Thing)
            assert unknown.value.unknown, "a write whose answer is cut short may have happened"
    assert says in str(caught.value)
    assert "canary" not in str(caught.value)
    assert caught.value.__suppress_context__


async def test_a_body_can_be_ignored_or_kept_as_it_is(client: httpx.AsyncClient, nap: Nap) -> None:
    async with loopback(answer(204), answer(200, b"\x00raw"), answer(200)) as server:
        it = api(client, server, nap)
        await it.send("DELETE", "a", NoneType)
        assert await it.get("a", bytes) == b"\x00raw"
        await it.send("POST", "a", NoneType, "token=1")
    assert server.asked[2].headers["content-type"] == "application/x-www-form-urlencoded"


async def test_a_refused_token_is_renewed_once(client: httpx.AsyncClient, nap: Nap) -> None:
    async with loopback(answer(401), answer(200, {"id": 1}), answer(401)) as server:
        it = api(client, server, nap)
        assert await it.send("POST", "a", Thing, {}) == Thing(1)
        assert [asked.headers["authorization"] for asked in server.asked] == [
            f"Bearer {TOKEN}",
            f"Bearer {TOKEN}-2",
        ]
        with pytest.raises(Reauthorize):
            await it.get("a", Thing)
        assert len(server.asked) == 4
        with pytest.raises(Reauthorize):
            await api(client, server, nap, authorization="Basic x").get("a", Thing)
    assert len(server.asked) == 5


async def test_the_dialect_is_asked_first_also_about_a_good_status(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    def dialect(it: Response) -> Exception | None:
        return RateLimited("slow down", retry_after=99) if b"ratelimited" in it.body else None

    acme = provider(dialect=dialect)
    async with loopback(
        answer(200, {"error": "ratelimited"}), answer(400, {"error": "ratelimited"})
    ) as server:
        for _ in range(2):
            with pytest.raises(RateLimited):
                await api(client, server, nap, provider=acme).get("a", Thing)


@pytest.mark.parametrize("status", [200, 400])
async def test_graphql_errors_are_refusals_or_limits(
    client: httpx.AsyncClient, nap: Nap, status: int
) -> None:
    limited = {"errors": [{"extensions": {"code": "RATELIMITED"}, "message": "canary"}]}
    wrong = {"data": None, "errors": [{"type": "NOT_FOUND", "message": "canary"}, {"type": 3}]}
    async with loopback(
        answer(200, {"data": {"id": 1}}), answer(status, limited), answer(status, wrong)
    ) as server:
        it = api(client, server, nap)
        assert await it.graphql("query { thing }", Thing, since="x") == Thing(1)
        with pytest.raises(RateLimited):
            await it.graphql("query { thing }", Thing)
        with pytest.raises(Refused) as caught:
            await it.graphql("query { thing }", Thing)
    assert "canary" not in str(caught.value)
    assert server.asked[0].target == "/graphql"
    assert msgspec.json.decode(server.asked[0].body)["variables"] == {"since": "x"}


async def test_a_graphql_query_is_repeated_and_a_mutation_is_not(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    async with loopback(answer(500), answer(200, {"data": {"id": 1}}), answer(500)) as server:
        it = api(client, server, nap)
        assert await it.graphql("query { a }", Thing) == Thing(1)
        with pytest.raises(Unavailable) as caught:
            await it.graphql("  mutation { a }", Thing)
    assert len(server.asked) == 3
    assert caught.value.unknown


async def test_background_calls_of_an_account_are_four_abreast(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    now = most = 0

    async def slow(_asked: Asked, writer: Any) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1
        writer.write(answer(200, {"id": 1}))
        await writer.drain()

    async with loopback(slow) as server:
        await asyncio.gather(
            *(api(client, server, nap, key="a").get("a", Thing) for _ in range(12))
        )
        assert most == 4
        most = 0
        eager = [api(client, server, nap, key="a", interactive=True) for _ in range(12)]
        await asyncio.gather(*(it.get("a", Thing) for it in eager))
    assert most > 4


@pytest.mark.parametrize("write", [False, True])
async def test_all_calls_of_a_request_end_together(client: httpx.AsyncClient, write: bool) -> None:
    """However they spend it: on a pause between tries, or on an answer that does not come."""

    async def for_ever(_: float) -> None:
        await asyncio.Event().wait()

    async with loopback(hang if write else answer(500)) as server:
        it = HttpApi(client, provider(), server.url, token, sleep=for_ever, within=0.2)
        with pytest.raises(Late, match=r"Acme did not answer within 0\.2 seconds") as caught:
            await (it.send("POST", "a", Thing) if write else it.get("a", Thing))
        with pytest.raises(Late):
            await it.get("b", Thing)
    assert caught.value.unknown == write
    assert "/b" not in [asked.target for asked in server.asked]


async def test_a_download_that_has_begun_is_not_cut_off(client: httpx.AsyncClient) -> None:
    going = asyncio.Event()

    async def slow(_asked: Asked, writer: Any) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na")
        await writer.drain()
        await going.wait()
        writer.write(b"b")
        await writer.drain()

    async with loopback(slow) as server:
        it = HttpApi(client, provider(), server.url, token, within=30)
        async with it.stream("a", largest=9) as download:
            it._deadline._began -= 30
            with pytest.raises(Late):
                await it.get("a", Thing)
            going.set()
            assert [chunk async for chunk in download.chunks] == [b"a", b"b"]


async def test_a_parameter_may_have_any_name(client: httpx.AsyncClient, nap: Nap) -> None:
    async with loopback(answer(200, {"id": 1})) as server:
        it = api(client, server, nap)
        await it.get("a", Thing, type="t", path="p")
        await it.page("a", Thing, type="t", path="p")
        await it.send("PUT", "a", Thing, type="t", path="p", method="m")
        async for _ in it.paginate("a", Thing, type="t", path="p"):
            pass
    told = [asked.target for asked in server.asked]
    assert told == ["/a?type=t&path=p"] * 2 + ["/a?type=t&path=p&method=m", "/a?type=t&path=p"]


async def test_a_host_that_fails_five_times_in_a_row_is_left_alone(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    clock = [0.0]
    client.gate._now = lambda: clock[0]  # type: ignore[attr-defined] # the clock of what was learnt
    async with loopback(answer(500)) as server:
        for _ in range(10):
            with pytest.raises(Unavailable):
                await api(client, server, nap).send("POST", "a", Thing)
        assert len(server.asked) == 5
        with pytest.raises(Unavailable):
            await api(client, server, nap).get("a", Thing)
        assert (len(server.asked), nap.slept) == (5, [])
        clock[0] = 30
        with pytest.raises(Unavailable):  # one tries, and that closes the door again
            await api(client, server, nap).get("a", Thing)
        with pytest.raises(Unavailable):
            await api(client, server, nap).get("a", Thing)
        assert len(server.asked) == 6
        clock[0] = 60
        server.script[:] = [answer(200, {"id": 1})]
        for _ in range(2):
            assert await api(client, server, nap).get("a", Thing) == Thing(1)
    assert len(server.asked) == 8


@pytest.mark.parametrize("spelled", ["x_ratelimit", "x_rate_limit", "ratelimit"])
async def test_the_last_tenth_is_left_to_calls_that_people_wait_for(
    client: httpx.AsyncClient, nap: Nap, spelled: str
) -> None:
    nearly = {
        f"{spelled}_limit": "100",
        f"{spelled}_remaining": "10",
        f"{spelled}_reset": "600",
    }
    async with loopback(answer(200, {"id": 1}, **nearly)) as server:
        assert await api(client, server, nap, key="a").get("a", Thing) == Thing(1)
        with pytest.raises(RateLimited) as caught:
            await api(client, server, nap, key="a").get("a", Thing)
        assert caught.value.retry_after == pytest.approx(600, abs=1)
        assert await api(client, server, nap, key="b").get("a", Thing) == Thing(1)
        assert await api(client, server, nap, key="a", interactive=True).get("a", Thing)
    assert len(server.asked) == 3


@pytest.mark.parametrize("status", [429, 403, 503])
async def test_a_wait_that_is_asked_for_pauses_the_account_for_everyone(
    client: httpx.AsyncClient, nap: Nap, status: int
) -> None:
    budget = MemoryBudget()
    async with loopback(answer(status, retry_after="50")) as server:
        it = api(client, server, nap, budget=budget, key="a")
        with pytest.raises(ProviderError):
            await it.send("POST", "a", Thing)
        other = api(client, server, nap, budget=budget, key="a", interactive=True)
        with pytest.raises(RateLimited) as caught:
            await other.get("a", Thing)
    assert caught.value.retry_after == pytest.approx(50, abs=1)
    assert len(server.asked) == 1


async def test_a_spent_budget_is_waited_for_if_that_is_short(
    client: httpx.AsyncClient,
) -> None:
    clock, slept = [0.0], []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    metrics = Metrics()
    budget = MemoryBudget(lambda: clock[0])
    async with loopback(answer(200, {"id": 1})) as server:
        for per, name in ((2.0, "short"), (20.0, "long")):
            it = HttpApi(
                client,
                metered(Quota(1, per)),
                server.url,
                token,
                budget=budget,
                key=name,
                metrics=metrics,
                sleep=sleep,
            )
            await it.get("a", Thing)
            if name == "short":
                await it.get("a", Thing)
            else:
                with pytest.raises(RateLimited) as caught:
                    await it.get("a", Thing)
    assert slept == [pytest.approx(2)]
    assert caught.value.retry_after == pytest.approx(20)
    assert b'self_rate_limit_wait_seconds_total{provider="acme"} 2.0' in metrics.render()


QUOTAS = {"reads": Quota(50, 60.0), "writes": Quota(100, 60.0)}


def by_path(method: str, path: str, body: bytes) -> Iterator[Charge]:
    """What calls cost: reads one, writes by the length of their body, and other paths nobody knows."""
    if path.startswith("/a"):
        yield Charge("reads") if method == "GET" else Charge("writes", len(body))


@pytest.mark.parametrize(
    ("path", "everything", "stopped"),
    [("a/1", False, ["a/1", "a/2"]), ("a/1", True, ["a/1", "a/2", "b"]), ("b", False, None)],
    ids=["a quota", "a limit on everything", "a call without a quota"],
)
async def test_a_refusal_stops_what_was_refused_and_no_more(
    client: httpx.AsyncClient,
    nap: Nap,
    path: str,
    everything: bool,
    stopped: list[str] | None,
) -> None:
    def dialect(it: Response) -> Exception | None:
        limited = RateLimited(retry_after=50, everything=everything)
        return limited if it.status == 429 else None

    acme = provider(quotas=QUOTAS, charges=by_path, dialect=dialect)
    async with loopback(answer(429), answer(200, {"id": 1})) as server:
        it = api(
            client, server.url + "/v1/", nap, provider=acme, budget=MemoryBudget(), key="acme:a"
        )
        with pytest.raises(RateLimited):
            await it.get(path, Thing)
        refused = []
        for other in ("a/1", "a/2", "b"):
            try:
                await it.get(other, Thing)
            except RateLimited:
                refused.append(other)
        write = it.send("POST", "a/1", Thing, b"12345")
        if everything or stopped is None:
            with pytest.raises(RateLimited, match="Acme's limit"):
                await write
        else:
            assert (await write).id == 1
    assert refused == (stopped or ["a/1", "a/2", "b"])


async def test_a_call_costs_what_the_provider_says(client: httpx.AsyncClient, nap: Nap) -> None:
    acme = provider(quotas=QUOTAS, charges=by_path)
    async with loopback(answer(200, {"id": 1})) as server:
        it = api(client, server, nap, provider=acme, budget=MemoryBudget(), key="a")
        await it.send("POST", "a", Thing, b"x" * 60)
        with pytest.raises(RateLimited) as caught:
            await it.send("POST", "a", Thing, b"x" * 60)
        assert caught.value.retry_after == pytest.approx(18, abs=1)
        await it.send("POST", "a", Thing, b"x" * 30)
    assert len(server.asked) == 2


async def test_what_only_an_answer_tells_of_its_price_is_taken_then(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    def rows(_method: str, _path: str, _body: bytes, it: Response) -> list[Charge]:
        return [Charge("dollars", len(it.body)), Charge("unknown", 1)]

    def asked(_method: str, _path: str, _body: bytes) -> list[Charge]:
        return [Charge("dollars", 0)]

    acme = provider(quotas={"dollars": Quota(10, 100)}, charges=asked, billed=rows)
    budget, metrics = MemoryBudget(), Metrics()
    async with loopback(answer(200, {"id": 12345})) as server:
        it = api(client, server, nap, provider=acme, budget=budget, key="a", metrics=metrics)
        await it.get("a", Thing)
        with pytest.raises(RateLimited) as caught:
            await it.get("a", Thing)
        server.script[:] = [answer(404)]
        with pytest.raises(ItemGone):
            await api(client, server, nap, provider=acme, budget=budget, key="b").get("a", Thing)
        assert (await budget.take("b/dollars", Quota(10, 100), 10, interactive=True)).wait == 0
    assert caught.value.retry_after == pytest.approx(40, abs=1), "three owed, and a tenth kept"
    assert b'self_billed_units_total{provider="acme",quota="dollars"} 13.0' in metrics.render()


async def test_accounts_that_the_provider_counts_as_one_share_their_quotas(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    async def whose() -> str:
        return "acme:workspace"

    budget = MemoryBudget()
    async with loopback(answer(429, retry_after="50")) as server:
        first, second = (
            api(
                client,
                server,
                nap,
                provider=metered(Quota(50, 60)),
                budget=budget,
                key=key,
                whose=whose,
            )
            for key in ("acme:1", "acme:2")
        )
        for it in (first, second):
            with pytest.raises(RateLimited):
                await it.get("a", Thing)
    assert len(server.asked) == 1


async def test_what_was_refused_is_seen_in_the_pace(client: httpx.AsyncClient, nap: Nap) -> None:
    acme = provider(quotas=QUOTAS, charges=by_path)
    async with loopback(answer(429, retry_after="50")) as server:
        it = api(client, server, nap, provider=acme, budget=MemoryBudget(), key="a")
        assert await it.pace("a") == 50 / 60
        with pytest.raises(RateLimited):
            await it.get("a", Thing)
        assert await it.pace("a") == 25 / 60
        assert await it.pace("b") == float("inf")
        slow = api(
            client,
            server,
            nap,
            provider=acme,
            quotas={"reads": Quota(1, 60)},
            budget=MemoryBudget(),
            key="a",
        )
        assert await slow.pace("a") == 1 / 60


async def test_calls_are_measured_by_what_they_came_to_and_never_by_url(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    metrics = Metrics()
    async with loopback(answer(200, {"id": 1}), answer(404)) as server:
        it = api(client, server, nap, metrics=metrics)
        await it.get("canary", Thing)
        with pytest.raises(ItemGone):
            await it.get("canary", Thing)
    text = metrics.render().decode()
    for outcome in ("Ok", "ItemGone"):
        assert (
            f'http_client_request_duration_seconds_count{{method="GET",outcome="{outcome}",provider="acme"}} 1.0'
            in text
        )
    assert "canary" not in text


@pytest.mark.parametrize("bad", ["line\nbreak-canary", "naïve-canary"])
async def test_a_token_that_is_no_header_is_not_quoted(
    client: httpx.AsyncClient, nap: Nap, bad: str
) -> None:
    async def odd(_refused: str) -> str:
        return bad

    async with loopback(answer(200, {"id": 1})) as server:
        with pytest.raises(Refused) as caught:
            await api(client, server, nap, token=odd).get("a", Thing)
    assert "canary" not in str(caught.value)
    assert caught.value.__suppress_context__
    assert server.asked == []


async def test_an_upload_goes_to_a_declared_host_and_carries_no_token(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    async def nobody(_refused: str) -> str:
        raise AssertionError("a token was asked for")

    async with loopback(answer(200, b"OK - 3")) as store, loopback(answer(200, b"OK")) as base:
        port = store.url.rpartition(":")[2]
        acme = provider(uploads=(f"http://{{host}}:{port}",), headers={"x-version": "7"})
        for options in ({}, {"token": nobody}, {"authorization": "Basic c2VjcmV0"}):
            its = api(client, base, nap, provider=acme, **options)
            await its.upload(f"{store.url}/up/1?ticket=x", b"abc")
            await its.upload(f"{base.url}/up/2", b"abc")
        for asked in (*store.asked, *base.asked):
            assert (asked.method, asked.body) == ("POST", b"abc")
            assert "authorization" not in asked.headers
        assert (len(store.asked), len(base.asked)) == (3, 3)
        for elsewhere in (
            "http://localhost:1/up",
            f"http://u@127.0.0.1:{port}/",
            "file:///up",
            "up",
            "http://[/",
        ):
            with pytest.raises(Refused):
                await its.upload(elsewhere, b"abc")
    moved = (301, 307)
    for status in moved:
        async with loopback(answer(status, location="/elsewhere")) as base:
            with pytest.raises(Refused):
                await api(client, base, nap, provider=acme).upload(f"{base.url}/up", b"abc")
            assert len(base.asked) == 1, "a write is not repeated elsewhere"


async def test_a_path_lives_on_its_own_host_until_another_base_url_is_configured(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    async with loopback(answer(200, {"id": 1})) as own, loopback(answer(200, {"id": 2})) as base:
        acme = structs.replace(provider(hosts={"/mail/": own.url}), base_url=base.url)
        its = api(client, base, nap, provider=acme)
        assert [(await its.get(it, Thing)).id for it in ("/mail/1", "/files/1")] == [1, 2]
        with pytest.raises(Refused):
            await its.get(own.url + "/mail/1", Thing)
        elsewhere = structs.replace(acme, base_url=DEAD)
        assert (await api(client, base, nap, provider=elsewhere).get("/mail/1", Thing)).id == 2


async def test_a_read_is_redirected_to_a_declared_host_without_the_token(
    client: httpx.AsyncClient, nap: Nap
) -> None:
    async with loopback(answer(302, location="/c"), answer(200, {"id": 1})) as other:
        there = f"{other.url}/b".replace("127.0.0.1", "localhost")
        async with loopback(answer(302, location=there)) as server:
            acme = provider(hosts={"/files/": there.removesuffix("/b")})
            assert await api(client, server, nap, provider=acme).get("a", Thing) == Thing(1)
    assert "authorization" in server.asked[0].headers
    assert [it.headers.get("authorization") for it in other.asked] == [None, None]


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://a.acme.test/x", True),
        ("https://a.b.acme.test/x", True),
        ("https://acme.test/x", False),
        ("https://evilacme.test/x", False),
        ("https://a.acme.test.evil/x", False),
        ("http://a.acme.test/x", False),
        ("https://a.acme.test:8443/x", False),
        ("https://me@a.acme.test/x", False),
    ],
)
def test_a_home_may_be_every_host_under_a_name(url: str, ours: bool) -> None:
    home = httpx.URL("https://*.acme.test/")
    if ours:
        assert own(httpx.URL(url), home) == url
    else:
        with pytest.raises(Refused):
            own(httpx.URL(url), home)
