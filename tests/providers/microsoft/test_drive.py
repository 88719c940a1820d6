"""OneDrive: everything once, then what its link says; what is restored, moved, renamed; and its endpoints."""

from datetime import UTC, datetime
from typing import Any

import pytest
from litestar.testing import TestClient

from services.microsoft.dialect import Forgotten, NoService, NotThere
from services.microsoft.drive_sync import DELTA, MOST, Walk, files
from shared.errors import Unreadable
from shared.types import Page, Resource
from tests.fakes.api import FakeApi
from tests.providers.microsoft import material as its
from tests.providers.microsoft.test_mail_api import api, client

pytestmark = pytest.mark.anyio

__all__ = ["api", "client"]

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SEEN = "2026-11-22T00:00:00.000000Z"
LINK = f"{its.ROOT}{DELTA}?$deltatoken=d1"
ROOT = {"id": "01ROOT", "name": "root", "root": {}, "parentReference": {"driveId": "b!1"}}


def item(ident: str = "01FILE", **facts: Any) -> dict[str, Any]:
    """An item as Graph gives it."""
    return {**its.recorded("drive_item/file")["item"], "id": ident, **facts}


def deleted(ident: str) -> dict[str, Any]:
    """A row without name and size."""
    return {"id": ident, "deleted": {"state": "deleted"}, "parentReference": {"driveId": "b!1"}}


def drive(answers: Any) -> FakeApi:
    pages = its.pages(answers)
    return its.graph({("GET", DELTA): pages, ("GET", f"/v1.0{DELTA}"): pages})


async def walk(api: FakeApi, at: Walk | None = None) -> list[Page]:
    at = its.stored("files", at or Walk())
    return [page async for page in files(api, at, Resource(), lambda: NOW)]


async def test_the_first_round_lists_everything_but_the_root() -> None:
    api = drive(
        {
            "": its.page(ROOT, item("a"), next=f"{DELTA}?$skiptoken=s1"),
            "s1": its.page(item("b"), delta=f"{DELTA}?$deltatoken=d1"),
        }
    )
    first, last = await walk(api)
    assert [it.id for it in its.said([first, last])] == ["b!1:a", "b!1:b"]
    assert first.excluded == {"the root of a drive": 1}
    assert last.cursor == Walk(LINK)


async def test_an_item_that_comes_again_counts_as_it_was_told_last() -> None:
    rows = [item("a", name="Old"), item("b"), item("a", name="New"), deleted("b")]
    found = its.said(await walk(drive({"": its.page(*rows, delta=f"{DELTA}?$deltatoken=d1")})))
    assert [(it.id, it.title, it.deleted) for it in found] == [
        ("b!1:a", "New", False),
        ("b!1:b", "", True),
    ]


async def test_what_is_restored_is_newer_than_its_deletion_and_the_rest_as_old_as_it_is() -> None:
    api = drive(
        {
            "d1": its.page(deleted("a"), delta=f"{DELTA}?$deltatoken=d2"),
            "d2": its.page(item("a"), item("b"), delta=f"{DELTA}?$deltatoken=d3"),
        }
    )
    (gone,) = await walk(api, Walk(LINK))
    assert gone.cursor.gone == ("a",)
    (back,) = await walk(api, gone.cursor)
    assert [it.revision for it in back.records] == [SEEN, ""]
    assert back.cursor.gone == ()


async def test_only_so_many_deletions_are_remembered() -> None:
    rows = [deleted(f"i{number}") for number in range(MOST + 5)]
    (page,) = await walk(
        drive({"d1": its.page(*rows, delta=f"{DELTA}?$deltatoken=d2")}), Walk(LINK)
    )
    assert len(page.records) == MOST + 5
    assert page.cursor.gone[0] == "i5"


async def test_a_change_that_alters_nothing_that_is_told_is_the_same_message() -> None:
    """Sharing changes the eTag and no cTag: the ledger sees one version with one content."""
    rows = [item("a", eTag='"{F1},5"')]
    found = its.said(await walk(drive({"": its.page(*rows, delta=f"{DELTA}?$deltatoken=d1")})))
    assert found == its.said(
        await walk(drive({"": its.page(item("a"), delta=f"{DELTA}?$deltatoken=d1")}))
    )


async def test_a_move_between_folders_keeps_the_item() -> None:
    moved = item("a", parentReference={"driveId": "b!1", "id": "01OTHER"})
    (found,) = its.said(await walk(drive({"": its.page(moved, delta=f"{DELTA}?$deltatoken=d1")})))
    assert (found.id, found.parent_id) == ("b!1:a", "b!1:01OTHER")


async def test_a_link_that_was_forgotten_begins_anew_without_burying_anything() -> None:
    assert await walk(drive({"d1": Forgotten()}), Walk(LINK, gone=("a",))) == [Page((), Walk())]


async def test_a_page_that_was_forgotten_begins_the_same_walk_anew_and_only_once() -> None:
    under_way = Walk(next=f"{its.ROOT}{DELTA}?$skiptoken=s1")
    api = drive({"": its.page(item("a"), delta=f"{DELTA}?$deltatoken=d1"), "s1": Forgotten()})
    (page,) = await walk(api, under_way)
    assert page.cursor == Walk(LINK)
    with pytest.raises(Forgotten):
        await walk(drive({"": Forgotten(), "s1": Forgotten()}), under_way)


async def test_an_account_without_a_drive_has_nothing_and_one_that_had_one_loses_nothing() -> None:
    assert await walk(drive({"": NoService()})) == []
    with pytest.raises(NoService):
        await walk(drive({"d1": NoService()}), Walk(LINK))


async def test_an_item_of_no_drive_is_not_given_an_id() -> None:
    with pytest.raises(Unreadable):
        await walk(drive({"": its.page(item("a", parentReference=None))}))


async def test_nothing_new_moves_only_the_link() -> None:
    api = drive({"d1": its.page(delta=f"{DELTA}?$deltatoken=d2")})
    (page,) = await walk(api, Walk(LINK))
    assert (page.records, page.cursor.link) == ((), LINK.replace("d1", "d2"))
    assert await walk(drive({"d1": its.page(delta=f"{DELTA}?$deltatoken=d1")}), Walk(LINK)) == []


def test_files_are_listed_by_folder_found_and_read(api: FakeApi, client: TestClient[Any]) -> None:
    api.answers |= {
        ("GET", "/me/drive/root/children"): its.page(item("a"), next="/x?$skiptoken=abc"),
        ("GET", "/me/drive/items/01DIR/children"): its.page(item("b")),
        ("GET", "/me/drive/items/a"): item("a"),
        ("GET", "/me/drive/items/b"): NotThere(),
    }
    found = client.get("/api/v1/files").json()
    assert ([it["id"] for it in found["items"]], found["next"]) == (["b!1:a"], "$skiptoken=abc")
    inside = client.get("/api/v1/files", params={"folder": "01DIR", "place": "$skiptoken=abc"})
    assert inside.json()["items"][0]["id"] == "b!1:b"
    assert api.asked[-1].params["$skiptoken"] == "abc"
    assert client.get("/api/v1/files/a").json()["title"] == "plan.docx"
    assert client.get("/api/v1/files/b").status_code == 404


def test_words_that_are_searched_cannot_leave_their_quotes(
    api: FakeApi, client: TestClient[Any]
) -> None:
    path = "/me/drive/root/search(q='it%27%27s%20%20%20..%20%3F%23')"
    api.answers["GET", path] = its.page(item("a"))
    reply = client.get("/api/v1/files/search", params={"q": "it's %/.. ?#"})
    assert reply.json()["items"][0]["id"] == "b!1:a"
