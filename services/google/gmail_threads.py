"""Gmail's threads and drafts as endpoints: a reply stays in its thread, a draft is sent once."""

from litestar import Controller, get, patch, post
from litestar.params import JSONBody
from msgspec import Struct

from services.google import asking as ask
from services.google import gmail_normalize as gmail
from services.google.gmail_api import Sent
from services.google.gmail_models import ME, Mail, Named, Profile
from services.google.gmail_write import answering, change, compose, raw
from shared.normalizer import Message


class ListedThread(Struct):
    id: str
    snippet: str = ""


class Threads(Struct):
    threads: list[ListedThread] = []
    nextPageToken: str = ""


class Thread(Struct):
    id: str
    messages: list[Mail] = []


class Shown(Struct):
    """A thread by its id; the mails in it are asked for one thread at a time."""

    id: str
    snippet: str = ""


class FoundThreads(Struct):
    items: list[Shown]
    next: str = ""


class Draft(Struct):
    id: str
    message: Mail


class Kept(Struct):
    id: str
    message: Named


class Saved(Struct):
    """A draft has an id of its own; that of its mail changes with every change."""

    id: str
    message_id: str
    thread_id: str


class Conversations(Controller):
    path = "/"

    @get("/threads", summary="List or search threads, the newest first")
    async def threads(
        self, api: ask.Account, q: ask.Words = "", place: ask.Place = "", limit: ask.Limit = 20
    ) -> FoundThreads:
        given = {name: value for name, value in {"q": q, "pageToken": place}.items() if value}
        found = await api.get(f"{ME}/threads", Threads, maxResults=limit, **given)
        rows = [Shown(it.id, gmail.plain(it.snippet)) for it in found.threads]
        return FoundThreads(rows, found.nextPageToken)

    @get("/threads/{ident:str}", summary="Read a thread, the oldest mail first")
    async def thread(self, api: ask.Account, ident: ask.Ident) -> list[Message]:
        found = await api.get(f"{ME}/threads/{ident}", Thread, format="full")
        return [gmail.mail(it) for it in found.messages]

    @post("/threads/{ident:str}/reply", summary="Answer the last mail of a thread, once")
    async def reply(self, api: ask.Account, ident: ask.Ident, data: JSONBody[ask.NewReply]) -> Sent:
        found = await api.get(f"{ME}/threads/{ident}", Thread, format="full")
        me = (await api.get(f"{ME}/profile", Profile)).emailAddress
        mail, headers = answering(found.messages, me, data)
        made = compose(mail, me, headers)
        body = {"raw": raw(made), "threadId": found.id}
        gone = await api.send("POST", f"{ME}/messages/send", Named, body)
        return Sent(gone.id, gone.threadId, str(made["Message-ID"]))

    @post("/drafts", summary="Keep a mail as a draft")
    async def create_draft(self, api: ask.Account, data: JSONBody[ask.NewMail]) -> Saved:
        body = {"message": {"raw": raw(compose(data))}}
        return _saved(await api.send("POST", f"{ME}/drafts", Kept, body))

    @patch("/drafts/{ident:str}", summary="Change a draft")
    async def change_draft(
        self, api: ask.Account, ident: ask.Ident, data: JSONBody[ask.MailChange]
    ) -> Saved:
        draft = await api.get(f"{ME}/drafts/{ident}", Draft, format="raw")
        made = {"raw": raw(change(draft.message, data)), "threadId": draft.message.threadId}
        return _saved(await api.send("PUT", f"{ME}/drafts/{ident}", Kept, {"message": made}))

    @post("/drafts/{ident:str}/send", summary="Send a draft, once")
    async def send_draft(self, api: ask.Account, ident: ask.Ident) -> Sent:
        gone = await api.send("POST", f"{ME}/drafts/send", Named, {"id": ident})
        return Sent(gone.id, gone.threadId, "")


def _saved(it: Kept) -> Saved:
    return Saved(it.id, it.message.id, it.message.threadId)
