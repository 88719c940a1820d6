"""Outlook's endpoints: mails are listed, searched, read and put in order; they come back as Messages."""

from urllib.parse import quote

from litestar import Controller, Response, get, patch, post
from litestar.params import JSONBody
from msgspec import Struct

from services.microsoft import asking as ask
from services.microsoft import mail_normalize as normal
from services.microsoft.graph import Listed
from services.microsoft.mail_models import File, Folder, Mail
from services.microsoft.mail_sync import ME, message_of
from shared.normalizer import Message
from shared.provider import Api
from shared.shapes import decoded

BYTES = "application/octet-stream"


class Kept(Struct):
    """A folder, and the folder that it is in."""

    id: str
    name: str
    parent_id: str = ""


class Emails(Controller):
    path = "/"

    @get("/emails", summary="List mails, the newest first")
    async def emails(
        self,
        api: ask.Account,
        folder: ask.Folder = "",
        place: ask.Place = "",
        limit: ask.Limit = 20,
    ) -> ask.Found:
        path = f"{ME}/mailFolders/{folder}/messages" if folder else f"{ME}/messages"
        return await _listed(api, path, place, {"$orderby": "receivedDateTime desc"}, limit)

    @get("/emails/search", summary="Search as in Outlook: from:, subject:, hasAttachments:true")
    async def search(
        self, api: ask.Account, q: ask.Words, place: ask.Place = "", limit: ask.Limit = 20
    ) -> ask.Found:
        words = q.replace("\\", "\\\\").replace('"', '\\"')
        return await _listed(api, f"{ME}/messages", place, {"$search": f'"{words}"'}, limit)

    @get("/emails/{ident:str}", summary="Read a mail")
    async def email(self, api: ask.Account, ident: ask.Ident) -> Message:
        return await shown(api, ident)

    @get(
        "/emails/{ident:str}/attachments/{number:str}",
        media_type=BYTES,
        summary="An attachment's bytes; of a mail within a mail, that mail",
    )
    async def attachment(
        self, api: ask.Account, ident: ask.Ident, number: ask.Ident
    ) -> Response[bytes]:
        path = f"{ME}/messages/{quote(ident)}/attachments/{quote(number)}"
        it = await api.get(path, File, **{"$select": "id,name,contentType,size,isInline"})
        name = quote((it.name or number).encode("utf-8", "replace"), safe="")
        headers = {
            "content-disposition": f"attachment; filename*=UTF-8''{name}",
            "x-content-type-options": "nosniff",
            "content-security-policy": "sandbox",
        }
        return Response(await api.get(f"{path}/$value", bytes), media_type=BYTES, headers=headers)

    @get("/threads/{ident:str}", summary="Read a conversation, the oldest mail first")
    async def thread(self, api: ask.Account, ident: ask.Ident) -> list[Message]:
        asked = {"$filter": f"conversationId eq '{ident}'", "$top": "100"}
        found = await api.get(f"{ME}/messages", Listed, **asked)
        mails = [normal.mail(decoded(it, Mail)) for it in found.value]
        return sorted(mails, key=lambda it: it.timestamp)

    @get("/folders", summary="List the folders, those within folders too")
    async def folders(self, api: ask.Account) -> list[Kept]:
        listed = await api.get(f"{ME}/mailFolders/delta", Listed)
        rows = list(listed.value)
        while listed.next:
            listed = await api.get(listed.next, Listed)
            rows += listed.value
        found = [decoded(row, Folder) for row in rows]
        return [
            Kept(it.id, it.displayName, it.parentFolderId or "") for it in found if not it.removed
        ]

    @patch("/emails/{ident:str}", summary="Mark a mail as read, flagged, or with categories")
    async def change_email(
        self, api: ask.Account, ident: ask.Ident, data: JSONBody[ask.MailChange]
    ) -> Message:
        flag = None if data.flagged is None else {"flagStatus": _FLAGS[data.flagged]}
        wanted = {"isRead": data.is_read, "categories": data.categories, "flag": flag}
        body = {name: it for name, it in wanted.items() if it is not None}
        await api.send("PATCH", f"{ME}/messages/{quote(ident)}", type(None), body)
        return await shown(api, ident)

    @post("/emails/{ident:str}/move", status_code=200, summary="Move a mail to another folder")
    async def move_email(
        self, api: ask.Account, ident: ask.Ident, data: JSONBody[ask.Move]
    ) -> Message:
        body = {"destinationId": data.folder}
        done = await api.send("POST", f"{ME}/messages/{quote(ident)}/move", Folder, body)
        return await shown(api, done.id)

    @post("/sync/emails", status_code=202, summary="Walk the account now")
    async def sync_emails(
        self, start_sync: ask.StartSync, data: JSONBody[ask.SyncWish | None] = None
    ) -> ask.Started:
        return ask.Started([await start_sync((data or ask.SyncWish()).mode)])


_FLAGS = {True: "flagged", False: "notFlagged"}


async def shown(api: Api, ident: str) -> Message:
    return normal.mail(await api.get(message_of(ident), Mail))


async def _listed(api: Api, path: str, place: str, asked: dict[str, str], limit: int) -> ask.Found:
    found = await api.get(path, Listed, **{"$top": str(limit), **asked, **ask.paged(place)})
    mails = [normal.mail(decoded(it, Mail)) for it in found.value]
    return ask.Found(mails, ask.place_of(found.next))
