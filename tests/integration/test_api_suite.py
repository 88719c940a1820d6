"""The fake API of the providers' tests and the real one over HTTP answer the same questions alike."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from msgspec import Struct, json

from shared.errors import ItemGone, TooLarge, Unreadable
from shared.http.client import HttpApi, open_client
from shared.provider import Api, Provider
from tests.fakes.api import Answer, Call, FakeApi, gone
from tests.fakes.loopback import Asked, answer, loopback

pytestmark = pytest.mark.anyio

ACME = Provider(name="acme", title="Acme", port=1, base_url="", sources=(), normalizers={})


class Thing(Struct):
    id: int


class Data(Struct):
    viewer: Thing


def things(call: Call) -> Answer:
    """Three pages, as the parameter says."""
    page = int(call.params.get("page", "1"))
    following = f"/things?page={page + 1}" if page < 3 else ""
    return Answer([{"id": page}], next=following, etag=f'"{page}"')


ANSWERS: dict[tuple[str, str], Any] = {
    ("GET", "/thing"): {"id": 1},
    ("GET", "/things"): things,
    ("GET", "/odd"): {"id": "one"},
    ("GET", "/gone"): gone,
    ("GET", "/file"): b"%PDF-1.7",
    ("POST", "/things"): lambda call: Answer({"id": call.body["id"] + 1}, status=201),
    ("DELETE", "/thing"): Answer(b"", status=204),
    ("GRAPHQL", "*"): lambda call: Answer({"viewer": {"id": call.body["n"]}}),
}


async def over_http(asked: Asked, writer: Any) -> None:
    """The same answers, from a server."""
    url = urlsplit(asked.target)
    said: Any = json.decode(asked.body) if asked.body else None
    etag = asked.headers.get("if-none-match", "")
    graphql = url.path == "/graphql"
    key = ("GRAPHQL", "*") if graphql else (asked.method, url.path)
    call = Call(asked.method, url.path, dict(parse_qsl(url.query)), said, etag)
    it = ANSWERS[key]
    try:
        if callable(it):
            it = it(Call(*call_of(call, said["variables"])) if graphql else call)
    except ItemGone:
        writer.write(answer(404, {}))
        return
    it = it if isinstance(it, Answer) else Answer(it)
    headers = {"etag": it.etag} if it.etag else {}
    if it.next:
        headers["link"] = f'<http://{asked.headers["host"]}{it.next}>; rel="next"'
    if etag and etag == it.etag:
        writer.write(answer(304, **headers))
    else:
        writer.write(answer(it.status, {"data": it.body} if graphql else it.body, **headers))
    await writer.drain()


def call_of(call: Call, variables: Mapping[str, Any]) -> tuple[Any, ...]:
    return (call.method, call.path, {}, variables)


@pytest.fixture(params=["fake", "real"])
async def api(request: pytest.FixtureRequest, anyio_backend: str) -> AsyncIterator[Api]:
    if request.param == "fake":
        yield FakeApi(ANSWERS)
        return
    async with loopback(over_http) as server, open_client() as client:
        yield HttpApi(client, ACME, server.url, None)


async def test_one_thing_is_read(api: Api) -> None:
    assert await api.get("/thing", Thing) == Thing(1)


async def test_pages_are_followed_to_their_end(api: Api) -> None:
    pages = [it async for it in api.paginate("/things", list[Thing], page=1)]
    assert [it.data for it in pages] == [[Thing(1)], [Thing(2)], [Thing(3)]]
    assert [bool(it.next) for it in pages] == [True, True, False]


async def test_a_page_that_did_not_change_is_not_sent_again(api: Api) -> None:
    first = await api.page("/things", list[Thing], page=2)
    again = await api.page("/things", list[Thing], etag=first.etag, page=2)
    assert (first.etag, first.data) == ('"2"', [Thing(2)])
    assert (again.data, again.status) == (None, 304)


async def test_what_is_not_there_is_gone(api: Api) -> None:
    with pytest.raises(ItemGone):
        await api.get("/gone", Thing)


async def test_bytes_are_read_as_they_come(api: Api) -> None:
    async with api.stream("/file", largest=8) as download:
        assert download.size == 8
        assert b"".join([it async for it in download.chunks]) == b"%PDF-1.7"
    with pytest.raises(TooLarge):
        async with api.stream("/file", largest=7):
            raise AssertionError("it was begun")
    with pytest.raises(ItemGone):
        async with api.stream("/gone", largest=8):
            raise AssertionError("it was begun")


async def test_another_shape_is_unreadable(api: Api) -> None:
    with pytest.raises(Unreadable):
        await api.get("/odd", Thing)


async def test_a_write_sends_its_body_once(api: Api) -> None:
    assert await api.send("POST", "/things", Thing, {"id": 4}) == Thing(5)


async def test_a_write_may_answer_nothing(api: Api) -> None:
    nothing: object = await api.send("DELETE", "/thing", type(None))
    assert nothing is None


async def test_graphql_gives_its_data(api: Api) -> None:
    assert await api.graphql("query { viewer }", Data, n=7) == Data(Thing(7))
