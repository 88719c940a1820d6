"""Mails as they are written. Graph does not say what became of a mail that it sends at once, so each is
a draft first: its id stays when it goes out.

https://learn.microsoft.com/en-us/graph/outlook-create-send-messages
"""

from base64 import b64encode
from typing import Any
from urllib.parse import quote

from litestar import Controller, patch, post
from litestar.params import JSONBody
from msgspec import Struct

from services.microsoft import asking as ask
from services.microsoft.graph import Listed
from services.microsoft.mail_models import Head
from services.microsoft.mail_sync import ME
from shared.errors import BadRequest
from shared.provider import Api
from shared.shapes import decoded

LARGEST = 3 * 1024 * 1024
"""Bytes of what is attached to one mail."""
REQUEST = 6 * 1024 * 1024


class Draft(Struct):
    id: str
    conversationId: str | None = None
    internetMessageId: str | None = None


class Sent(Struct):
    """What went out; `repeated` says that it had gone out before, under the same Message-ID."""

    id: str
    thread_id: str = ""
    message_id: str = ""
    repeated: bool = False


class Writing(Controller):
    path = "/"

    @post("/emails/send", request_max_body_size=REQUEST, summary="Send a mail, once")
    async def send(self, api: ask.Account, data: JSONBody[ask.NewMail]) -> Sent:
        return await sent(api, data)

    @post("/emails/{ident:str}/reply", summary="Answer a mail, once")
    async def reply(self, api: ask.Account, ident: ask.Ident, data: JSONBody[ask.NewReply]) -> Sent:
        if bool(data.text) == bool(data.html):  # Graph takes one of them and refuses both
            raise BadRequest("Answer with text or with html, and not with both.")
        word = "createReplyAll" if data.everybody else "createReply"
        body = {"comment": data.text} if data.text else {"message": {"body": _body("", data.html)}}
        draft = await api.send("POST", f"{ME}/messages/{quote(ident)}/{word}", Draft, body)
        return await _out(api, draft)

    @post("/drafts", request_max_body_size=REQUEST, summary="Keep a mail as a draft")
    async def create_draft(self, api: ask.Account, data: JSONBody[ask.NewMail]) -> Sent:
        return _told(await api.send("POST", f"{ME}/messages", Draft, written(data)))

    @patch("/drafts/{ident:str}", summary="Change a draft")
    async def change_draft(
        self, api: ask.Account, ident: ask.Ident, data: JSONBody[ask.DraftChange]
    ) -> Sent:
        wanted: dict[str, Any] = {
            name: [one.graph() for one in people]
            for name, people in zip(_ROLES, (data.to, data.cc, data.bcc), strict=True)
            if people is not None
        }
        wanted |= {} if data.subject is None else {"subject": data.subject}
        wanted |= {} if data.text is None else {"body": _body(data.text, "")}
        return _told(await api.send("PATCH", f"{ME}/messages/{quote(ident)}", Draft, wanted))

    @post("/drafts/{ident:str}/send", summary="Send a draft, once")
    async def send_draft(self, api: ask.Account, ident: ask.Ident) -> Sent:
        return await _out(api, Draft(ident))


_ROLES = ("toRecipients", "ccRecipients", "bccRecipients")


async def sent(api: Api, mail: ask.NewMail) -> Sent:
    """Send, unless a mail with this Message-ID went out; one that is still a draft goes out now."""
    if mail.message_id:
        asked = {"$filter": f"internetMessageId eq '{mail.message_id}'"}
        for row in (await api.get(f"{ME}/messages", Listed, **asked)).value:
            draft = decoded(row, Draft)
            if not decoded(row, Head).isDraft:
                return _told(draft, repeated=True)
            return await _out(api, draft)
    return await _out(api, await api.send("POST", f"{ME}/messages", Draft, written(mail)))


def written(it: ask.NewMail) -> dict[str, Any]:
    """The mail in Graph's words. Raises BadRequest for more than fits."""
    if sum(len(one.data) for one in it.attachments) > LARGEST:
        raise BadRequest("Attachments of more than 3 MB are not taken here.")
    people = zip(_ROLES, (it.to, it.cc, it.bcc), strict=True)
    files = [
        {
            "@odata.type": "#microsoft.graph.fileAttachment",
            "name": one.name,
            "contentType": one.type,
            "contentBytes": b64encode(one.data).decode(),
        }
        for one in it.attachments
    ]
    return {
        "subject": it.subject,
        "body": _body(it.text, it.html),
        **{role: [one.graph() for one in named] for role, named in people if named},
        **({"attachments": files} if files else {}),
        **({"internetMessageId": it.message_id} if it.message_id else {}),
    }


async def _out(api: Api, draft: Draft) -> Sent:
    await api.send("POST", f"{ME}/messages/{quote(draft.id)}/send", type(None))
    return _told(draft)


def _told(it: Draft, *, repeated: bool = False) -> Sent:
    return Sent(it.id, it.conversationId or "", it.internetMessageId or "", repeated)


def _body(text: str, html: str) -> dict[str, str]:
    return (
        {"contentType": "html", "content": html}
        if html
        else {"contentType": "text", "content": text}
    )
