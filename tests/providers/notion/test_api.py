"""The service's own endpoints, with the hub's part played by the test."""

from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import Any
from uuid import UUID

import pytest
from litestar import Router
from litestar.di import Provide
from litestar.testing import TestClient, create_test_client
from msgspec import json

from services.notion import writing
from services.notion.provider import provider
from shared.errors import Unavailable
from shared.normalizer import encode
from shared.service.problems import HANDLERS
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.notion.material import recorded, said, walk

RUN = UUID(int=7)
PAGE, ANA = "1f0a0000-0000-4000-8000-000000000001", "05e10000-0000-4000-8000-000000000001"
TABLE, BLOCK = "50c10000-0000-4000-8000-000000000001", "b10c0000-0000-4000-8000-000000000002"


class Hub:
    """The caller's account: an Api of recorded answers, and the runs that were started."""

    def __init__(self) -> None:
        self.api = FakeApi({})
        self.started: list[str] = []
        self.names = {ANA: "Ana A"}

    async def start(self, mode: str) -> UUID:
        self.started.append(mode)
        return RUN

    async def called(self, ids: Collection[str]) -> dict[str, str]:
        return {it: self.names[it] for it in ids if it in self.names}

    def answer(self, method: str, path: str, body: Any) -> None:
        self.api.answers[method, path] = body if callable(body) else Answer(body)


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def client(hub: Hub) -> Iterator[TestClient[Any]]:
    async def api() -> FakeApi:
        return hub.api

    async def start_sync() -> Callable[[str], Awaitable[UUID]]:
        return hub.start

    async def names() -> Callable[[Collection[str]], Awaitable[dict[str, str]]]:
        return hub.called

    given = {"api": api, "names": names, "start_sync": start_sync}
    dependencies = {name: Provide(it) for name, it in given.items()}
    mounted = Router("/api/v1", route_handlers=[*provider.routes], dependencies=dependencies)
    with create_test_client([mounted], exception_handlers=HANDLERS) as it:
        yield it


def page_of(name: str) -> Any:
    return recorded(name).answers[f"GET /pages/{PAGE}"]


@pytest.mark.anyio
async def test_a_page_is_read_as_it_is_published(hub: Hub, client: TestClient[Any]) -> None:
    for name in ("page_mentions", "row_every_property", "page_media", "page_deep"):
        it = recorded(name)
        hub.api = it.api
        (published,) = said(await walk("content", it.api, it.walked), hub.names)
        reply = client.get(f"/api/v1/pages/{PAGE.replace('-', '')}")
        assert json.encode(reply.json(), order="sorted") == json.encode(
            json.decode(encode(published)), order="sorted"
        )


def test_a_page_in_the_trash_is_not_there(hub: Hub, client: TestClient[Any]) -> None:
    hub.api = recorded("page_trash").api
    assert client.get(f"/api/v1/pages/{PAGE}").status_code == 404


def test_pages_and_databases_are_found_by_their_titles(hub: Hub, client: TestClient[Any]) -> None:
    table = recorded("data_source").answers[f"GET /data_sources/{TABLE}"]
    rows = [page_of("page_plain"), table, {"object": "page", "id": PAGE}]
    hub.answer("POST", "/search", {"results": rows, "next_cursor": "c1", "has_more": True})
    reply = client.get("/api/v1/search", params={"q": "Plan", "object": "page", "cursor": "c0"})
    found = reply.json()
    assert [(it["type"], it["title"]) for it in found["messages"]] == [
        ("page", "Plan Q1"),
        ("database", "Tasks"),
    ]
    assert found["next"] == "c1"
    assert found["messages"][0]["author"] == {"id": ANA, "name": "Ana A"}
    asked = json.decode(hub.api.asked[-1].body)
    assert asked["query"] == "Plan"
    assert asked["filter"] == {"property": "object", "value": "page"}
    assert asked["start_cursor"] == "c0"


