"""What Dropbox gives: recorded things, a Dropbox to change while it is read, and walks over it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct, json

from services.dropbox.calls import LIST
from services.dropbox.dialect import NotThere
from services.dropbox.provider import provider
from services.dropbox.sync import Walk, files
from shared.normalizer import Message, Version
from shared.sync.normalize import prepare
from shared.types import Page, Record, Resource
from tests.fakes.api import Answer, Call, FakeApi

PAYLOADS = Path(__file__).parent / "payloads"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SEEN = "2026-11-22T12:00:00.000000Z"
ANA = "dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc"
REVISIONS, METADATA = "/2/files/list_revisions", "/2/files/get_metadata"
STREAM = provider.streams[0]
COUNTED = NOW.timestamp() - 60


def recorded(name: str) -> Any:
    """A recorded thing, decoded: `api/list_folder`."""
    return json.decode((PAYLOADS / f"{name}.json").read_bytes())


def file(ident: str, path: str = "", **facts: Any) -> dict[str, Any]:
    """A file as it is listed, by default one without a text."""
    path = path or f"/{ident.removeprefix('id:')}.pdf"
    name = path.rpartition("/")[2]
    where = {"name": name, "path_lower": path.lower(), "path_display": path}
    return {**recorded("file/pdf")["file"], "id": ident, **where, **facts}


def folder(path: str) -> dict[str, Any]:
    """A folder as it is listed."""
    where = {"name": path.rpartition("/")[2], "path_lower": path.lower(), "path_display": path}
    return {**recorded("folder/plain"), **where}


def deleted(path: str) -> dict[str, Any]:
    """An entry for a path where something was."""
    where = {"path_lower": path.lower(), "path_display": path}
    return {".tag": "deleted", "name": path.rpartition("/")[2], **where}


def page(*entries: Any, cursor: str = "end", more: bool = False) -> dict[str, Any]:
    """One page of a listing."""
    return {"entries": list(entries), "cursor": cursor, "has_more": more}


class Dropbox(FakeApi):
    """Pages by cursor, "" for the first one; `was` are the ids that a path's history knows, the newest
    first; `there` are the files that are anywhere."""

    def __init__(self, pages: Mapping[str, Any] | None = None) -> None:
        super().__init__({})
        self.pages = dict(pages or {})
        self.was: dict[str, list[str]] = {}
        self.there: set[str] = set()
        self.texts: dict[str, bytes] = {}
        self.answers = {
            ("POST", LIST): lambda _: self._page(""),
            ("POST", f"{LIST}/continue"): lambda it: self._page(arg(it)["cursor"]),
            ("POST", REVISIONS): self._history,
            ("POST", METADATA): self._metadata,
            ("POST", "/2/users/get_account_batch"): recorded("api/get_account_batch"),
            ("GET", "/2/files/download"): self._text,
            ("GET", "/2/files/export"): self._text,
        }

    def _page(self, cursor: str) -> Any:
        return self.pages[cursor]

    def _history(self, call: Call) -> Any:
        ids = self.was.get(arg(call)["path"])
        if ids is None:
            return NotThere()
        kept = [{"id": it} for it in ids]
        return {"is_deleted": True, "server_deleted": "2026-11-22T11:00:00Z", "entries": kept}

    def _metadata(self, call: Call) -> Any:
        ident = arg(call)["path"]
        return file(ident) if ident in self.there else NotThere()

    def _text(self, call: Call) -> Any:
        path = json.decode(call.params["arg"])["path"]
        return Answer(self.texts[path]) if path in self.texts else NotThere()

    def called(self, path: str) -> int:
        """How often that was asked."""
        return sum(it.path == path for it in self.asked)


def arg(call: Call) -> dict[str, Any]:
    """The argument of a call."""
    found: dict[str, Any] = json.decode(call.body)
    return found


def stored(cursor: Struct) -> Walk:
    """A cursor as it comes back from the database."""
    return json.decode(json.encode(cursor), type=Walk)


async def walk(
    api: FakeApi, at: Walk | None = None, now: Callable[[], datetime] = lambda: NOW
) -> list[Page]:
    """All pages of a walk; every cursor goes through its stored form, as in the hub."""
    found = [it async for it in files(api, stored(at or Walk()), Resource(), now)]
    assert all(stored(it.cursor) == it.cursor for it in found)
    return found


async def after(api: Dropbox, *entries: Any, **facts: Any) -> list[Page]:
    """What comes of these changes, told on one page."""
    api.pages["c1"] = page(*entries, cursor="c2")
    return await walk(api, Walk("c1", counted=COUNTED, **facts))


def told(records: list[Record]) -> list[Message]:
    """What records become, tombstones too, in order."""
    versions = list(map(prepare(provider), records))
    assert all(isinstance(it, Version) for it in versions)
    return [it.message for it in versions if isinstance(it, Version)]


def said(pages: list[Page]) -> list[Message]:
    """What pages become."""
    return told([record for page in pages for record in page.records])
