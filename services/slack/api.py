"""Slack's own endpoints, under `/api/v1`: what is read and written comes back as Messages."""

from datetime import datetime

from litestar import Controller, delete, get, patch, post
from litestar.params import JSONBody
from msgspec import Struct

from services.slack import asking as ask
from services.slack import directory as of
from services.slack.directory import Posted
from services.slack.models import Conversation, kind_of, stamp
from shared.normalizer import Message


class Opened(Struct):
    channel: Conversation


class Slack(Controller):
    path = "/"

    @get("/messages", summary="List a conversation's messages, newest first")
    async def messages(
        self,
        *,
        api: ask.Account,
        names: ask.Names,
        channel: ask.ChannelQuery,
        since: ask.Moment = None,
        until: ask.Moment = None,
        cursor: ask.Cursor = "",
        limit: ask.Limit = 100,
    ) -> ask.Messages:
        window = {"oldest": _stamp(since), "latest": _stamp(until)}
        return await of.messages(api, names, "history", channel, limit, cursor=cursor, **window)

    @get("/channels/{channel:str}/messages", summary="The same, by the conversation's path")
    async def messages_of(
        self,
        api: ask.Account,
        names: ask.Names,
        channel: ask.ChannelPath,
        cursor: ask.Cursor = "",
        limit: ask.Limit = 100,
    ) -> ask.Messages:
        return await of.messages(api, names, "history", channel, limit, cursor=cursor)

    @get("/channels/{channel:str}/messages/{ts:str}/replies", summary="A message and its replies")
    async def replies(
        self,
        *,
        api: ask.Account,
        names: ask.Names,
        channel: ask.ChannelPath,
        ts: ask.TsPath,
        cursor: ask.Cursor = "",
        limit: ask.Limit = 100,
    ) -> ask.Messages:
        return await of.messages(api, names, "replies", channel, limit, cursor=cursor, ts=ts)

    @post("/messages", summary="Say something in a conversation or a thread")
    async def say(
        self, api: ask.Account, names: ask.Names, data: JSONBody[ask.NewMessage]
    ) -> Message:
        return await of.sent(await api.send("POST", "/chat.postMessage", Posted, data), names)

    @post("/direct-messages", summary="Say something to people directly")
    async def say_directly(
        self, api: ask.Account, names: ask.Names, data: JSONBody[ask.DirectMessage]
    ) -> Message:
        people = {"users": ",".join(data.users), "return_im": True}
        opened = await api.send("POST", "/conversations.open", Opened, people)
        body = {"channel": opened.channel.id, "text": data.text}
        posted = await api.send("POST", "/chat.postMessage", Posted, body)
        return await of.sent(posted, names, kind_of(opened.channel))

    @patch("/channels/{channel:str}/messages/{ts:str}", summary="Change what was said")
    async def edit(
        self,
        api: ask.Account,
        names: ask.Names,
        channel: ask.ChannelPath,
        ts: ask.TsPath,
        data: JSONBody[ask.Edit],
    ) -> Message:
        body = {"channel": channel, "ts": ts, "text": data.text}
        return await of.changed(await api.send("POST", "/chat.update", Posted, body), names, ts)

    @delete("/channels/{channel:str}/messages/{ts:str}", summary="Take back what was said")
    async def remove(self, api: ask.Account, channel: ask.ChannelPath, ts: ask.TsPath) -> None:
        await api.send("POST", "/chat.delete", type(None), {"channel": channel, "ts": ts})

    @post("/channels/{channel:str}/messages/{ts:str}/reactions", status_code=204, summary="React")
    async def react(
        self,
        api: ask.Account,
        channel: ask.ChannelPath,
        ts: ask.TsPath,
        data: JSONBody[ask.NewReaction],
    ) -> None:
        await of.react(api, "add", channel, ts, data.name)

    @delete("/channels/{channel:str}/messages/{ts:str}/reactions/{name:str}", summary="Unreact")
    async def unreact(
        self, api: ask.Account, channel: ask.ChannelPath, ts: ask.TsPath, name: ask.Emoji
    ) -> None:
        await of.react(api, "remove", channel, ts, name)

    @post("/sync/messages", status_code=202, summary="Walk the account's conversations now")
    async def sync_messages(
        self, start_sync: ask.StartSync, data: JSONBody[ask.SyncMessages | None] = None
    ) -> ask.Started:
        return ask.Started([await start_sync((data or ask.SyncMessages()).mode)])


def _stamp(moment: datetime | None) -> str:
    return stamp(moment) if moment else ""