def test_a_data_source_and_its_rows_are_read(hub: Hub, client: TestClient[Any]) -> None:
    hub.api = recorded("data_source").api
    assert client.get(f"/api/v1/databases/{TABLE}").json()["type"] == "database"
    found = client.get(f"/api/v1/databases/{TABLE}/rows", params={"limit": 2}).json()
    assert ([it["type"] for it in found["messages"]], found["next"]) == (["page", "page"], "c1")


def test_comments_are_read_and_written(hub: Hub, client: TestClient[Any]) -> None:
    hub.api = recorded("page_comments").api
    assert len(client.get(f"/api/v1/pages/{PAGE}/comments").json()["messages"]) == 5
    row = recorded("page_comments").answers["GET /comments"]["results"][0]
    hub.answer("POST", "/comments", row)
    done = client.post("/api/v1/comments", json={"page_id": PAGE, "text": "ok?"})
    assert (done.status_code, done.json()["type"], done.json()["parent_id"]) == (
        201,
        "comment",
        PAGE,
    )
    run = [{"type": "text", "text": {"content": "ok?"}}]
    assert hub.api.asked[-1].body == {"parent": {"page_id": PAGE}, "rich_text": run}
    client.post("/api/v1/comments", json={"discussion_id": PAGE, "text": "ok?"})
    assert hub.api.asked[-1].body == {"discussion_id": PAGE, "rich_text": run}


def test_a_page_is_made_changed_and_put_into_the_trash(hub: Hub, client: TestClient[Any]) -> None:
    hub.answer("POST", "/pages", page_of("page_plain"))
    hub.answer("PATCH", f"/pages/{PAGE}", page_of("page_plain"))
    wish = {"title": "Plan", "data_source_id": TABLE, "text": "One\n\nTwo"}
    properties = {"Done": {"checkbox": True}}
    made = client.post("/api/v1/pages", json={**wish, "properties": properties})
    assert (made.status_code, made.json()["id"]) == (201, PAGE)
    body = hub.api.asked[-1].body
    assert body["parent"] == {"data_source_id": TABLE}
    assert set(body["properties"]) == {"title", "Done"}
    assert [it["type"] for it in body["children"]] == ["paragraph", "paragraph"]
    assert client.patch(f"/api/v1/pages/{PAGE}", json={"in_trash": False}).status_code == 200
    assert hub.api.asked[-1].body == {"properties": {}, "in_trash": False}
    client.patch(f"/api/v1/pages/{PAGE}", json={"title": "New"})
    assert list(hub.api.asked[-1].body["properties"]) == ["title"]
    assert client.delete(f"/api/v1/pages/{PAGE}").status_code == 204
    assert hub.api.asked[-1].body == {"in_trash": True}


