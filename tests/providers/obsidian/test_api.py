"""The service's own endpoints on a real folder, with the hub's part played by the test."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from litestar import Router
from litestar.di import Provide
from litestar.testing import TestClient, create_test_client
from msgspec import json

from services.obsidian import writing
from services.obsidian.facts import digest
from services.obsidian.provider import provider
from shared.errors import Changed
from shared.normalizer import encode
from shared.provider import Api
from shared.service.problems import HANDLERS
from tests.providers.obsidian.material import Vault, local, on_disk, said, walk

RUN = UUID(int=7)
STARTED: list[str] = []


@pytest.fixture
def place(tmp_path: Path) -> Path:
    it = Vault({}, ["Files/photo.png"])
    texts = {
        "a.md": "Alpha",
        "F/b.md": "---\nid: z1\n---\nBeta [[a]] ![[photo.png]]",
        "F/c.md": "Gamma",
    }
    for path, text in texts.items():
        it.write(path, text, 1_767_600_000_000.0)
    return on_disk(tmp_path, it)


@pytest.fixture
def client(place: Path) -> Iterator[TestClient[Any]]:
    async def api() -> Api:
        there: Api = local(place.parent)
        return there

    async def start(mode: str) -> UUID:
        STARTED.append(mode)
        return RUN

    async def start_sync() -> Callable[[str], Awaitable[UUID]]:
        return start

    given = {"api": api, "start_sync": start_sync}
    dependencies = {name: Provide(it) for name, it in given.items()}
    mounted = Router("/api/v1", route_handlers=[*provider.routes], dependencies=dependencies)
    with create_test_client([mounted], exception_handlers=HANDLERS) as it:
        yield it


@pytest.mark.anyio
async def test_a_note_is_read_as_it_is_published(place: Path, client: TestClient[Any]) -> None:
    for published in said(await walk(local(place.parent))):
        reply = client.get("/api/v1/note", params={"path": published.metadata["path"]})
        told = json.decode(encode(published))
        assert json.encode(reply.json(), order="sorted") == json.encode(told, order="sorted")


def test_notes_are_listed_page_by_page(client: TestClient[Any]) -> None:
    first = client.get("/api/v1/notes", params={"limit": 2}).json()
    assert [it["path"] for it in first["notes"]] == ["F/b.md", "F/c.md"]
    assert first["notes"][1] == {
        "path": "F/c.md",
        "changed": "2026-01-05T08:00:00+00:00",
        "size": 5,
    }
    rest = client.get("/api/v1/notes", params={"limit": 2, "after": first["next"]}).json()
    assert ([it["path"] for it in rest["notes"]], rest["next"]) == (["a.md"], "")
    inside = client.get("/api/v1/notes", params={"folder": "F/"}).json()
    assert len(inside["notes"]) == 2


def test_words_are_found(client: TestClient[Any]) -> None:
    assert client.get("/api/v1/search", params={"q": "gamma"}).json() == [
        {"path": "F/c.md", "contexts": ["Gamma"]}
    ]


def test_a_note_is_written_changed_added_to_and_removed(
    place: Path, client: TestClient[Any]
) -> None:
    made = client.post(
        "/api/v1/note", json={"path": "New/n.md", "text": "---\nx: 1 # kept\n---\nHi"}
    )
    assert (made.status_code, made.json()["title"]) == (201, "n")
    known = {"path": "New/n.md"}
    change = {"text": "Changed", "if_match": made.json()["metadata"]["sha256"]}
    assert client.put("/api/v1/note", params=known, json=change).json()["content"] == "Changed"
    added = client.post("/api/v1/note/text", params=known, json={"text": "- [ ] more"})
    assert added.json()["metadata"]["tasks_open"] == "1"
    assert (place / "New/n.md").read_text() == "Changed\n- [ ] more"
    assert client.delete("/api/v1/note", params=known).status_code == 204
    assert client.get("/api/v1/note", params=known).status_code == 404


def test_what_is_there_is_not_made_anew(place: Path, client: TestClient[Any]) -> None:
    made = client.post("/api/v1/note", json={"path": "a.md", "text": "Mine"})
    assert made.status_code == 412
    assert (place / "a.md").read_text() == "Alpha"


def test_what_is_not_there_is_not_added_to(client: TestClient[Any]) -> None:
    added = client.post("/api/v1/note/text", params={"path": "no.md"}, json={"text": "x"})
    assert added.status_code == 404


def test_30_what_somebody_else_changed_is_left_as_it_is(
    place: Path, client: TestClient[Any]
) -> None:
    params, known = {"path": "a.md"}, digest("What I read")
    changed = client.put("/api/v1/note", params=params, json={"text": "Mine", "if_match": known})
    removed = client.delete("/api/v1/note", params={**params, "if_match": known})
    assert (changed.status_code, removed.status_code) == (412, 412)
    assert (place / "a.md").read_text() == "Alpha"


@pytest.mark.anyio
async def test_30b_a_plugin_does_not_look_so_we_do() -> None:
    it = Vault({})
    it.write("a.md", "By somebody else")
    known = digest("What I read")
    for writing_ in (
        writing.change(it.api, "a.md", "Mine", known),
        writing.remove(it.api, "a.md", known),
    ):
        with pytest.raises(Changed):
            await writing_


def test_a_file_is_given_to_be_kept(place: Path, client: TestClient[Any]) -> None:
    (place / "Files/photo.png").write_bytes(b"\x89PNG")
    reply = client.get("/api/v1/file", params={"path": "Files/photo.png"})
    assert (reply.content, reply.headers["content-type"]) == (
        b"\x89PNG",
        "application/octet-stream",
    )
    assert reply.headers["content-disposition"].startswith("attachment")


def test_a_look_at_the_vault_is_started(client: TestClient[Any]) -> None:
    reply = client.post("/api/v1/sync/notes", json={"mode": "full"})
    assert (reply.status_code, reply.json()) == (202, {"run_ids": [str(RUN)]})
    assert STARTED[-1] == "full"


BAD = {
    "up": "../a.md",
    "inside and out": "F/../../a.md",
    "from the root": "/a.md",
    "quoted": "%2e%2e/a.md",
    "quoted twice": "F/%252e%252e/%252e%252e/a.md",
    "a quoted backslash": "F%5Cb.md",
    "hidden": ".obsidian/a.md",
    "the key": ".obsidian/self-integrations.key",
    "backslashes": "F\\b.md",
    "no note": "Files/photo.png",
    "an empty part": "F//b.md",
    "a part of a note": "a.md/heading/Alpha.md",
    "too long a name": "x" * 300 + ".md",
    "a line end": "a\n.md",
}


@pytest.mark.parametrize("path", BAD.values(), ids=BAD.keys())
def test_23_a_path_that_leads_elsewhere_is_refused(client: TestClient[Any], path: str) -> None:
    given: dict[str, Any] = {"params": {"path": path}}
    assert client.get("/api/v1/note", **given).status_code == 400
    assert client.delete("/api/v1/note", **given).status_code == 400
    assert client.post("/api/v1/note", json={"path": path, "text": "x"}).status_code == 400
    assert client.post("/api/v1/note/text", **given, json={"text": "x"}).status_code == 400
    change = {"text": "x", "if_match": "0" * 64}
    assert client.put("/api/v1/note", **given, json=change).status_code == 400
    if path != "Files/photo.png":
        assert client.get("/api/v1/file", **given).status_code in (400, 404)


@pytest.mark.parametrize(
    "body",
    [
        {"path": "n.md"},
        {"path": "n.md", "text": "x", "more": 1},
        {"path": "", "text": "x"},
        {"path": "n.md", "text": "x" * 1_000_001},
        {"path": 7, "text": "x"},
    ],
)
def test_a_body_of_another_shape_is_refused(client: TestClient[Any], body: Any) -> None:
    assert client.post("/api/v1/note", json=body).status_code == 400


def test_without_what_was_read_nothing_is_replaced(client: TestClient[Any]) -> None:
    for known in ({}, {"if_match": ""}, {"if_match": "x" * 64}):
        reply = client.put("/api/v1/note", params={"path": "a.md"}, json={"text": "x", **known})
        assert reply.status_code == 400
