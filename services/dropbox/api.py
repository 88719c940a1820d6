"""Dropbox's own endpoints, under `/api/v1`: what is there is listed, found, read and given as bytes."""

from typing import Any

from litestar import Controller, get, post
from litestar.params import JSONBody
from litestar.response import Stream
from msgspec import Raw, Struct

from services.dropbox import answers as of
from services.dropbox import asking as do
from services.dropbox.calls import DOWNLOAD, EXPORT, LIST, Listed, ask, written
from services.dropbox.models import File
from services.dropbox.writing import Writing
from shared.errors import BadRequest
from shared.normalizer import Message
from shared.passing import BYTES, Passing, within
from shared.shapes import decoded

LARGEST = 100 * 1024 * 1024
"""Bytes of the largest content that is passed on."""


class Wrapped(Struct):
    metadata: Raw


class Match(Struct):
    metadata: Wrapped


class Matches(Struct):
    matches: list[Match]
    has_more: bool = False
    cursor: str | None = None


class Temporary(Struct):
    link: str


class History(Struct):
    entries: list[do.Revision] = []
    is_deleted: bool = False


class Files(Controller):
    path = "/"

    @get("/files", summary="List what is in a folder")
    async def files(
        self,
        *,
        api: do.Account,
        names: do.Names,
        folder: do.Folder = "",
        place: do.Place = "",
        limit: do.Limit = 50,
    ) -> do.Found:
        if place:
            found = await ask(api, f"{LIST}/continue", Listed, {"cursor": place})
        else:
            found = await ask(api, LIST, Listed, {"path": folder, "limit": limit})
        more = found.cursor if found.has_more else ""
        return do.Found(await of.told(found.entries, names), more)

    @get("/files/search", summary="Search names, and texts where Dropbox indexes them")
    async def search(
        self,
        *,
        api: do.Account,
        names: do.Names,
        q: do.Words,
        place: do.Place = "",
        limit: do.Limit = 50,
    ) -> do.Found:
        if place:
            found = await ask(api, "/2/files/search/continue_v2", Matches, {"cursor": place})
        else:
            wish: dict[str, Any] = {"query": q, "options": {"max_results": limit}}
            found = await ask(api, "/2/files/search_v2", Matches, wish)
        rows = {bytes(it.metadata.metadata): it.metadata.metadata for it in found.matches}
        more = (found.cursor or "") if found.has_more else ""
        return do.Found(await of.told(rows.values(), names), more)

    @get("/files/{ident:str}", summary="Read what is known of a file, with its text if it is small")
    async def file(self, api: do.Account, names: do.Names, ident: do.Ident) -> Message:
        return await of.whole(api, names, await of.metadata(api, ident))

    @get(
        "/files/{ident:str}/content",
        media_type=BYTES,
        summary="A file's bytes; a document of a cloud in another format",
    )
    async def content(self, api: do.Account, ident: do.Ident, format: do.Format = "") -> Stream:
        it = decoded(await self._file(api, ident), File)
        if it.is_downloadable:
            within(it.size, LARGEST)
            opened = api.stream(DOWNLOAD, largest=LARGEST, arg=written({"path": it.id}))
            return Passing(opened, it.name)
        wish = {"path": it.id, **({"export_format": format} if format else {})}
        ending = format or (it.export_info and it.export_info.export_as) or ""
        if not ending:
            raise BadRequest("This kind of file has no content that could be given.")
        return Passing(
            api.stream(EXPORT, largest=LARGEST, arg=written(wish)), f"{it.name}.{ending}"
        )

    @get("/files/{ident:str}/link", summary="Where a file's bytes are for the next four hours")
    async def link(self, api: do.Account, ident: do.Ident) -> do.Link:
        found = await ask(api, "/2/files/get_temporary_link", Temporary, {"path": ident})
        return do.Link(found.link)

    @get("/files/{ident:str}/revisions", summary="The versions of a file, the newest first")
    async def revisions(
        self, api: do.Account, ident: do.Ident, limit: do.Limit = 10
    ) -> do.Revisions:
        wish = {"path": ident, "mode": "id", "limit": limit}
        found = await ask(api, "/2/files/list_revisions", History, wish)
        return do.Revisions(found.entries, found.is_deleted)

    @post("/sync/files", status_code=202, summary="Look for changes now, or list everything anew")
    async def sync_files(
        self, start_sync: do.StartSync, data: JSONBody[do.SyncWish | None] = None
    ) -> do.Started:
        return do.Started([await start_sync((data or do.SyncWish()).mode)])

    async def _file(self, api: Any, ident: str) -> Raw:
        row = await of.metadata(api, ident)
        if not decoded(row, of.Tagged).is_file:
            raise BadRequest("A folder has no content; ask for what is in it.")
        return row


ROUTES = (Files, Writing)
