"""Calls that answer a caller, each kept within the server that the account is.

The bot may be in servers of other users, so every id is looked up before anything is done with it.
"""

from urllib.parse import quote

from msgspec import Raw, Struct, json

from services.discord import answers
from services.discord import asking as ask
from services.discord.events import WRITTEN, Told
from services.discord.ids import Snowflake
from services.discord.models import Said, name_of
from services.discord.names import mentioned
from services.discord.normalize import message
from services.discord.oauth import server
from services.discord.places import Channel, Member
from shared.errors import ItemGone, Unreadable
from shared.normalizer import Message
from shared.provider import Api

SILENT = {"parse": [], "replied_user": False}
"""Nobody is called by what a caller lets the bot say, least of all everyone."""


class VoiceState(Struct):
    channel_id: Snowflake | None = None
    mute: bool = False
    self_mute: bool = False
    deaf: bool = False
    self_deaf: bool = False


async def inside(api: Api, channel: str) -> Channel:
    """The channel, if it is of the account's server; another one's is as if it were not there."""
    found = await api.get(f"/channels/{channel}", Channel)
    if found.guild_id is None or found.guild_id != await server(api):
        raise ItemGone("There is no such channel in this server.")
    return found


async def told(names: ask.Named, where: Channel, rows: list[Raw]) -> list[Message]:
    """Messages of one channel, like those that are published; what is said directly has no server."""
    called = await names({it for row in rows for it in mentioned(row)})
    said = (said_(row) for row in rows)
    guild = where.guild_id or ""
    return [message(Told(guild, it, where.type, called)) for it in said if it.type in WRITTEN]


async def page(
    api: Api, names: ask.Named, channel: str, limit: int, *, before: str, after: str
) -> answers.Messages:
    where = await inside(api, channel)
    span = {"before": before} if before else {"after": after} if after else {}
    rows = await api.get(f"/channels/{channel}/messages", list[Raw], limit=limit, **span)
    ids = sorted((said_(row).id for row in rows), key=int)
    following = ids[0] if len(rows) == limit and not after else ""
    return answers.Messages(await told(names, where, rows), following)


async def one(api: Api, names: ask.Named, channel: str, ident: str) -> Message:
    where = await inside(api, channel)
    row = await api.get(f"/channels/{channel}/messages/{ident}", Raw)
    found = await told(names, where, [row])
    if not found:
        raise ItemGone("Nobody wrote that: it is a note of Discord's own.")
    return found[0]


async def say(
    api: Api, names: ask.Named, where: Channel, wish: ask.NewMessage | ask.DirectMessage
) -> Message:
    """Post once; a call with the same `nonce` gives what was posted before."""
    body: dict[str, object] = {"content": wish.text, "allowed_mentions": SILENT}
    if isinstance(wish, ask.NewMessage):
        body["allowed_mentions"] = {**SILENT, "users": wish.mention_users}
        if wish.reply_to:
            body["message_reference"] = {"message_id": wish.reply_to, "fail_if_not_exists": True}
        if wish.nonce:
            body |= {"nonce": wish.nonce, "enforce_nonce": True}
    row = await api.send("POST", f"/channels/{where.id}/messages", Raw, body)
    return (await told(names, where, [row]))[0]


async def edited(api: Api, names: ask.Named, channel: str, ident: str, text: str) -> Message:
    where = await inside(api, channel)
    body = {"content": text, "allowed_mentions": SILENT}
    row = await api.send("PATCH", f"/channels/{channel}/messages/{ident}", Raw, body)
    return (await told(names, where, [row]))[0]


async def direct(api: Api, user: str) -> Channel:
    """The conversation with somebody of the server, which Discord keeps for ever."""
    await member(api, user)
    return await api.send("POST", "/users/@me/channels", Channel, {"recipient_id": user})


async def react(api: Api, method: str, channel: str, ident: str, emoji: str) -> None:
    await inside(api, channel)
    path = f"/channels/{channel}/messages/{ident}/reactions/{quote(emoji, safe='')}/@me"
    await api.send(method, path, type(None))


async def member(api: Api, user: str) -> answers.Human:
    return human(await api.get(f"/guilds/{await server(api)}/members/{user}", Member))


async def voice(api: Api, user: str) -> answers.Voice:
    """Where somebody is heard now; nowhere, where Discord knows no state of theirs."""
    try:
        it = await api.get(f"/guilds/{await server(api)}/voice-states/{user}", VoiceState)
    except ItemGone:
        return answers.Voice(user)
    return answers.Voice(
        user, it.channel_id or "", it.mute or it.self_mute, it.deaf or it.self_deaf
    )


def human(it: Member) -> answers.Human:
    if it.user is None:
        raise Unreadable("Discord lists a member without saying who it is.")
    return answers.Human(it.user.id, name_of(it.user), it.nick or "", it.user.bot, list(it.roles))


def place(it: Channel, *, readable: bool = True) -> answers.Place:
    archived = bool(it.thread_metadata and it.thread_metadata.archived)
    return answers.Place(
        it.id, it.type, it.name or "", it.topic or "", it.parent_id or "", archived, readable
    )


def said_(row: Raw) -> Said:
    try:
        return json.decode(row, type=Said)
    except Exception as problem:
        raise Unreadable("Discord answers with a message of an unknown shape.") from problem
