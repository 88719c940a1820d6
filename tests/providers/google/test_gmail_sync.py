"""A mailbox that is walked while it changes, is forgotten, and loses its page tokens."""

from typing import Any

import pytest
from msgspec import json

from services.google import gmail_parts, gmail_read
from services.google.gmail_attachment import content
from services.google.gmail_models import ME
from services.google.gmail_read import EXCLUDED, GONE
from services.google.gmail_sync import Walk
from shared.errors import RateLimited, Refused
from shared.types import Page
from tests.fakes.api import Answer, Call, FakeApi, gone
from tests.providers.google.mailbox import Mailbox
from tests.providers.google.material import ACCOUNT, ARRIVED, said, state, stream, walk

pytestmark = pytest.mark.anyio


async def follow(box: Mailbox, pages: list[Page]) -> list[Page]:
    """The next walk, from where the last one ended."""
    box.api.asked.clear()
    return await walk("messages", box.api, pages[-1].cursor)


async def test_everything_is_read_once_newest_first_and_counted() -> None:
    box = Mailbox(5)
    pages = await walk("messages", box.api)
    assert [it.id for it in said(pages)] == ["m4", "m3", "m2", "m1", "m0"]
    assert pages[0].total == 5
    assert pages[-1].cursor == Walk(history="105")
    assert box.api.asked[0].path == f"{ME}/profile"


@pytest.mark.parametrize(("mails", "size"), [(7, 2), (130, 500), (130, 60)])
async def test_resuming_after_any_page_gives_the_same_mailbox(mails: int, size: int) -> None:
    box = Mailbox(mails, size)
    pages = await walk("messages", box.api)
    for number, page in enumerate(pages):
        rest = await walk("messages", box.api, page.cursor)
        assert state(pages[: number + 1] + rest) == state(pages)


async def test_one_list_is_read_on_several_pages_and_asked_for_once() -> None:
    box = Mailbox(130, size=500)
    pages = await walk("messages", box.api)
    assert [len(page.records) for page in pages] == [50, 50, 30]
    assert [page.total for page in pages] == [130, None, None]
    assert [it.params["maxResults"] for it in box.calls("/messages")] == ["500"]


@pytest.mark.parametrize("gone", [["m129", "m128"], ["m80"], ["m79"]])
async def test_a_list_that_changed_before_its_rest_is_read_skips_nobody(gone: list[str]) -> None:
    box = Mailbox(130, size=500)
    half = (await walk("messages", box.api))[:1]
    assert half[0].cursor == Walk(pinned="230", read="m80")
    for ident in gone:
        box.delete(ident)
    box.add("late")
    rest = await walk("messages", box.api, half[0].cursor)
    told = {it.id for it in said(half + rest) if not it.deleted}
    assert told >= set(box.mails)
    assert set(state(half + rest)) == set(box.mails)


async def test_what_arrives_and_goes_during_the_walk_is_told_at_its_end() -> None:
    box = Mailbox(6)
    seen: list[Page] = []
    async for page in stream("messages").pages(box.api, Walk(), ACCOUNT):
        seen.append(page)
        if len(seen) == 1:
            box.add("late")
            box.delete("m5")
            box.label("m0", "INBOX", "STARRED")
    assert set(state(seen)) == {"m0", "m1", "m2", "m3", "m4", "late"}
    assert state(seen)["m0"].metadata["labels"] == "INBOX,STARRED"


async def test_nothing_new_costs_one_call() -> None:
    box = Mailbox(3)
    first = await walk("messages", box.api)
    assert await follow(box, first) == []
    assert [it.path for it in box.api.asked] == [f"{ME}/history"]


async def test_history_is_asked_from_the_stored_id_over_all_its_pages() -> None:
    box = Mailbox(1)
    first = await walk("messages", box.api)
    for n in range(5):
        box.add(f"new{n}")
    pages = await follow(box, first)
    assert [it.id for it in said(pages)] == [f"new{n}" for n in range(5)]
    asked = box.calls("/history")
    assert {it.params["startHistoryId"] for it in asked} == {"101"}
    assert pages[-1].cursor == Walk(history="106")


