"""Drive's endpoints: files are found, read, and given as bytes or in another format."""

from datetime import UTC, datetime

from litestar import Controller, get
from litestar.response import Stream
from msgspec import Struct

from services.google import asking as ask
from services.google import drive_normalize as normal
from services.google.drive_models import File, Told, number
from services.google.drive_sync import ALL, FIELDS, FILES
from shared.errors import BadRequest
from shared.normalizer import Message
from shared.passing import BYTES, Passing, within

EXPORTS = {
    "application/vnd.google-apps.document": "text/markdown",
    "application/vnd.google-apps.spreadsheet": "text/csv",
    "application/vnd.google-apps.presentation": "text/plain",
    "application/vnd.google-apps.drawing": "image/png",
    "application/vnd.google-apps.script": "application/vnd.google-apps.script+json",
}
"""What Google's own documents become, where nothing else is asked for; of a sheet, the first one."""


LARGEST = 100 * 1024 * 1024
"""Bytes of the largest content that is passed on."""


class Listed(Struct):
    files: list[File] = []
    nextPageToken: str = ""


class Files(Controller):
    path = "/"

    @get("/files", summary="List files, or search their names and text; the last changed first")
    async def files(
        self, api: ask.Account, q: ask.Words = "", place: ask.Place = "", limit: ask.Limit = 50
    ) -> ask.Found:
        wanted = f"trashed = false and {search(q)}" if q else "trashed = false"
        asked = {"q": wanted, "fields": f"nextPageToken,files({FIELDS})"}
        if place:
            asked["pageToken"] = place
        if not q:  # Drive does not order what it finds in texts
            asked["orderBy"] = "modifiedTime desc"
        found = await api.get(FILES, Listed, pageSize=limit, **asked, **ALL)
        return ask.Found([_told(it) for it in found.files], found.nextPageToken)

    @get("/files/{ident:str}", summary="Read what is known of a file")
    async def file(self, api: ask.Account, ident: ask.Ident) -> Message:
        found = await api.get(f"{FILES}/{ident}", File, fields=FIELDS, supportsAllDrives="true")
        return _told(found)

    @get(
        "/files/{ident:str}/content",
        media_type=BYTES,
        summary="A file's bytes; a Google document in another format",
    )
    async def content(self, api: ask.Account, ident: ask.Ident, format: ask.Format = "") -> Stream:
        it = await api.get(f"{FILES}/{ident}", File, fields=FIELDS, supportsAllDrives="true")
        if it.mimeType.startswith("application/vnd.google-apps."):
            wanted = format or EXPORTS.get(it.mimeType, "")
            if not wanted:
                raise BadRequest("This kind of file has no content that could be given.")
            opened = api.stream(f"{FILES}/{ident}/export", largest=LARGEST, mimeType=wanted)
        else:
            within(number(it.size), LARGEST)
            flags = {"alt": "media", "supportsAllDrives": "true"}
            opened = api.stream(f"{FILES}/{ident}", largest=LARGEST, **flags)
        return Passing(opened, it.name or ident)


def search(words: str) -> str:
    """Drive's own question for files that have these words in their name or text."""
    quoted = words.replace("\\", "\\\\").replace("'", "\\'")
    return f"(name contains '{quoted}' or fullText contains '{quoted}')"


def _told(it: File) -> Message:
    return normal.file(Told(it, datetime.now(UTC).isoformat(timespec="milliseconds")))
