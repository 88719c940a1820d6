"""A Drive that changes while it is walked, and what of its changes is news."""

from typing import Any

import pytest

from services.google import drive_sync
from services.google.dialect import TokenDead
from services.google.drive_sync import A_DRIVE, CHANGES, FILES, Walk
from shared.errors import ItemGone, RateLimited, Refused
from shared.normalizer import Message, revision
from shared.types import Page
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.google.material import ACCOUNT, recorded, said, state, stream, walk

pytestmark = pytest.mark.anyio


@pytest.fixture
async def told(anyio_backend: str) -> dict[str, Message]:
    api = FakeApi(
        {
            ("GET", CHANGES): Answer(recorded("changes")),
            ("GET", f"{FILES}/1Doc/export"): Answer(b"\xef\xbb\xbfThe plan\r\nin words"),
        }
    )
    return {it.id: it for it in said(await walk("files", api, Walk(changes="8800")))}


async def test_removed_is_a_deletion_and_trashed_is_a_fact(told: dict[str, Message]) -> None:
    assert told["1Lost"].deleted
    assert told["no_file"].deleted
    assert (told["trashed"].deleted, told["trashed"].metadata["trashed"]) == (False, "true")
    assert "trashed" not in told["blob"].metadata


async def test_a_documents_text_is_its_content(told: dict[str, Message]) -> None:
    assert told["1Doc"].content == "The plan\nin words"
    assert told["long_document"].content == ""
    assert "md5" not in told["1Doc"].metadata


async def test_a_file_is_an_attachment_by_our_own_route_and_a_folder_is_none(
    told: dict[str, Message],
) -> None:
    (file,) = told["blob"].attachments
    assert (file.url, file.size) == ("/api/v1/files/blob/content", 1024)
    assert told["folder"].attachments == ()
    assert told["huge"].attachments[0].size == 2**53 + 1
    assert told["no_size"].attachments[0].size == 0


async def test_a_shortcut_names_its_target(told: dict[str, Message]) -> None:
    assert told["shortcut"].metadata["target_id"] == "blob"


async def test_who_changed_it_is_the_author_else_its_owner_else_nobody(
    told: dict[str, Message],
) -> None:
    assert told["blob"].author
    assert told["blob"].author.id == "0555"
    assert told["no_address"].author
    assert told["no_address"].author.name == "Somebody"
    assert told["nobody"].author is None
    assert told["in_a_shared_drive"].metadata["drive_id"] == "0Team"


async def test_moving_and_renaming_are_news_and_being_opened_is_none() -> None:
    row = {"id": "1", "name": "a", "parents": ["x"], "modifiedTime": "2026-11-20T09:11:58.000Z"}
    versions = []
    changes: list[dict[str, Any]] = [
        {"version": "2"},
        {"version": "3", "viewedByMeTime": "2026-11-21T00:00:00Z", "thumbnailLink": "https://x"},
        {"name": "b"},
        {"parents": ["y"]},
        {"trashed": True},
        {"trashed": False},
    ]
    for change in changes:
        it = {"fileId": "1", "file": {**row, **change}, "time": "2026-11-22T00:00:00Z"}
        api = FakeApi({("GET", CHANGES): Answer({"changes": [it], "newStartPageToken": "2"})})
        versions += said(await walk("files", api, Walk(changes="1")))
    assert versions[0] == versions[1]
    assert versions[-1] == versions[0]
    assert len({(it.title, it.parent_id, *it.metadata.items()) for it in versions}) == 4
    assert len({revision(it) for it in versions}) == 1


async def test_a_removal_is_later_than_the_file_and_what_is_shared_anew_later_still() -> None:
    shared = {"sharedWithMeTime": "2026-11-23T00:00:00.000Z"}
    row = {"id": "1", "modifiedTime": "2026-11-20T09:11:58.000Z"}
    revisions = []
    for change in (
        {"fileId": "1", "file": row, "time": "2026-11-21T00:00:00Z"},
        {"fileId": "1", "removed": True, "time": "2026-11-22T00:00:00Z"},
        {"fileId": "1", "file": {**row, **shared}, "time": "2026-11-23T00:00:01Z"},
    ):
        api = FakeApi({("GET", CHANGES): Answer({"changes": [change], "newStartPageToken": "2"})})
        revisions += [revision(it) for it in said(await walk("files", api, Walk(changes="1")))]
    assert revisions == sorted(set(revisions))


async def test_a_change_to_a_shared_drive_itself_is_counted() -> None:
    api = FakeApi({("GET", CHANGES): Answer(recorded("changes"))})
    api.answers["GET", f"{FILES}/1Doc/export"] = Answer(b"")
    (page,) = await walk("files", api, Walk(changes="1"))
    assert page.excluded == {A_DRIVE: 1}


async def test_the_last_state_of_a_file_counts_within_a_page() -> None:
    changes = [
        {"fileId": "1", "file": {"id": "1", "name": "a"}, "time": "2026-11-20T00:00:00Z"},
        {"fileId": "1", "removed": True, "time": "2026-11-20T00:00:01Z"},
    ]
    api = FakeApi({("GET", CHANGES): Answer({"changes": changes, "newStartPageToken": "2"})})
    assert [it.deleted for it in said(await walk("files", api, Walk(changes="1")))] == [True]


@pytest.mark.parametrize("size", ["", "²", "\u0663", "9" * 5000, "1000000"])
async def test_a_document_whose_size_is_unclear_or_too_much_is_told_without_its_text(
    size: str,
) -> None:
    row = {"id": "1", "name": "a", "mimeType": drive_sync.DOCUMENT, "size": size}
    change = {"fileId": "1", "file": row, "time": "2026-11-20T00:00:00Z"}
    api = FakeApi({("GET", CHANGES): Answer({"changes": [change], "newStartPageToken": "2"})})
    (it,) = said(await walk("files", api, Walk(changes="1")))
    assert (it.title, it.content) == ("a", "")