async def test_a_message_that_changed_often_is_read_once_for_each_page_of_history() -> None:
    box = Mailbox(1, size=50)
    first = await walk("messages", box.api)
    for labels in (["INBOX", "UNREAD"], ["INBOX"], ["INBOX", "STARRED"]):
        box.label("m0", *labels)
    pages = await follow(box, first)
    assert box.reads() == ["m0"]
    assert [it.metadata["labels"] for it in said(pages)] == ["INBOX,STARRED"]


async def test_what_came_and_went_between_two_walks_is_a_deletion_and_no_error() -> None:
    box = Mailbox(1, size=50)
    first = await walk("messages", box.api)
    box.add("short")
    box.delete("short")
    pages = await follow(box, first)
    assert [(it.id, it.deleted) for it in said(pages)] == [("short", True)]
    assert box.reads() == []


async def test_a_message_that_is_gone_before_it_is_read_is_counted() -> None:
    box = Mailbox(2)
    del box.mails["m1"]
    box.mails = {"m1": {"labels": [], "version": 1}, **box.mails}
    box.api.answers["GET", f"{ME}/messages/m1"] = gone
    (page, *_) = await walk("messages", box.api)
    assert page.excluded == {GONE: 1}


async def test_trash_and_spam_are_a_deletion_that_can_be_undone() -> None:
    box = Mailbox(2)
    first = await walk("messages", box.api)
    for out in ("TRASH", "SPAM"):
        box.label("m0", out)
        pages = await follow(box, first)
        assert [(it.id, it.deleted) for it in said(pages)] == [("m0", True)]
        box.label("m0", "INBOX")
        back = await follow(box, pages)
        assert [(it.id, it.deleted) for it in said(back)] == [("m0", False)]
        assert back[-1].records[0].revision > pages[-1].records[0].revision
        first = back


async def test_what_goes_to_the_trash_between_the_list_and_the_reading_is_gone() -> None:
    box = Mailbox(2)
    listing = box.api.answers["GET", f"{ME}/messages"]

    def then_trashed(call: Call) -> Any:
        found = listing(call)
        box.label("m1", "TRASH")
        return found

    box.api.answers["GET", f"{ME}/messages"] = then_trashed
    told = said(await walk("messages", box.api))
    assert {it.deleted for it in told if it.id == "m1"} == {True}


async def test_a_permanent_deletion_leaves_nothing_but_the_fact() -> None:
    box = Mailbox(2)
    first = await walk("messages", box.api)
    box.delete("m1")
    pages = await follow(box, first)
    (it,) = said(pages)
    assert (it.id, it.deleted, it.content, it.title) == ("m1", True, "", "")
    assert pages[0].records[0].revision == f"{103:020}"


async def test_drafts_and_chats_are_excluded_and_counted() -> None:
    box = Mailbox(1, size=50)
    box.add("draft", "DRAFT")
    box.add("chat", "CHAT")
    first = await walk("messages", box.api)
    assert set(state(first)) == {"m0"}
    assert first[0].excluded == {EXCLUDED: 2}
    box.add("another", "DRAFT")
    pages = await follow(box, first)
    assert [page.excluded for page in pages] == [{EXCLUDED: 1}]
    assert box.reads() == []


async def test_forgotten_history_begins_anew_and_loses_nothing() -> None:
    box = Mailbox(4)
    first = await walk("messages", box.api)
    box.add("unseen")
    box.delete("m0")
    box.forgotten = 106
    reset = await follow(box, first)
    assert [page.cursor for page in reset] == [Walk()]
    assert reset[0].cursor == stream("messages").cursor()
    assert stream("messages").complete
    box.api.asked.clear()
    again = await walk("messages", box.api, reset[-1].cursor)
    assert box.api.asked[0].path == f"{ME}/profile"
    assert set(state(again)) == {"m1", "m2", "m3", "unseen"}


