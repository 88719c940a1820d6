"""Obsidian's own endpoints, under `/api/v1`: notes are found, read and written, as Messages."""

from urllib.parse import urlencode

from litestar import Controller, delete, get, post, put
from litestar.params import JSONBody
from litestar.response import Stream

from services.obsidian import asking as ask
from services.obsidian import normalize, vault, writing
from services.obsidian.facts import moment
from services.obsidian.models import Hit
from services.obsidian.paths import address, asked, composed, hidden
from services.obsidian.telling import one
from shared.normalizer import Message
from shared.passing import BYTES, Passing
from shared.provider import Api

LARGEST = 32 * 1024 * 1024
"""Bytes of the largest file that is passed on."""


class Obsidian(Controller):
    path = "/"

    @get("/notes", summary="List notes by path, with the time of their last change")
    async def notes(
        self,
        api: ask.Account,
        folder: ask.Folder = "",
        after: ask.Place = "",
        limit: ask.Limit = 100,
    ) -> ask.Notes:
        inside = asked(folder.strip("/")) + "/" if folder.strip("/") else ""
        found = sorted((await vault.stats(api)).items())
        rows = [(path, it) for path, (_, it) in found if path.startswith(inside) and path > after]
        listed = [
            ask.Listed(path, moment(stat.mtime).isoformat(), int(stat.size))
            for path, stat in rows[:limit]
        ]
        return ask.Notes(listed, listed[-1].path if len(rows) > limit else "")

    @get("/search", summary="Find notes by words in their text or their path")
    async def search(self, api: ask.Account, q: ask.Words, limit: ask.Limit = 20) -> list[ask.Hit]:
        path = f"/search/simple/?{urlencode({'query': q, 'contextLength': 100})}"
        reply = await api.query(path, BYTES, b"")
        hits = vault.decoded(reply.data or b"", list[Hit])
        shown = [it for it in hits if not hidden(it.filename)][:limit]
        return [ask.Hit(it.filename, [found.context for found in it.matches]) for it in shown]

    @get("/note", summary="Read a note")
    async def note(self, api: ask.Account, path: ask.Path) -> Message:
        return await _told(api, writing.named(path))

    @post("/note", summary="Write a note that is not there yet")
    async def create(self, api: ask.Account, data: JSONBody[ask.NewNote]) -> Message:
        path = writing.named(data.path)
        await writing.create(api, path, data.text)
        return await _told(api, path)

    @put("/note", summary="Write a note in place of the one that you read")
    async def change(
        self, api: ask.Account, path: ask.Path, data: JSONBody[ask.NoteChange]
    ) -> Message:
        await writing.change(api, writing.named(path), data.text, data.if_match)
        return await _told(api, path)

    @post("/note/text", summary="Add to the end of a note")
    async def append(self, api: ask.Account, path: ask.Path, data: JSONBody[ask.More]) -> Message:
        await writing.append(api, writing.named(path), data.text)
        return await _told(api, path)

    @delete("/note", summary="Move a note to the trash")
    async def remove(self, api: ask.Account, path: ask.Path, if_match: ask.IfMatch = "") -> None:
        await writing.remove(api, writing.named(path), if_match)

    @get("/file", media_type=BYTES, summary="The bytes of any file in the vault")
    async def file(self, api: ask.Account, path: ask.Path) -> Stream:
        opened = api.stream(address(asked(path)), largest=LARGEST)
        return Passing(opened, path.rpartition("/")[2])

    @post("/sync/notes", status_code=202, summary="Look at the vault now")
    async def sync_notes(
        self, start_sync: ask.StartSync, data: JSONBody[ask.SyncNotes | None] = None
    ) -> ask.Started:
        return ask.Started([await start_sync((data or ask.SyncNotes()).mode)])


async def _told(api: Api, path: str) -> Message:
    note = await vault.read(api, path)
    return normalize.note(one(note, await api.extra(), composed(path), await vault.files(api)))