def test_22_long_text_is_split_and_no_sign_is_cut() -> None:
    text = "a" * 1999 + "🎯" * 1500
    runs = [it["text"]["content"] for it in writing.runs(text)]
    assert "".join(runs) == text
    assert all(len(it.encode("utf-16-le")) // 2 <= 2000 for it in runs)
    assert runs[0] == "a" * 1999
    many = writing.paragraphs("b" * 2000 * 101)
    assert [len(it["paragraph"]["rich_text"]) for it in many] == [100, 1]
    assert writing.paragraphs("\n\n\n") == []


def test_23_more_than_a_hundred_paragraphs_are_added_in_turns(
    hub: Hub, client: TestClient[Any]
) -> None:
    hub.answer("POST", "/pages", page_of("page_plain"))
    hub.answer("PATCH", f"/blocks/{PAGE}/children", {})
    text = "\n\n".join(f"p{n}" for n in range(250))
    client.post("/api/v1/pages", json={"title": "Long", "page_id": PAGE, "text": text})
    assert [len(it.body["children"]) for it in hub.api.asked] == [100, 100, 50]
    done = client.post(f"/api/v1/pages/{PAGE}/text", json={"text": text})
    assert done.json() == {"blocks": 250}
    calls = [0]

    def breaks(_: Call) -> Answer:
        calls[0] += 1
        if calls[0] > 1:
            raise Unavailable("a fault")
        return Answer({})

    hub.answer("PATCH", f"/blocks/{PAGE}/children", breaks)
    partly = client.post(f"/api/v1/pages/{PAGE}/text", json={"text": text})
    assert (partly.status_code, partly.json()["outcome"]) == (502, "unknown")
    assert "Only 100 paragraphs" in partly.json()["title"]
    made = client.post("/api/v1/pages", json={"title": "Long", "page_id": PAGE, "text": text})
    assert made.json()["outcome"] == "unknown"
    assert PAGE in made.json()["title"]


def test_where_a_file_is_just_now(hub: Hub, client: TestClient[Any]) -> None:
    rows = recorded("page_media").answers[f"GET /blocks/{PAGE}/children"]["results"]
    hub.answer("GET", f"/blocks/{BLOCK}", rows[1])
    hosted = client.get(f"/api/v1/blocks/{BLOCK}/file").json()
    assert hosted["url"].endswith("x-id=GetObject")
    assert hosted["expires_at"] == "2026-01-05T09:12:00.000Z"
    hub.answer("GET", f"/blocks/{BLOCK}", rows[0])
    assert client.get(f"/api/v1/blocks/{BLOCK}/file").json() == {
        "url": "https://example.org/cat.png"
    }
    for other in ({"type": "paragraph", "paragraph": {}}, {"type": "image", "image": 1}):
        hub.answer("GET", f"/blocks/{BLOCK}", other)
        assert client.get(f"/api/v1/blocks/{BLOCK}/file").status_code == 404
    hub.answer("GET", f"/blocks/{BLOCK}", {"object": "block"})
    assert client.get(f"/api/v1/blocks/{BLOCK}/file").status_code == 502


def test_people_are_listed_and_a_walk_is_started(hub: Hub, client: TestClient[Any]) -> None:
    person = {
        "object": "user",
        "id": ANA,
        "name": "Ana A",
        "type": "person",
        "person": {"email": "ana@example.com"},
    }
    hub.answer("GET", "/users", {"results": [person], "next_cursor": None, "has_more": False})
    (found,) = client.get("/api/v1/users").json()["users"]
    assert found == {"id": ANA, "name": "Ana A", "email": "ana@example.com"}
    started = client.post("/api/v1/sync/pages", json={"mode": "full"})
    assert (started.status_code, started.json()) == (202, {"run_ids": [str(RUN)]})
    assert hub.started == ["full"]


BAD: list[tuple[str, str, Any]] = [
    ("GET", "/pages/not-an-id", None),
    ("GET", "/pages/..%2Fusers", None),
    ("GET", f"/pages/{PAGE}%0A", None),
    ("GET", "/search?limit=101", None),
    ("GET", "/search?object=user", None),
    ("POST", "/pages", {"title": "nowhere"}),
    ("POST", "/pages", {"title": "both", "page_id": PAGE, "data_source_id": TABLE}),
    ("POST", "/pages", {"title": "x", "page_id": "../users"}),
    ("POST", "/pages", {"title": "x" * 2001, "page_id": PAGE}),
    ("POST", "/comments", {"text": "nowhere"}),
    ("POST", "/comments", {"text": "", "page_id": PAGE}),
    ("POST", f"/pages/{PAGE}/text", {"text": "x" * 100_001}),
    ("PATCH", f"/pages/{PAGE}", {"properties": {"A": 1}}),
    ("PATCH", f"/pages/{PAGE}", {"archived": True}),
    ("POST", "/sync/pages", {"mode": "backwards"}),
]


@pytest.mark.parametrize(("method", "path", "body"), BAD)
def test_what_cannot_be_is_refused_before_anybody_is_asked(
    hub: Hub, client: TestClient[Any], method: str, path: str, body: Any
) -> None:
    reply = client.request(method, f"/api/v1{path}", json=body)
    assert reply.status_code in (400, 404)
    assert reply.headers["content-type"] == "application/problem+json"
    assert hub.api.asked == []
