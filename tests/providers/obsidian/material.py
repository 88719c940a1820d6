"""A vault of recorded notes: as the plugin tells it, and as a folder that holds the same."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from msgspec import Struct, json

from services.obsidian import folder, sync
from services.obsidian.models import Note, Stat
from services.obsidian.provider import provider
from services.obsidian.telling import Walk
from shared.errors import ItemGone
from shared.http.client import HttpApi
from shared.http.exchange import Client
from shared.http.local import Local
from shared.normalizer import Message, Version
from shared.sync.normalize import prepare
from shared.types import Delivery, Page, Record, Resource, Response
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.obsidian import sign

PAYLOADS = Path(__file__).parent / "payloads"
SECRET = b"the secret of the watcher"
KEY = "k" * 64
NOW = 1_767_700_000.0
EXTRA = {"vault": "Notes", "owner": "Ana A", "people": "People"}

assert provider.webhook
HEARING = provider.webhook


class Vault(Struct):
    """Notes by path, with text and times, and the paths of other files, which are empty."""

    notes: dict[str, Note]
    files: list[str] = []
    asked: list[str] = []

    def write(self, path: str, text: str, mtime: float = 1_767_650_000_000.0) -> None:
        """Let a note hold this text since then."""
        stat = Stat(mtime=mtime, size=len(text.encode()))
        self.notes[path] = Note(path, text, stat)

    def move(self, old: str, new: str) -> None:
        """Rename a note, which changes no time."""
        it = self.notes.pop(old)
        self.notes[new] = Note(new, it.content, it.stat)

    @property
    def api(self) -> FakeApi:
        """The plugin's answers, as things are when it is asked."""
        return _Plugin(self)


class _Answers(dict[tuple[str, str], Any]):
    """Every call that the plugin answers."""

    def __init__(self, vault: Vault) -> None:
        super().__init__()
        self.vault = vault

    def __missing__(self, key: tuple[str, str]) -> Callable[[Call], Answer]:
        method, path = key[0], unquote(key[1])
        if key == ("POST", "/search/"):
            return self._stats
        if method == "GET" and path.startswith("/vault/"):
            return self._folder if path.endswith("/") else self._note
        raise KeyError(key)

    def _stats(self, call: Call) -> Answer:
        assert call.body == b'{"var":"stat"}'
        rows = [{"filename": it.path, "result": it.stat} for it in self.vault.notes.values()]
        return Answer(rows)

    def _folder(self, call: Call) -> Answer:
        inside = unquote(call.path).removeprefix("/vault/")
        paths = [*self.vault.notes, *self.vault.files]
        rest = [it.removeprefix(inside) for it in paths if it.startswith(inside)]
        names = {it.partition("/")[0] + "/" * ("/" in it) for it in rest}
        return Answer({"files": sorted(names)})

    def _note(self, call: Call) -> Answer:
        path = unquote(call.path).removeprefix("/vault/")
        self.vault.asked.append(path)
        if path not in self.vault.notes:
            raise ItemGone
        return Answer(self.vault.notes[path])


class _Plugin(FakeApi):
    def __init__(self, vault: Vault) -> None:
        super().__init__({})
        self.answers, self.beside = _Answers(vault), EXTRA


def names() -> list[str]:
    """The recorded notes, by the names of their files."""
    return sorted(it.stem for it in (PAYLOADS / "api").glob("*.json"))


def recorded(name: str) -> Note:
    """A note as the plugin told it."""
    return json.decode((PAYLOADS / f"api/{name}.json").read_bytes(), type=Note)


def vault() -> Vault:
    """All recorded notes in one vault."""
    found = [recorded(it) for it in names()]
    files = json.decode((PAYLOADS / "files.json").read_bytes())["files"]
    return Vault({it.path: it for it in found}, files)


def on_disk(root: Path, it: Vault, name: str = "Notes", key: str = KEY) -> Path:
    """The same vault as a folder in `root`."""
    place = root / name
    for path in it.files:
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(b"")
    for path, note in it.notes.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(note.content.encode())
        os.utime(place / path, (note.stat.mtime / 1000,) * 2)
    (place / ".obsidian").mkdir(parents=True, exist_ok=True)
    (place / ".obsidian" / folder.KEY).write_text(key + "\n")
    return place


def local(root: Path, name: str = "Notes", key: str = KEY, extra: Mapping[str, str] = EXTRA) -> Any:
    """The API of an account whose vault is a folder: the hub's own, without its network."""
    beyond = Client()

    async def token(refused: str) -> str:
        return key

    async def told() -> Mapping[str, str]:
        return {**extra, "base_url": f"local://vault/{name}", "scheme": "Bearer"}

    client = Client(transport=Local(folder.answer, (root,), beyond))
    return HttpApi(client, provider, provider.base_url, token, extra=told, sleep=_never)


async def _never(_: float) -> None: ...


async def walk(
    api: Any, at: Walk | None = None, now: Callable[[], float] | float = NOW
) -> list[Page]:
    """All pages of a walk; every cursor goes through its stored form, as in the hub."""
    clock = now if callable(now) else lambda: now
    cursor, found = at or Walk(), []
    async for page in sync.notes(api, cursor, Resource(), clock):
        assert json.decode(json.encode(page.cursor), type=Walk) == page.cursor
        found.append(page)
    return found


def versions(pages: list[Page]) -> list[Version]:
    """What the records of a walk become."""
    normalize = prepare(provider)
    found = [normalize(record) for page in pages for record in page.records]
    return [it for it in found if isinstance(it, Version)]


def said(pages: list[Page]) -> list[Message]:
    """The Messages of a walk."""
    return [it.message for it in versions(pages)]


def end(pages: list[Page]) -> Walk:
    """The cursor that a walk leaves."""
    cursor: Walk = pages[-1].cursor
    return cursor


def records(pages: list[Page]) -> list[Record]:
    return [record for page in pages for record in page.records]


def delivery(body: Any, sent: float = sign.NOW) -> Delivery:
    raw = body if isinstance(body, bytes) else json.encode(body)
    headers = {**sign.headers(""), "x-obsidian-timestamp": f"{sent:.0f}"}
    return Delivery(raw, sign.sign(SECRET, raw, headers), received_at=sign.NOW)


def answered(body: Any, status: int = 200) -> Response:
    return Response(status, {}, json.encode(body))
