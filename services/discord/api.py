"""Discord's own endpoints, under `/api/v1`: what is read and written comes back as Messages."""

from litestar import Controller, delete, get, patch, post, put
from litestar.params import JSONBody

from services.discord import answers, finding
from services.discord import asking as ask
from services.discord import directory as of
from services.discord.places import Channel
from shared.normalizer import Message


class Discord(Controller):
    path = "/"

    @get("/messages", summary="List a channel's or a thread's messages, newest first")
    async def messages(
        self,
        *,
        api: ask.Account,
        names: ask.Names,
        channel: ask.ChannelQuery,
        before: ask.Before = "",
        after: ask.After = "",
        limit: ask.Limit = 50,
    ) -> answers.Messages:
        return await of.page(api, names, channel, limit, before=before, after=after)

    @get("/channels/{channel:str}/messages", summary="The same, by the channel's path")
    async def messages_of(
        self,
        *,
        api: ask.Account,
        names: ask.Names,
        channel: ask.ChannelPath,
        before: ask.Before = "",
        after: ask.After = "",
        limit: ask.Limit = 50,
    ) -> answers.Messages:
        return await of.page(api, names, channel, limit, before=before, after=after)

    @get("/channels/{channel:str}/messages/{message:str}", summary="Read one message")
    async def message(
        self,
        api: ask.Account,
        names: ask.Names,
        channel: ask.ChannelPath,
        message: ask.MessagePath,
    ) -> Message:
        return await of.one(api, names, channel, message)

    @get(
        "/channels/{channel:str}/messages/{message:str}/attachments/{file:str}",
        summary="Say where a file is now: addresses last about a day",
    )
    async def attachment(
        self,
        api: ask.Account,
        channel: ask.ChannelPath,
        message: ask.MessagePath,
        file: ask.FilePath,
    ) -> answers.Link:
        return await finding.address(api, channel, message, file)

    @get("/search", summary="Search the server's messages")
    async def search(
        self, api: ask.Account, names: ask.Names, text: ask.Query, offset: ask.Offset = 0
    ) -> answers.Found:
        return await finding.search(api, names, text, offset)

    @post("/messages", summary="Say something in a channel or a thread, as the bot")
    async def say(
        self, api: ask.Account, names: ask.Names, data: JSONBody[ask.NewMessage]
    ) -> Message:
        return await of.say(api, names, await of.inside(api, data.channel), data)

    @post("/direct-messages", summary="Say something to somebody of the server directly")
    async def say_directly(
        self, api: ask.Account, names: ask.Names, data: JSONBody[ask.DirectMessage]
    ) -> Message:
        return await of.say(api, names, await of.direct(api, data.user), data)

    @patch("/channels/{channel:str}/messages/{message:str}", summary="Change what the bot said")
    async def edit(
        self,
        api: ask.Account,
        names: ask.Names,
        channel: ask.ChannelPath,
        message: ask.MessagePath,
        data: JSONBody[ask.Edit],
    ) -> Message:
        return await of.edited(api, names, channel, message, data.text)

    @delete("/channels/{channel:str}/messages/{message:str}", summary="Take back what was said")
    async def remove(
        self, api: ask.Account, channel: ask.ChannelPath, message: ask.MessagePath
    ) -> None:
        await of.inside(api, channel)
        await api.send("DELETE", f"/channels/{channel}/messages/{message}", type(None))

    @put(
        "/channels/{channel:str}/messages/{message:str}/reactions/{emoji:str}",
        status_code=204,
        summary="React",
    )
    async def react(
        self,
        api: ask.Account,
        channel: ask.ChannelPath,
        message: ask.MessagePath,
        emoji: ask.Emoji,
    ) -> None:
        await of.react(api, "PUT", channel, message, emoji)

    @delete(
        "/channels/{channel:str}/messages/{message:str}/reactions/{emoji:str}", summary="Unreact"
    )
    async def unreact(
        self,
        api: ask.Account,
        channel: ask.ChannelPath,
        message: ask.MessagePath,
        emoji: ask.Emoji,
    ) -> None:
        await of.react(api, "DELETE", channel, message, emoji)

    @post("/channels/{channel:str}/messages/{message:str}/threads", summary="Begin a thread")
    async def thread(
        self,
        api: ask.Account,
        channel: ask.ChannelPath,
        message: ask.MessagePath,
        data: JSONBody[ask.NewThread],
    ) -> answers.Place:
        await of.inside(api, channel)
        path = f"/channels/{channel}/messages/{message}/threads"
        return of.place(await api.send("POST", path, Channel, data))

    @post("/sync/messages", status_code=202, summary="Walk the account's channels now")
    async def sync_messages(
        self, start_sync: ask.StartSync, data: JSONBody[ask.SyncMessages | None] = None
    ) -> answers.Started:
        return answers.Started([await start_sync((data or ask.SyncMessages()).mode)])
