"""Figma's own endpoints, under `/api/v1`: what is read and written comes back as Messages."""

from typing import Any

from litestar import Controller, delete, get, post
from litestar.params import JSONBody
from msgspec import Raw, Struct

from services.figma import answers as of
from services.figma import asking as ask
from shared.errors import BadRequest, ItemGone, Refused
from shared.normalizer import Message


class Drawn(Struct):
    images: dict[str, str | None]
    err: str | None = None


class Figma(Controller):
    path = "/"

    @get("/files/{key:str}", summary="Read what a file is, without opening it")
    async def file(self, api: ask.Account, key: ask.FileKey) -> Message:
        return await of.file(api, key)

    @get("/files/{key:str}/comments", summary="List or search the comments on a file")
    async def comments(
        self,
        api: ask.Account,
        key: ask.FileKey,
        q: ask.Words = "",
        unresolved: ask.Open = False,
    ) -> ask.Messages:
        words = q.casefold().split()
        found = await of.comments(api, key)
        return ask.Messages(
            [
                it
                for it in found
                if all(word in it.content.casefold() for word in words)
                and not (unresolved and "resolved" in it.metadata)
            ]
        )

    @get("/files/{key:str}/comments/{ident:str}", summary="Read a comment")
    async def comment(self, api: ask.Account, key: ask.FileKey, ident: ask.Number) -> Message:
        return await of.comment(api, key, ident)

    @post("/files/{key:str}/comments", summary="Comment on a file, or answer a comment")
    async def create_comment(
        self, api: ask.Account, key: ask.FileKey, data: JSONBody[ask.NewComment]
    ) -> Message:
        called = await of.name(api, key)
        try:
            row = await api.send("POST", f"/v1/files/{key}/comments", Raw, _wish(data))
        except Refused:
            if data.reply_to is None:
                raise
            raise BadRequest(
                "Figma refused the answer; reply_to names the first comment of a thread."
            ) from None
        (message,) = of.said(key, called, [row])
        return message

    @delete("/files/{key:str}/comments/{ident:str}", summary="Take a comment of one's own back")
    async def delete_comment(self, api: ask.Account, key: ask.FileKey, ident: ask.Number) -> None:
        await api.send("DELETE", f"/v1/files/{key}/comments/{ident}", type(None))

    @post(
        "/files/{key:str}/comments/{ident:str}/reactions",
        status_code=204,
        summary="React to a comment",
    )
    async def react(
        self,
        api: ask.Account,
        key: ask.FileKey,
        ident: ask.Number,
        data: JSONBody[ask.NewReaction],
    ) -> None:
        path = f"/v1/files/{key}/comments/{ident}/reactions"
        await api.send("POST", path, type(None), {"emoji": data.emoji})

    @delete("/files/{key:str}/comments/{ident:str}/reactions", summary="Take a reaction back")
    async def unreact(
        self, api: ask.Account, key: ask.FileKey, ident: ask.Number, emoji: ask.Emoji
    ) -> None:
        path = f"/v1/files/{key}/comments/{ident}/reactions"
        await api.send("DELETE", path, type(None), emoji=emoji)

    @get("/files/{key:str}/versions", summary="List the versions of a file, the newest first")
    async def versions(
        self,
        api: ask.Account,
        key: ask.FileKey,
        cursor: ask.Cursor = "",
        limit: ask.Limit = 30,
        saved: ask.Saved = False,
    ) -> ask.Messages:
        return await of.versions(api, key, cursor, limit, saved=saved)

    @get("/files/{key:str}/images", summary="Have pictures of layers drawn")
    async def images(
        self,
        api: ask.Account,
        key: ask.FileKey,
        ids: ask.Nodes,
        format: ask.Format = "png",
        scale: ask.Scale = 1.0,
    ) -> ask.Pictures:
        wish = {"ids": ids, "format": format, "scale": f"{scale:g}"}
        drawn = await api.get(f"/v1/images/{key}", Drawn, **wish)
        if drawn.err:
            raise ItemGone("Figma could not draw these layers.")
        return ask.Pictures({node: url for node, url in drawn.images.items() if url})

    @post("/sync/files", status_code=202, summary="Walk what the account follows now")
    async def sync_files(
        self, start_sync: ask.StartSync, data: JSONBody[ask.Activity | None] = None
    ) -> ask.Started:
        return ask.Started([await start_sync((data or ask.Activity()).mode)])


def _wish(data: ask.NewComment) -> dict[str, Any]:
    wish: dict[str, Any] = {"message": data.message}
    if data.reply_to is not None:
        wish["comment_id"] = data.reply_to
    if data.pin is not None:
        point = {"x": data.pin.x, "y": data.pin.y}
        node = {"node_id": data.pin.node_id, "node_offset": point}
        wish["client_meta"] = node if data.pin.node_id else point
    return wish