@pytest.mark.parametrize("error", [ItemGone(), Refused()])
async def test_a_document_that_may_not_be_exported_is_told_without_its_text(
    error: Exception,
) -> None:
    """Too large (403 exportSizeLimitExceeded), abusive, gone meanwhile."""
    row = {"id": "1", "name": "a", "mimeType": drive_sync.DOCUMENT, "size": "10"}
    change = {"fileId": "1", "file": row, "time": "2026-11-20T00:00:00Z"}
    api = FakeApi(
        {
            ("GET", CHANGES): Answer({"changes": [change], "newStartPageToken": "2"}),
            ("GET", f"{FILES}/1/export"): error,
        }
    )
    (it,) = said(await walk("files", api, Walk(changes="1")))
    assert (it.title, it.content) == ("a", "")
    api.answers["GET", f"{FILES}/1/export"] = RateLimited(retry_after=9)
    with pytest.raises(RateLimited):
        await walk("files", api, Walk(changes="1"))


class Drive:
    """A drive of files with a log; page tokens of lists die on command, the log's when it is `lost`."""

    def __init__(self, files: int, size: int = 2) -> None:
        self.files = {f"f{n}": f"name {n}" for n in range(files)}
        self.log: list[str] = []
        self.size, self.list_lost, self.lost = size, False, False
        self.api = FakeApi(
            {
                ("GET", f"{CHANGES}/startPageToken"): self.start,
                ("GET", FILES): self.list,
                ("GET", CHANGES): self.changes,
            }
        )

    def put(self, ident: str, name: str) -> None:
        self.files[ident] = name
        self.log.append(ident)

    def remove(self, ident: str) -> None:
        del self.files[ident]
        self.log.append(ident)

    def start(self, _: Call) -> Answer:
        return Answer({"startPageToken": str(len(self.log))})

    def row(self, ident: str) -> dict[str, Any]:
        return {"id": ident, "name": self.files[ident], "modifiedTime": "2026-11-20T00:00:00Z"}

    def list(self, call: Call) -> Answer:
        if "pageToken" in call.params and self.list_lost:
            self.list_lost = False
            raise TokenDead
        at, known = int(call.params.get("pageToken", "0")), list(self.files)
        more = {"nextPageToken": str(at + self.size)} if len(known) > at + self.size else {}
        return Answer({"files": [self.row(it) for it in known[at : at + self.size]], **more})

    def changes(self, call: Call) -> Answer:
        if self.lost:
            raise TokenDead
        assert call.params["includeItemsFromAllDrives"] == "true"
        assert call.params["supportsAllDrives"] == "true"
        at = int(call.params["pageToken"])
        rows = [
            {"fileId": it, "time": "2026-11-21T00:00:00Z"}
            | ({"file": self.row(it)} if it in self.files else {"removed": True})
            for it in self.log[at : at + self.size]
        ]
        following = str(min(at + self.size, len(self.log)))
        last = int(following) == len(self.log)
        return Answer(
            {"changes": rows, "newStartPageToken" if last else "nextPageToken": following}
        )


async def test_everything_is_listed_once_and_every_page_can_be_resumed() -> None:
    drive = Drive(7)
    pages = await walk("files", drive.api)
    assert len(state(pages)) == 7
    assert drive.api.asked[0].path == f"{CHANGES}/startPageToken"
    for number, page in enumerate(pages):
        rest = await walk("files", drive.api, page.cursor)
        assert state(pages[: number + 1] + rest) == state(pages)
        drive.list_lost = True
        rest = await walk("files", drive.api, page.cursor)
        assert state(pages[: number + 1] + rest) == state(pages)
        drive.list_lost = False


async def test_what_changes_during_the_walk_falls_into_no_gap() -> None:
    drive = Drive(6)
    seen: list[Page] = []
    async for page in stream("files").pages(drive.api, Walk(), ACCOUNT):
        seen.append(page)
        if len(seen) == 1:
            drive.put("f0", "renamed")
            drive.put("late", "late")
            drive.remove("f5")
    assert {it.id: it.title for it in state(seen).values()} == {
        **{f"f{n}": f"name {n}" for n in range(1, 5)},
        "f0": "renamed",
        "late": "late",
    }


async def test_an_empty_page_with_a_successor_is_followed_and_nothing_new_is_one_call() -> None:
    pages = {"1": {"changes": [], "nextPageToken": "2"}, "2": {"newStartPageToken": "3"}}
    api = FakeApi({("GET", CHANGES): lambda call: Answer(pages[call.params["pageToken"]])})
    assert (await walk("files", api, Walk(changes="1")))[-1].cursor == Walk(changes="3")
    api = FakeApi({("GET", CHANGES): Answer({"changes": [], "newStartPageToken": "3"})})
    assert await walk("files", api, Walk(changes="3")) == []
    assert len(api.asked) == 1


async def test_a_place_in_the_log_that_is_lost_begins_anew() -> None:
    drive = Drive(3)
    first = await walk("files", drive.api)
    drive.remove("f0")
    drive.put("f9", "new")
    drive.lost = True
    (reset,) = await walk("files", drive.api, first[-1].cursor)
    assert reset.cursor == Walk() == stream("files").cursor()
    assert stream("files").complete
    drive.lost = False
    assert set(state(await walk("files", drive.api, reset.cursor))) == {"f1", "f2", "f9"}


async def test_a_refusal_of_the_first_page_stops_the_walk() -> None:
    drive = Drive(1)
    drive.api.answers["GET", FILES] = Refused()
    with pytest.raises(Refused):
        await walk("files", drive.api)