async def test_what_happens_during_the_recovery_is_replayed() -> None:
    box = Mailbox(4)
    seen: list[Page] = []
    async for page in stream("messages").pages(box.api, Walk(), ACCOUNT):
        seen.append(page)
        if page.cursor.next:
            box.label("m3", "INBOX", f"Label_{len(seen)}")
    assert state(seen)["m3"].metadata["labels"] == "INBOX,Label_1"


@pytest.mark.parametrize("size", [2, 3])
async def test_a_page_token_that_died_costs_a_repetition_and_no_message(size: int) -> None:
    box = Mailbox(7, size)
    pages = await walk("messages", box.api)
    box.tokens_live = False
    rest = await walk("messages", box.api, pages[0].cursor)
    assert set(state(pages[:1] + rest)) == set(state(pages))
    for ident in "xyzw":
        box.add(ident)
    half = (await follow(box, pages))[:1]
    box.tokens_live = False
    rest = await follow(box, half)
    assert {"x", "y", "z", "w"} <= set(state(half + rest))


async def test_a_refusal_that_is_not_about_a_page_token_stops_the_walk() -> None:
    api = FakeApi(
        {
            ("GET", f"{ME}/profile"): Answer({"emailAddress": "a", "historyId": "1"}),
            ("GET", f"{ME}/messages"): Refused("no"),
            ("GET", f"{ME}/history"): Refused("no"),
        }
    )
    for cursor in (Walk(), Walk(history="5")):
        with pytest.raises(Refused):
            await walk("messages", api, cursor)


async def test_one_limit_among_many_reads_stops_the_page_as_a_whole() -> None:
    box = Mailbox(2)
    box.api.answers["GET", f"{ME}/messages/m0"] = RateLimited(retry_after=3)
    with pytest.raises(RateLimited):
        await walk("messages", box.api)


class Large:
    """A mail whose raw form is too large, with its text in a part of its own."""

    def __init__(self, refused: bool) -> None:
        self.refused, self.tokens = refused, 0
        path = f"{ME}/messages/big"
        self.api = FakeApi({("GET", path): self.read})

    def read(self, call: Call) -> Answer:
        its: dict[str, Any] = {"id": "big", "threadId": "big", "internalDate": ARRIVED}
        if call.params["format"] == "raw":
            if self.refused:
                raise Refused
            return Answer({**its, "raw": "QUJD" * 500_000})
        self.tokens += 1
        text, file = f"text-{self.tokens}", f"file-{self.tokens}"
        path = f"{ME}/messages/big/attachments"
        self.api.answers["GET", f"{path}/{text}"] = Answer({"size": 2, "data": "SGk"})
        self.api.answers["GET", f"{path}/{file}"] = Answer({"size": 3, "data": "JVBERg"})
        parts = [
            {"partId": "0", "mimeType": "text/plain", "body": {"size": 2, "attachmentId": text}},
            {
                "partId": "1",
                "mimeType": "application/pdf",
                "filename": "a.pdf",
                "body": {"size": 3, "attachmentId": file},
            },
        ]
        return Answer({**its, "payload": {"mimeType": "multipart/mixed", "parts": parts}})


@pytest.mark.parametrize("refused", [False, True])
async def test_a_large_mail_is_read_without_the_bytes_of_its_attachments(refused: bool) -> None:
    large = Large(refused)
    raw = await gmail_read.message(large.api, "big")
    payload = json.decode(raw)["payload"]
    assert payload["parts"][0]["body"]["data"] == "SGk"
    assert payload["parts"][1]["body"].get("data") is None


async def test_an_attachment_is_asked_for_by_part_with_an_id_that_is_fresh() -> None:
    large = Large(False)
    for number in (1, 2):
        found = await gmail_parts.part(large.api, "big", "1")
        async with content(large.api, "big", found.body) as download:
            assert b"".join([it async for it in download.chunks]) == b"%PDF"
        assert large.api.asked[-1].path.endswith(f"file-{number}")
