"""The service's own endpoints, with the hub's part played by the test."""

from base64 import b64encode
from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

import pytest
from litestar import Router
from litestar.di import Provide
from litestar.testing import TestClient, create_test_client
from msgspec import json

from services.dropbox.api import LARGEST, ROUTES
from services.dropbox.calls import LIST
from services.dropbox.dialect import Linked, NotThere
from services.dropbox.provider import provider
from services.dropbox.writing import LINKS
from shared.errors import Changed, ItemGone, Refused, Unavailable
from shared.normalizer import encode
from shared.provider import Content
from shared.service.problems import HANDLERS
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.dropbox import material as its
from tests.providers.dropbox.material import ANA, recorded

RUN = UUID(int=7)
FILE = "id:a4ayc_80_OEAAAAAAAAAXw"
HERE = f"/api/v1/files/{FILE}"
DOWNLOAD, EXPORT = ("GET", "/2/files/download"), ("GET", "/2/files/export")
REV = "0162a1b2c3d4e50000000012345678"


@pytest.fixture
def api() -> FakeApi:
    return FakeApi({})


@pytest.fixture
def client(api: FakeApi) -> Iterator[TestClient[Any]]:
    async def start(_mode: str) -> UUID:
        return RUN

    async def called(ids: Collection[str]) -> dict[str, str]:
        return {it: "Ana Ames" for it in ids if it == ANA}

    given = {"api": lambda: api, "names": lambda: called, "start_sync": lambda: start}
    dependencies = {name: Provide(it, sync_to_thread=False) for name, it in given.items()}
    mounted = Router("/api/v1", route_handlers=ROUTES, dependencies=dependencies)
    with create_test_client([mounted], exception_handlers=HANDLERS) as it:
        yield it


def row(name: str) -> Any:
    return recorded(f"file/{name}")["file"]


def arg(api: FakeApi) -> Any:
    """The argument of the last call."""
    last = api.asked[-1]
    return json.decode(last.body or last.params["arg"].encode())


def test_a_folder_is_listed_page_by_page(api: FakeApi, client: TestClient[Any]) -> None:
    entries = [row("shared"), recorded("folder/mount"), its.deleted("/x")]
    api.answers["POST", LIST] = its.page(*entries, cursor="AAF", more=True)
    found = client.get("/api/v1/files", params={"folder": "/Team", "limit": 3}).json()
    assert [it["title"] for it in found["items"]] == ["Plan.pdf", "Team"]
    assert found["items"][0]["author"] == {"id": ANA, "name": "Ana Ames"}
    assert found["items"][1]["metadata"]["kind"] == "folder"
    assert found["next"] == "AAF"
    assert arg(api) == {"path": "/Team", "limit": 3}
    api.answers["POST", f"{LIST}/continue"] = its.page(cursor="AAG")
    assert client.get("/api/v1/files", params={"place": "AAF"}).json() == {"items": [], "next": ""}
    assert arg(api) == {"cursor": "AAF"}


@pytest.mark.parametrize("name", ["plain", "mount", "inside", "deprecated", "unmounted"])
def test_a_folder_is_shown_as_a_message(api: FakeApi, client: TestClient[Any], name: str) -> None:
    api.answers["POST", its.METADATA] = recorded(f"folder/{name}")
    found = client.get(HERE).json()
    assert (found["type"], found["metadata"]["kind"]) == ("file", "folder")
    assert found["id"] == recorded(f"folder/{name}")["id"]


def test_words_are_searched_and_doubles_left_out(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers["POST", "/2/files/search_v2"] = recorded("api/search_v2")
    found = client.get("/api/v1/files/search", params={"q": "plan ü"}).json()
    assert [it["title"] for it in found["items"]] == ["Plan.pdf", "Team"]
    assert arg(api) == {"query": "plan ü", "options": {"max_results": 50}}
    rest = {"matches": [], "has_more": False}
    api.answers["POST", "/2/files/search/continue_v2"] = rest
    more = client.get("/api/v1/files/search", params={"q": "x", "place": found["next"]}).json()
    assert more == {"items": [], "next": ""}


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["text", "shared", "paper", "gdoc", "emoji", "unmounted"])
async def test_a_file_is_read_as_it_is_published(
    api: FakeApi, client: TestClient[Any], name: str
) -> None:
    text = recorded(f"file/{name}")["text"]
    dropbox = its.Dropbox({"": its.page(row(name))})
    dropbox.texts = {f"rev:{REV}": text.encode(), row(name)["id"]: text.encode()}
    (page,) = await its.walk(dropbox)
    directory = provider.directory
    assert directory
    (record,) = page.records
    known = {it: page.names[it] for it in directory.ids(record)}
    (published,) = its.told([directory.put(record, known) if known else record])
    api.answers = {**dropbox.answers, ("POST", its.METADATA): row(name)}
    assert json.encode(client.get(HERE).json(), order="sorted") == json.encode(
        json.decode(encode(published)), order="sorted"
    )


