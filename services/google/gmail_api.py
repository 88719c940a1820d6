"""Gmail's endpoints: what is read and written comes back as Messages. Nothing is ever sent twice by us."""

from litestar import Controller, get, patch, post
from litestar.params import JSONBody
from litestar.response import Stream
from msgspec import Struct

from services.google import asking as ask
from services.google import gmail_normalize as gmail
from services.google.gmail_attachment import content
from services.google.gmail_models import ME, Listed, Mail, Named, Profile
from services.google.gmail_parts import part
from services.google.gmail_post import LARGEST
from services.google.gmail_post import post as post_mail
from services.google.gmail_read import message, messages
from services.google.gmail_write import compose
from shared.normalizer import Message
from shared.passing import BYTES, Passing
from shared.provider import Api
from shared.shapes import decoded


class Label(Struct):
    id: str
    name: str = ""
    type: str = ""


class LabelList(Struct):
    labels: list[Label] = []


class Sent(Struct):
    """What went out; `repeated` says that it had gone out before, under the same Message-ID."""

    id: str
    thread_id: str
    message_id: str
    repeated: bool = False


class Emails(Controller):
    path = "/"

    @get("/emails", summary="List mails, the newest first")
    async def emails(
        self, api: ask.Account, label: ask.Label = "", place: ask.Place = "", limit: ask.Limit = 20
    ) -> ask.Found:
        return await _listed(api, place, limit, labelIds=label)

    @get("/emails/search", summary="Search as in Gmail: from:, subject:, has:attachment, after:")
    async def search(
        self, api: ask.Account, q: ask.Words, place: ask.Place = "", limit: ask.Limit = 20
    ) -> ask.Found:
        return await _listed(api, place, limit, q=q)

    @get("/emails/{ident:str}", summary="Read a mail")
    async def email(self, api: ask.Account, ident: ask.Ident) -> Message:
        return await shown(api, ident)

    @get(
        "/emails/{ident:str}/attachments/{number:str}",
        media_type=BYTES,
        summary="An attachment's bytes",
    )
    async def attachment(
        self, api: ask.Account, ident: ask.Ident, number: ask.PartNumber
    ) -> Stream:
        found = await part(api, ident, number)
        return Passing(content(api, ident, found.body), found.filename or f"part-{number}")

    @patch("/emails/{ident:str}/labels", summary="Add and remove labels: read, archive, star")
    async def change_labels(
        self, api: ask.Account, ident: ask.Ident, data: JSONBody[ask.LabelChange]
    ) -> Message:
        body = {"addLabelIds": data.add, "removeLabelIds": data.remove}
        await api.send("POST", f"{ME}/messages/{ident}/modify", Named, body)
        return await shown(api, ident)

    @get("/labels", summary="List the labels")
    async def labels(self, api: ask.Account) -> list[Label]:
        return (await api.get(f"{ME}/labels", LabelList)).labels

    @post("/emails/send", request_max_body_size=LARGEST, summary="Send a mail, once")
    async def send(self, api: ask.Account, data: JSONBody[ask.NewMail]) -> Sent:
        return await sent(api, data)

    @post("/sync/emails", status_code=202, summary="Walk the account now")
    async def sync_emails(
        self, start_sync: ask.StartSync, data: JSONBody[ask.SyncWish | None] = None
    ) -> ask.Started:
        return ask.Started([await start_sync((data or ask.SyncWish()).mode)])


async def sent(api: Api, mail: ask.NewMail) -> Sent:
    """Send, unless a mail with this Message-ID is there: then the first call did arrive."""
    if mail.message_id:
        known = await api.get(f"{ME}/messages", Listed, q=f"rfc822msgid:{mail.message_id[1:-1]}")
        for it in known.messages:
            return Sent(it.id, it.threadId, mail.message_id, repeated=True)
    me = (await api.get(f"{ME}/profile", Profile)).emailAddress
    made = compose(mail, me)
    gone = await post_mail(api, "POST", "/messages/send", Named, made)
    return Sent(gone.id, gone.threadId, str(made["Message-ID"]))


async def shown(api: Api, ident: str) -> Message:
    return gmail.mail(decoded(await message(api, ident), Mail))


async def _listed(api: Api, place: str, limit: int, **asked: str) -> ask.Found:
    given = {name: value for name, value in {**asked, "pageToken": place}.items() if value}
    found = await api.get(f"{ME}/messages", Listed, maxResults=limit, **given)
    there = messages(api, (it.id for it in found.messages))
    told = [gmail.mail(decoded(it, Mail)) async for it in there if it is not None]
    return ask.Found(told, found.nextPageToken)
