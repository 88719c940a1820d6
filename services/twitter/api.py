"""X's own endpoints, under `/api/v1`: what is read comes back as Messages, and is billed like any read."""

from litestar import Controller, delete, get, post
from litestar.params import JSONBody

from services.twitter import answers, writing
from services.twitter import asking as ask
from shared.normalizer import Message


class X(Controller):
    path = "/"

    @get("/me", summary="Tell whose account it is")
    async def me(self, api: ask.Account) -> ask.Human:
        return await answers.human(api, "/2/users/me")

    @get("/users/{handle:str}", summary="Look somebody up by their handle")
    async def user(self, api: ask.Account, handle: ask.Handle) -> ask.Human:
        return await answers.human(api, f"/2/users/by/username/{handle}")

    @get("/posts", summary="List own posts, the newest first")
    async def posts(
        self,
        api: ask.Account,
        since: ask.Since = None,
        cursor: ask.Cursor = "",
        limit: ask.Limit = 20,
    ) -> ask.Messages:
        return await answers.own(api, "tweets", limit, cursor, since)

    @get("/mentions", summary="List posts that mention the account, the newest first")
    async def mentions(
        self,
        api: ask.Account,
        since: ask.Since = None,
        cursor: ask.Cursor = "",
        limit: ask.Limit = 20,
    ) -> ask.Messages:
        return await answers.own(api, "mentions", limit, cursor, since)

    @get("/posts/search", summary="Search what was posted in the last seven days")
    async def search(
        self, api: ask.Account, term: ask.Term, cursor: ask.Cursor = "", limit: ask.Limit = 20
    ) -> ask.Messages:
        return await answers.search(api, term, limit, cursor)

    @get("/threads/{thread:str}", summary="List the last seven days of a conversation of posts")
    async def thread(
        self, api: ask.Account, thread: ask.Id, cursor: ask.Cursor = "", limit: ask.Limit = 20
    ) -> ask.Messages:
        return await answers.search(api, f"conversation_id:{thread}", limit, cursor)

    @get("/posts/{ident:str}", summary="Read a post")
    async def one(self, api: ask.Account, ident: ask.Id) -> Message:
        return await answers.one(api, ident)

    @get("/posts/{ident:str}/metrics", summary="Count a post's likes, replies, reposts and views")
    async def metrics(self, api: ask.Account, ident: ask.Id) -> ask.Metrics:
        return await answers.metrics(api, ident)

    @post("/posts", summary="Post, reply or edit")
    async def create(self, api: ask.Account, data: JSONBody[ask.NewPost]) -> ask.Written:
        return await writing.post(api, data)

    @delete("/posts/{ident:str}", summary="Delete an own post, with all its versions")
    async def remove(self, api: ask.Account, ident: ask.Id) -> None:
        await api.send("DELETE", f"/2/tweets/{ident}", type(None))

    @get("/messages", summary="List direct messages of the last thirty days, the newest first")
    async def messages(
        self, api: ask.Account, cursor: ask.Cursor = "", limit: ask.Limit = 20
    ) -> ask.Messages:
        return await answers.directs(api, "/2/dm_events", limit, cursor)

    @get("/conversations/{conversation:str}", summary="List a conversation's direct messages")
    async def conversation(
        self,
        api: ask.Account,
        conversation: ask.Conversation,
        cursor: ask.Cursor = "",
        limit: ask.Limit = 20,
    ) -> ask.Messages:
        path = f"/2/dm_conversations/{conversation}/dm_events"
        return await answers.directs(api, path, limit, cursor)

    @post("/conversations/{conversation:str}/messages", summary="Write into a conversation")
    async def answer(
        self, api: ask.Account, conversation: ask.Conversation, data: JSONBody[ask.NewMessage]
    ) -> ask.Written:
        path = f"/2/dm_conversations/{conversation}/messages"
        return await writing.send(api, path, data)

    @post("/users/{person:str}/messages", summary="Write to somebody, by their number")
    async def write(
        self, api: ask.Account, person: ask.Id, data: JSONBody[ask.NewMessage]
    ) -> ask.Written:
        return await writing.send(api, f"/2/dm_conversations/with/{person}/messages", data)

    @post("/sync/activity", status_code=202, summary="Walk the account's posts and messages now")
    async def sync_activity(
        self, start_sync: ask.StartSync, data: JSONBody[ask.Activity | None] = None
    ) -> ask.Started:
        return ask.Started([await start_sync((data or ask.Activity()).mode)])
