"""What callers change: each write is sent once, and what came of it is a Message."""

from contextlib import suppress
from typing import Any

from litestar import Controller, delete, get, post
from litestar.params import JSONBody
from msgspec import Raw, Struct

from services.dropbox import answers as of
from services.dropbox import asking as do
from services.dropbox.calls import UPLOAD, ask, written
from services.dropbox.dialect import Linked
from services.dropbox.hashing import content_hash
from shared.errors import BadRequest, Refused
from shared.normalizer import Message
from shared.provider import Api, Content

LINKS = "/2/sharing/list_shared_links"


class Done(Struct):
    """What stands in the answers of most writes."""

    metadata: Raw


class Writing(Controller):
    path = "/"

    @post("/files", summary="Save a file of up to some megabytes")
    async def save(self, api: do.Account, names: do.Names, data: JSONBody[do.NewFile]) -> Message:
        if data.rev and data.replace:
            raise BadRequest("Say one of both: replace whatever is there, or the revision `rev`.")
        mode: Any = {".tag": "update", "update": data.rev} if data.rev else "add"
        wish = {
            "path": data.path,
            "mode": "overwrite" if data.replace else mode,
            "autorename": data.rename,
            "content_hash": content_hash(data.data),
        }
        content = Content("application/octet-stream", data.data)
        row = await api.send("POST", UPLOAD, Raw, content, arg=written(wish))
        return (await of.told([row], names))[0]

    @post("/folders", summary="Make a folder")
    async def folder(
        self, api: do.Account, names: do.Names, data: JSONBody[do.NewFolder]
    ) -> Message:
        return await _done(api, names, "create_folder_v2", {"path": data.path})

    @post("/files/{ident:str}/move", summary="Move or rename a file or a folder")
    async def move(
        self, api: do.Account, names: do.Names, ident: do.Ident, data: JSONBody[do.Goal]
    ) -> Message:
        wish = {"from_path": ident, "to_path": data.to, "autorename": data.rename}
        return await _done(api, names, "move_v2", wish)

    @post("/files/{ident:str}/copy", summary="Copy a file or a folder")
    async def copy(
        self, api: do.Account, names: do.Names, ident: do.Ident, data: JSONBody[do.Goal]
    ) -> Message:
        wish = {"from_path": ident, "to_path": data.to, "autorename": data.rename}
        return await _done(api, names, "copy_v2", wish)

    @post("/files/restore", summary="Bring a revision back, also of a file that was deleted")
    async def restore(
        self, api: do.Account, names: do.Names, data: JSONBody[do.Restoring]
    ) -> Message:
        wish = {"path": data.path, "rev": data.rev}
        row = await api.send("POST", "/2/files/restore", Raw, wish)
        return (await of.told([row], names))[0]

    @delete(
        "/files/{ident:str}", summary="Delete a file or a folder; it can be restored for a time"
    )
    async def remove(self, api: do.Account, ident: do.Ident, revised: do.Revised = "") -> None:
        wish = {"path": ident, **({"parent_rev": revised} if revised else {})}
        await api.send("POST", "/2/files/delete_v2", type(None), wish)

    @get("/files/{ident:str}/shared-links", summary="The links by which a file is shared")
    async def links(self, api: do.Account, ident: do.Ident) -> do.SharedLinks:
        return await _links(api, ident)

    @post(
        "/files/{ident:str}/shared-links", summary="Share a file by a link, or say by which it is"
    )
    async def share(self, api: do.Account, ident: do.Ident) -> do.SharedLink:
        path = "/2/sharing/create_shared_link_with_settings"
        with suppress(Linked):
            return await api.send("POST", path, do.SharedLink, {"path": ident})
        there = (await _links(api, ident)).links
        if not there:
            raise Refused("There is a shared link already, and Dropbox does not say which.")
        return there[0]

    @post("/shared-links/revoke", status_code=204, summary="End a link")
    async def revoke(self, api: do.Account, data: JSONBody[do.Revoking]) -> None:
        await api.send("POST", "/2/sharing/revoke_shared_link", type(None), {"url": data.url})


async def _done(api: Api, names: do.Named, call: str, wish: dict[str, Any]) -> Message:
    made = await api.send("POST", f"/2/files/{call}", Done, wish)
    return (await of.told([made.metadata], names))[0]


async def _links(api: Api, ident: str) -> do.SharedLinks:
    return await ask(api, LINKS, do.SharedLinks, {"path": ident, "direct_only": True})
