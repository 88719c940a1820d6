"""Notion's own endpoints, under `/api/v1`: what is read and written comes back as Messages."""

from typing import Any

from litestar import Controller, delete, get, patch, post
from litestar.params import JSONBody
from msgspec import Raw

from services.notion import answers as of
from services.notion import asking as ask
from services.notion import normalize, writing
from services.notion.listing import listing
from services.notion.models import Comment, DataSource, Page, dashed
from services.notion.normalize import CommentTold, PageTold, SourceTold
from services.notion.people import mentioned, users
from services.notion.reading import page
from shared.errors import BadRequest, ItemGone
from shared.normalizer import Message
from shared.shapes import decoded

NEWEST = {"timestamp": "last_edited_time", "direction": "descending"}


class Notion(Controller):
    path = "/"

    @get("/search", summary="Find pages and databases by words of their title")
    async def search(
        self,
        *,
        api: ask.Account,
        names: ask.Names,
        q: ask.Words = "",
        kind: ask.Kind = "",
        cursor: ask.Cursor = "",
        limit: ask.Limit = 50,
    ) -> ask.Messages:
        wish: dict[str, Any] = {"query": q} if q else {"sort": NEWEST}
        if kind:
            value = "page" if kind == "page" else "data_source"
            wish["filter"] = {"property": "object", "value": value}
        found = await listing(api, "/search", {**wish, "page_size": limit}, cursor)
        return ask.Messages(await of.listed(found.results, names), found.next)

    @get("/pages/{ident:str}", summary="Read a page with what stands in it")
    async def page(self, api: ask.Account, names: ask.Names, ident: ask.Ident) -> Message:
        found = await page(api, dashed(ident))
        if found is None:
            raise ItemGone("The page is in the trash.")
        return await of.whole(found, names)

    @post("/pages", summary="Make a page, or a row of a data source")
    async def create(self, api: ask.Account, data: JSONBody[ask.NewPage]) -> Message:
        if (data.page_id is None) == (data.data_source_id is None):
            raise BadRequest("Say where it goes: page_id or data_source_id.")
        place = {"page_id": data.page_id, "data_source_id": data.data_source_id}
        body = {
            "parent": {name: it for name, it in place.items() if it},
            "properties": {**data.properties, "title": {"title": writing.runs(data.title)}},
        }
        made = await writing.create(api, body, writing.paragraphs(data.text))
        return normalize.page(PageTold(made))

    @patch(
        "/pages/{ident:str}",
        summary="Change a page's title or properties, or take it out of the trash",
    )
    async def change(
        self, api: ask.Account, ident: ask.Ident, data: JSONBody[ask.PageChange]
    ) -> Message:
        body: dict[str, Any] = {"properties": dict(data.properties)}
        if data.title is not None:
            body["properties"]["title"] = {"title": writing.runs(data.title)}
        if data.in_trash is not None:
            body["in_trash"] = data.in_trash
        changed = await api.send("PATCH", f"/pages/{dashed(ident)}", Page, body)
        return normalize.page(PageTold(changed))

    @delete("/pages/{ident:str}", summary="Put a page into the trash")
    async def trash(self, api: ask.Account, ident: ask.Ident) -> None:
        await api.send("PATCH", f"/pages/{dashed(ident)}", type(None), {"in_trash": True})

    @post("/pages/{ident:str}/text", summary="Add paragraphs to the end of a page")
    async def append(
        self, api: ask.Account, ident: ask.Ident, data: JSONBody[ask.More]
    ) -> ask.Added:
        blocks = writing.paragraphs(data.text)
        await writing.append(api, dashed(ident), blocks)
        return ask.Added(len(blocks))

    @get("/pages/{ident:str}/comments", summary="Read the open comments on a page or a block")
    async def comments(self, api: ask.Account, names: ask.Names, ident: ask.Ident) -> ask.Messages:
        return ask.Messages(await of.said(api, names, dashed(ident)))

    @post("/comments", summary="Comment on a page, or answer in a discussion")
    async def comment(self, api: ask.Account, data: JSONBody[ask.NewComment]) -> Message:
        if (data.page_id is None) == (data.discussion_id is None):
            raise BadRequest("Say where it goes: page_id or discussion_id.")
        where: dict[str, Any] = (
            {"parent": {"page_id": data.page_id}}
            if data.page_id
            else {"discussion_id": data.discussion_id}
        )
        body = {**where, "rich_text": writing.runs(data.text)}
        said = await api.send("POST", "/comments", Comment, body)
        return normalize.comment(CommentTold(said, dashed(said.parent.page_id or "")))

    @get("/databases/{ident:str}", summary="Read a data source: what it is, and its columns")
    async def database(self, api: ask.Account, names: ask.Names, ident: ask.Ident) -> Message:
        row = await api.get(f"/data_sources/{dashed(ident)}", Raw)
        known = await names(mentioned(row))
        return normalize.database(SourceTold(decoded(row, DataSource), known))

    @get(
        "/databases/{ident:str}/rows",
        summary="List the rows of a data source, the last edited first",
    )
    async def rows(
        self,
        *,
        api: ask.Account,
        names: ask.Names,
        ident: ask.Ident,
        cursor: ask.Cursor = "",
        limit: ask.Limit = 50,
    ) -> ask.Messages:
        path = f"/data_sources/{dashed(ident)}/query"
        found = await listing(api, path, {"sorts": [NEWEST], "page_size": limit}, cursor)
        return ask.Messages(await of.listed(found.results, names), found.next)

    @get("/blocks/{ident:str}/file", summary="Where the file of a block is just now")
    async def file(self, api: ask.Account, ident: ask.Ident) -> ask.Place:
        return await of.place(api, dashed(ident))

    @get("/users", summary="Who the ids in Messages are")
    async def users(
        self, api: ask.Account, cursor: ask.Cursor = "", limit: ask.Limit = 100
    ) -> ask.People:
        found = await users(api, cursor, limit)
        return ask.People([of.human(it) for it in found.results], found.next)

    @post("/sync/pages", status_code=202, summary="Walk what the connection may see now")
    async def sync_pages(
        self, start_sync: ask.StartSync, data: JSONBody[ask.SyncPages | None] = None
    ) -> ask.Started:
        return ask.Started([await start_sync((data or ask.SyncPages()).mode)])
