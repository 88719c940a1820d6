"""Folders and their mails: walked once, then by links that forget, repeat, tell halves, and move things."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import json

from services.microsoft import batch
from services.microsoft.dialect import Forgotten, NoService, NotThere
from services.microsoft.mail_sync import Sync
from shared.errors import ItemGone, RateLimited
from shared.types import Page, Resource
from tests.fakes.api import FakeApi
from tests.providers.microsoft import material as its

pytestmark = pytest.mark.anyio

DELTA = "/v1.0/me/mailFolders/AAMkinbox/messages/delta"
FIRST = DELTA.removeprefix("/v1.0")
LINK = its.ROOT + FIRST + "?$deltatoken=d1"


def inbox(answers: Any, things: Any = None) -> FakeApi:
    """The inbox, whose pages are told by the token of the link that is followed."""
    pages = its.pages(answers)
    known = {f"/me/messages/{name}": it for name, it in (things or {}).items()}
    return FakeApi(
        {("GET", FIRST): pages, ("GET", DELTA): pages, ("POST", batch.PATH): its.batch(known)}
        | {("GET", path): _single(it) for path, it in known.items()}
    )


def _single(it: Any) -> Any:
    return it[2] if isinstance(it, tuple) else it


def link(token: str) -> str:
    return f"{FIRST}?$deltatoken={token}"


async def test_a_folder_is_walked_page_by_page_and_its_link_kept_at_the_end() -> None:
    api = inbox(
        {
            "": its.page(its.mail("a"), its.mail("b"), next=f"{FIRST}?$skiptoken=s1"),
            "s1": its.page(its.mail("c"), delta=link("d1")),
        }
    )
    found = await its.walk("messages", api)
    assert [it.id for it in its.said(found)] == ["a", "b", "c"]
    assert [page.cursor for page in found] == [
        Sync(next=f"{its.ROOT}{FIRST}?$skiptoken=s1"),
        Sync(link=LINK),
    ]


async def test_a_crash_goes_on_with_the_page_under_way() -> None:
    api = inbox({"s1": its.page(its.mail("c"), delta=link("d1"))})
    under_way = Sync(next=f"{its.ROOT}{FIRST}?$skiptoken=s1")
    (page,) = await its.walk("messages", api, under_way)
    assert page.cursor == Sync(link=LINK)


async def test_nothing_new_moves_only_the_link() -> None:
    api = inbox({"d1": its.page(delta=link("d2"))})
    (page,) = await its.walk("messages", api, Sync(link=LINK))
    assert (page.records, page.cursor) == ((), Sync(link=LINK.replace("d1", "d2")))
    api = inbox({"d1": its.page(delta=link("d1"))})
    assert await its.walk("messages", api, Sync(link=LINK)) == []


async def test_a_change_that_is_told_by_halves_is_read_whole() -> None:
    whole = its.mail("a", isRead=True)
    other = its.mail("b", isRead=True)
    api = inbox(
        {
            "d1": its.page(
                {"id": "a", "isRead": True}, {"id": "b", "isRead": True}, delta=link("d2")
            )
        },
        {"a": whole, "b": other},
    )
    found = its.said(await its.walk("messages", api, Sync(link=LINK)))
    assert [(it.id, it.title, it.metadata["is_read"]) for it in found] == [
        ("a", "Review on Monday", "true"),
        ("b", "Review on Monday", "true"),
    ]


async def test_what_is_attached_is_read_with_its_mail_and_inline_images_are_not_asked_for() -> None:
    listed = its.mail("a", hasAttachments=True)
    whole = {**its.recorded("mail/file_attachment"), "id": "a"}
    inline = its.mail("b", body={"contentType": "text", "content": "[cid:logo1]"})
    api = inbox({"": its.page(listed, inline, delta=link("d1"))}, {"a": whole})
    first, second = its.said(await its.walk("messages", api))
    assert [it.name for it in first.attachments] == ["plan.docx"]
    assert second.attachments == ()
    assert [it.path for it in api.asked] == [FIRST, "/me/messages/a"]


async def test_a_mail_that_left_is_told_as_deleted_only_where_nobody_finds_it() -> None:
    elsewhere = its.mail("moved", parentFolderId="AAMkarchive")
    back = its.mail("back")
    api = inbox(
        {"d1": its.page(*map(its.gone, ("moved", "back", "gone")), delta=link("d2"))},
        {"moved": elsewhere, "back": back},
    )
    (page,) = await its.walk("messages", api, Sync(link=LINK))
    told = its.said([page])
    assert [(it.id, it.deleted) for it in told] == [("back", False), ("gone", True)]
    assert page.excluded == {"moved to another folder": 1}


async def test_a_mail_that_left_is_asked_for_even_if_all_of_it_is_told() -> None:
    row = {**its.mail("a"), **its.gone("a")}
    api = inbox({"d1": its.page(row, delta=link("d2"))}, {"a": NotThere()})
    (told,) = its.said(await its.walk("messages", api, Sync(link=LINK)))
    assert told.deleted


async def test_a_row_that_comes_again_counts_as_it_was_told_last() -> None:
    older, newer = its.mail("a", subject="Older"), its.mail("a", subject="Newer")
    api = inbox({"": its.page(older, its.gone("b"), newer, delta=link("d1"))})
    api.answers["GET", "/me/messages/b"] = NotThere()
    told = its.said(await its.walk("messages", api))
    assert [(it.id, it.title) for it in told] == [("a", "Newer"), ("b", "")]


async def test_drafts_are_counted_and_not_told() -> None:
    api = inbox({"": its.page(its.mail("a", isDraft=True), its.mail("b"), delta=link("d1"))})
    (page,) = await its.walk("messages", api)
    assert [it.id for it in its.said([page])] == ["b"]
    assert page.excluded == {"a draft": 1}


async def test_in_the_trash_every_mail_is_deleted_since_it_was_changed() -> None:
    out = Resource("AAMkinbox", "Deleted Items", (), {"out": "True"})
    api = inbox({"": its.page(its.mail("a"), delta=link("d1"))})
    (page,) = await its.walk("messages", api, None, out)
    (told,) = its.said([page])
    assert (told.deleted, told.timestamp) == (True, datetime(2026, 11, 20, 9, 1, tzinfo=UTC))
    assert page.cursor == Sync(link=LINK, out=True)


@pytest.mark.parametrize(("was", "facts"), [(False, {"out": "True"}), (True, {"out": "False"})])
async def test_a_folder_that_is_thrown_away_or_taken_back_is_walked_anew(
    was: bool, facts: dict[str, str]
) -> None:
    resource = Resource("AAMkinbox", "Inbox", (), facts)
    (page,) = await its.walk("messages", inbox({}), Sync(link=LINK, out=was), resource)
    assert page == Page((), Sync())


async def test_a_link_that_was_forgotten_begins_anew_without_burying_anything() -> None:
    api = FakeApi({("GET", DELTA): Forgotten()})
    assert await its.walk("messages", api, Sync(link=LINK)) == [Page((), Sync())]


async def test_a_page_that_was_forgotten_begins_the_same_walk_anew_and_only_once() -> None:
    under_way = Sync(next=f"{its.ROOT}{FIRST}?$skiptoken=s1")
    api = inbox({"": its.page(its.mail("a"), delta=link("d1")), "s1": Forgotten()})
    (page,) = await its.walk("messages", api, under_way)
    assert page.cursor == Sync(link=LINK)
    with pytest.raises(Forgotten):
        await its.walk("messages", inbox({"": Forgotten(), "s1": Forgotten()}), under_way)


async def test_a_folder_that_is_gone_ends_in_a_walk_that_finds_nothing() -> None:
    api = FakeApi({("GET", DELTA): NotThere(), ("GET", FIRST): NotThere()})
    assert await its.walk("messages", api, Sync(link=LINK)) == [Page((), Sync())]
    assert await its.walk("messages", api) == []


async def test_what_may_not_be_read_is_not_taken_for_gone() -> None:
    api = FakeApi({("GET", DELTA): ItemGone()})
    with pytest.raises(ItemGone):
        await its.walk("messages", api, Sync(link=LINK))


async def test_parts_of_a_batch_that_were_turned_away_are_asked_for_alone() -> None:
    rows = [{"id": it, "isRead": True} for it in "abcd"]
    things = {
        "a": its.mail("a"),
        "b": (429, {"error": {"code": "ApplicationThrottled"}}, its.mail("b")),
        "c": (424, {"error": {"code": "FailedDependency"}}, its.mail("c")),
        "d": (404, {"error": {"code": "UnknownError"}}, its.mail("d")),
    }
    api = inbox({"d1": its.page(*rows, delta=link("d2"))}, things)
    told = its.said(await its.walk("messages", api, Sync(link=LINK)))
    assert [it.id for it in told] == ["a", "b", "c", "d"]
    alone = [it.path for it in api.asked if it.path.startswith("/me/messages/")]
    assert alone == ["/me/messages/b", "/me/messages/c", "/me/messages/d"]


async def test_a_part_that_stays_limited_stops_the_walk_before_its_page() -> None:
    rows = [{"id": it, "isRead": True} for it in "ab"]
    slow: Any = (429, {}, RateLimited(retry_after=2.128))
    api = inbox({"d1": its.page(*rows, delta=link("d2"))}, {"a": its.mail("a"), "b": slow})
    with pytest.raises(RateLimited):
        await its.walk("messages", api, Sync(link=LINK))


async def test_forty_five_mails_are_read_by_twenties() -> None:
    rows = [{"id": f"m{number}", "isRead": True} for number in range(45)]
    things = {row["id"]: its.mail(str(row["id"])) for row in rows}
    api = inbox({"d1": its.page(*rows, delta=link("d2"))}, things)
    assert len(its.said(await its.walk("messages", api, Sync(link=LINK)))) == 45
    batches = [json.decode(it.body)["requests"] for it in api.asked if it.method == "POST"]
    assert list(map(len, batches)) == [20, 20, 5]


def tree(*rows: dict[str, Any], special: dict[str, str]) -> FakeApi:
    """Folders over two pages, and which of them are special."""
    path = "/me/mailFolders"
    named = {f"{path}/{name}": {"id": ident} for name, ident in special.items()}
    pages = its.pages(
        {
            "": its.page(*rows[:2], next=f"{path}/delta?$skiptoken=s1"),
            "s1": its.page(*rows[2:], delta=f"{path}/delta?$deltatoken=d1"),
        }
    )
    return FakeApi(
        {
            ("GET", f"{path}/delta"): pages,
            ("GET", f"/v1.0{path}/delta"): pages,
            ("POST", batch.PATH): its.batch(named),
        }
    )


def folder(ident: str, parent: str = "root") -> dict[str, str]:
    return {"id": ident, "displayName": ident.title(), "parentFolderId": parent}


async def test_folders_are_found_at_any_depth_with_what_is_out_and_without_drafts() -> None:
    api = tree(
        folder("inbox"),
        folder("deep", "work"),
        folder("work", "inbox"),
        folder("bin"),
        folder("old", "bin"),
        folder("unsent"),
        folder("mine", "unsent"),
        its.gone("was"),
        special={"deleteditems": "bin", "drafts": "unsent"},
    )
    (page,) = await its.walk("folders", api)
    out = {it.id: it.facts["out"] for it in page.resources}
    assert out == {"inbox": "False", "deep": "False", "work": "False", "bin": "True", "old": "True"}
    assert page.resources[0].name == "Inbox"
    assert page.excluded == {"a folder of what is not sent yet": 2}


async def test_folders_within_each_other_end_nevertheless() -> None:
    api = tree(folder("a", "b"), folder("b", "a"), special={"deleteditems": "bin"})
    (page,) = await its.walk("folders", api)
    assert {it.id for it in page.resources} == {"a", "b"}


async def test_an_account_without_a_mailbox_has_no_folders() -> None:
    api = FakeApi({("GET", "/me/mailFolders/delta"): NoService()})
    assert await its.walk("folders", api) == []
