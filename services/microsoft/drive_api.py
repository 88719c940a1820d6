"""OneDrive's endpoints: what is there is listed, found and read; it comes back as Messages."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote

from litestar import Controller, get
from litestar.params import PathParameter, QueryParameter

from services.microsoft import asking as ask
from services.microsoft import drive_normalize as normal
from services.microsoft.drive_models import Item, Told
from services.microsoft.graph import Listed, stamp
from shared.normalizer import Message
from shared.shapes import decoded

DRIVE = "/me/drive"
TOP = f"{DRIVE}/root"
_BLANK = str.maketrans("/\\%", "   ")
"""What a path could be led elsewhere by, however often somebody decodes it; no word needs it."""
ItemId = Annotated[str, PathParameter(pattern=r"^[0-9A-Za-z!_-]{1,200}$(?!\n)")]
Parent = Annotated[
    str,
    QueryParameter(pattern=r"^[0-9A-Za-z!_-]{0,200}$(?!\n)", description="the root where empty"),
]


class Files(Controller):
    path = "/"

    @get("/files", summary="List what is in a folder")
    async def files(
        self, api: ask.Account, folder: Parent = "", place: ask.Place = "", limit: ask.Limit = 50
    ) -> ask.Found:
        where = f"{DRIVE}/items/{quote(folder)}/children" if folder else f"{TOP}/children"
        found = await api.get(where, Listed, **{"$top": str(limit), **ask.paged(place)})
        return _found(found)

    @get("/files/search", summary="Search names and texts")
    async def search(
        self, api: ask.Account, q: ask.Words, place: ask.Place = "", limit: ask.Limit = 50
    ) -> ask.Found:
        words = quote(q.translate(_BLANK).replace("'", "''"), safe="")
        where = f"{TOP}/search(q='{words}')"
        return _found(await api.get(where, Listed, **{"$top": str(limit), **ask.paged(place)}))

    @get("/files/{ident:str}", summary="Read what is known of a file")
    async def file(self, api: ask.Account, ident: ItemId) -> Message:
        return _told(await api.get(f"{DRIVE}/items/{quote(ident)}", Item))


def _found(listed: Listed) -> ask.Found:
    items = [_told(decoded(row, Item)) for row in listed.value]
    return ask.Found(items, ask.place_of(listed.next))


def _told(it: Item) -> Message:
    return normal.item(Told(it, stamp(datetime.now(UTC))))