def test_bytes_are_passed_on_and_never_shown(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers["POST", its.METADATA] = row("emoji")
    api.answers[DOWNLOAD] = Answer(b"\x00\x01" * 40)
    reply = client.get(f"{HERE}/content")
    assert reply.content == b"\x00\x01" * 40
    assert reply.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%F0")
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert arg(api) == {"path": FILE}
    assert api.streaming == 0


def test_17_names_beyond_ascii_are_asked_for_in_ascii(
    api: FakeApi, client: TestClient[Any]
) -> None:
    api.answers["POST", "/2/files/upload"] = row("emoji")
    body = {"path": "/Fête 🎉\x7f.md", "data": b64encode(b"hi").decode()}
    assert client.post("/api/v1/files", json=body).status_code == 201
    (call,) = api.asked
    assert call.params["arg"].isascii()
    assert json.decode(call.params["arg"])["path"] == "/Fête 🎉\x7f.md"


def test_20_a_document_without_bytes_is_given_in_another_format(
    api: FakeApi, client: TestClient[Any]
) -> None:
    api.answers["POST", its.METADATA] = row("gdoc")
    api.answers[EXPORT] = Answer(b"docx")
    assert client.get(f"{HERE}/content").content == b"docx"
    assert arg(api) == {"path": FILE}
    reply = client.get(f"{HERE}/content", params={"format": "pdf"})
    assert reply.headers["content-disposition"].endswith("Notes.gdoc.pdf")
    assert arg(api) == {"path": FILE, "export_format": "pdf"}
    api.answers["POST", its.METADATA] = row("not_exportable")
    assert client.get(f"{HERE}/content").status_code == 400


def test_21_a_link_for_four_hours_is_fetched_when_it_is_asked_for(
    api: FakeApi, client: TestClient[Any]
) -> None:
    link = "https://ucabc123456.dl.dropboxusercontent.com/cd/0/get/abc/file"
    api.answers["POST", "/2/files/get_temporary_link"] = {"metadata": row("pdf"), "link": link}
    assert client.get(f"{HERE}/link").json() == {"url": link, "expires_in": 14_400}
    api.answers["POST", "/2/files/get_temporary_link"] = NotThere()
    assert client.get(f"{HERE}/link").status_code == 404


def test_what_is_too_large_or_a_folder_is_not_passed_on(
    api: FakeApi, client: TestClient[Any]
) -> None:
    api.answers["POST", its.METADATA] = {**row("pdf"), "size": LARGEST + 1}
    assert client.get(f"{HERE}/content").status_code == 413
    api.answers["POST", its.METADATA] = recorded("folder/plain")
    assert client.get(f"{HERE}/content").status_code == 400
    api.answers["POST", its.METADATA] = row("pdf")
    api.answers[DOWNLOAD] = ItemGone()
    assert client.get(f"{HERE}/content").status_code == 404


def test_versions_are_told_across_moves(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers["POST", its.REVISIONS] = recorded("api/list_revisions")
    found = client.get(f"{HERE}/revisions").json()
    assert (found["is_deleted"], found["revisions"][0]["id"]) == (True, "id:old1")
    assert arg(api) == {"path": FILE, "mode": "id", "limit": 10}


def saved(client: TestClient[Any], **more: Any) -> Any:
    return client.post(
        "/api/v1/files", json={"path": "/a.txt", "data": b64encode(b"hi").decode(), **more}
    )


def test_22_nothing_is_overwritten_unless_that_was_said(
    api: FakeApi, client: TestClient[Any]
) -> None:
    api.answers["POST", "/2/files/upload"] = {
        key: it for key, it in row("text").items() if key != ".tag"
    }
    assert saved(client).json()["title"] == "Prime_Numbers.txt"
    assert api.asked[-1].body == Content("application/octet-stream", b"hi")
    modes = [json.decode(api.asked[-1].params["arg"])["mode"]]
    for more in ({"replace": True}, {"rev": REV}):
        saved(client, **more)
        modes.append(json.decode(api.asked[-1].params["arg"])["mode"])
    assert modes == ["add", "overwrite", {".tag": "update", "update": REV}]
    assert saved(client, replace=True, rev=REV).status_code == 400
    api.answers["POST", "/2/files/upload"] = Changed("Something else is there already.")
    assert saved(client, rev=REV).status_code == 412
    api.answers["POST", "/2/files/upload"] = Unavailable(unknown=True)
    assert saved(client).json()["outcome"] == "unknown"


def test_folders_are_made_and_things_moved_copied_and_deleted(
    api: FakeApi, client: TestClient[Any]
) -> None:
    untagged = {key: it for key, it in recorded("folder/plain").items() if key != ".tag"}
    api.answers["POST", "/2/files/create_folder_v2"] = {"metadata": untagged}
    made = client.post("/api/v1/folders", json={"path": "/Homework/math"})
    assert (made.status_code, made.json()["metadata"]["kind"]) == (201, "folder")
    for what in ("move", "copy"):
        api.answers["POST", f"/2/files/{what}_v2"] = {"metadata": row("pdf")}
        done = client.post(f"{HERE}/{what}", json={"to": "/b.pdf", "rename": True})
        assert done.json()["id"] == FILE
        assert api.asked[-1].body == {"from_path": FILE, "to_path": "/b.pdf", "autorename": True}
    api.answers["POST", "/2/files/delete_v2"] = {"metadata": row("pdf")}
    assert client.delete(HERE).status_code == 204
    assert api.asked[-1].body == {"path": FILE}
    client.delete(HERE, params={"rev": REV})
    assert api.asked[-1].body == {"path": FILE, "parent_rev": REV}


def test_a_revision_is_brought_back(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers["POST", "/2/files/restore"] = {
        key: it for key, it in row("text").items() if key != ".tag"
    }
    wish = {"path": "/a.txt", "rev": REV}
    assert client.post("/api/v1/files/restore", json=wish).json()["type"] == "file"
    assert api.asked[-1].body == wish


def test_23_a_file_is_shared_once_and_the_link_that_is_there_is_told(
    api: FakeApi, client: TestClient[Any]
) -> None:
    link, create = recorded("api/shared_link"), "/2/sharing/create_shared_link_with_settings"
    api.answers["POST", create] = link
    told = {"url": link["url"], "name": link["name"], "expires": None}
    assert client.post(f"{HERE}/shared-links").json() == told
    api.answers |= {
        ("POST", create): Linked(),
        ("POST", LINKS): {"links": [link], "has_more": False},
    }
    assert client.post(f"{HERE}/shared-links").json() == told
    assert client.get(f"{HERE}/shared-links").json() == {"links": [told]}
    assert arg(api) == {"path": FILE, "direct_only": True}
    api.answers["POST", LINKS] = {"links": [], "has_more": False}
    assert client.post(f"{HERE}/shared-links").status_code == 502
    api.answers["POST", "/2/sharing/revoke_shared_link"] = None
    ended = client.post("/api/v1/shared-links/revoke", json={"url": link["url"]})
    assert ended.status_code == 204


def test_what_dropbox_refuses_is_said_in_a_sentence(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers["POST", its.METADATA] = Refused("The account is suspended at Dropbox.")
    reply = client.get(HERE)
    assert (reply.status_code, reply.json()["title"]) == (
        502,
        "The account is suspended at Dropbox.",
    )


def test_a_walk_is_started(client: TestClient[Any]) -> None:
    started = client.post("/api/v1/sync/files", json={"mode": "full"})
    assert (started.status_code, started.json()) == (202, {"run_ids": [str(RUN)]})
    assert client.post("/api/v1/sync/files").status_code == 202


BAD: list[tuple[str, str, Any]] = [
    ("GET", "/files?folder=Team", None),
    ("GET", "/files?folder=/", None),
    ("GET", "/files?folder=/a/", None),
    ("GET", "/files?folder=/a%0Ab", None),
    ("GET", "/files?folder=ns:1", None),
    ("GET", "/files?limit=101", None),
    ("GET", "/files?place=a%20b", None),
    ("GET", "/files/search", None),
    ("GET", "/files/search?q=", None),
    ("GET", "/files/4711", None),
    ("GET", "/files/id:", None),
    ("GET", "/files/id:a%2F..%2Fb", None),
    ("GET", "/files/rev:0162a1b2c3d4", None),
    ("GET", f"/files/{FILE}%0A", None),
    ("GET", f"/files/{FILE}/content?format=../x", None),
    ("GET", f"/files/{FILE}/revisions?limit=0", None),
    ("DELETE", f"/files/{FILE}?rev=xyz", None),
    ("POST", "/files", {"path": "a.txt", "data": ""}),
    ("POST", "/files", {"path": "/a.txt", "data": "%%%"}),
    ("POST", "/files", {"path": "/a.txt"}),
    ("POST", "/files", {"path": "/a.txt", "data": "", "mode": "overwrite"}),
    ("POST", "/files", {"path": "/a.txt", "data": "", "rev": "zz"}),
    ("POST", "/files", {"path": "/" + "a" * 256, "data": ""}),
    ("POST", "/folders", {"path": "/"}),
    ("POST", "/folders", {"path": "/a\nb"}),
    ("POST", f"/files/{FILE}/move", {"to": "b"}),
    ("POST", f"/files/{FILE}/move", {"to": "/b", "allow_ownership_transfer": True}),
    ("POST", "/files/restore", {"path": "/a", "rev": ""}),
    ("POST", "/shared-links/revoke", {"url": "http://example.org"}),
    ("POST", "/sync/files", {"mode": "backwards"}),
]


@pytest.mark.parametrize(("method", "path", "body"), BAD)
def test_what_cannot_be_is_refused_before_anybody_is_asked(
    api: FakeApi, client: TestClient[Any], method: str, path: str, body: Any
) -> None:
    reply = client.request(method, f"/api/v1{path}", json=body)
    assert reply.status_code in (400, 404, 405)
    assert reply.headers["content-type"] == "application/problem+json"
    assert api.asked == []


def test_an_answer_of_another_shape_is_no_answer(api: FakeApi, client: TestClient[Any]) -> None:
    def odd(_: Call) -> Any:
        return {".tag": "file", "name": "x"}

    api.answers["POST", its.METADATA] = odd
    assert client.get(HERE).status_code == 502
