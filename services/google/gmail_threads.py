"""Gmail's threads and drafts as endpoints: a reply stays in its thread, a draft is sent once."""

from litestar import Controller, get, patch, post
from litestar.params import JSONBody
from msgspec import Struct

from services.google import asking as ask
from services.google import gmail_normalize as gmail
from services.google.gmail_api import Sent
from services.google.gmail_models import ME, Mail, Named, Profile
from services.google.gmail_post import LARGEST
from services.google.gmail_post import post as post_mail
from services.google.gmail_write import answering, change, compose
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

    @post(
        "/threads/{ident:str}/reply",
        request_max_body_size=LARGEST,
        summary="Answer the last mail of a thread, once",
    )
    async def reply(self, api: ask.Account, ident: ask.Ident, data: JSONBody[ask.NewReply]) -> Sent:
        found = await api.get(f"{ME}/threads/{ident}", Thread, format="full")
        me = (await api.get(f"{ME}/profile", Profile)).emailAddress
        mail, headers = answering(found.messages, me, data)
        made = compose(mail, me, headers)
        gone = await post_mail(api, "POST", "/messages/send", Named, made, found.id)
        return Sent(gone.id, gone.threadId, str(made["Message-ID"]))

    @post("/drafts", request_max_body_size=LARGEST, summary="Keep a mail as a draft")
    async def create_draft(self, api: ask.Account, data: JSONBody[ask.NewMail]) -> Saved:
        return _saved(await post_mail(api, "POST", "/drafts", Kept, compose(data)))

    @patch("/drafts/{ident:str}", summary="Change a draft")
    async def change_draft(
        self, api: ask.Account, ident: ask.Ident, data: JSONBody[ask.MailChange]
    ) -> Saved:
        draft = await api.get(f"{ME}/drafts/{ident}", Draft, format="raw")
        made, thread = change(draft.message, data), draft.message.threadId
        return _saved(await post_mail(api, "PUT", f"/drafts/{ident}", Kept, made, thread))

    @post("/drafts/{ident:str}/send", summary="Send a draft, once")
    async def send_draft(self, api: ask.Account, ident: ask.Ident) -> Sent:
        gone = await api.send("POST", f"{ME}/drafts/send", Named, {"id": ident})
        return Sent(gone.id, gone.threadId, "")


def _saved(it: Kept) -> Saved:
    return Saved(it.id, it.message.id, it.message.threadId)
