"""What a server has: its channels and roles; and whether it is still ours to read.

https://discord.com/developers/docs/resources/guild
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

from msgspec import Struct

from services.discord import permissions
from services.discord.dialect import Lacking
from services.discord.models import User
from services.discord.oauth import BOT, PERSON, server
from services.discord.places import FORUMS, SPOKEN, TEXT, Channel, Guild, Member
from shared.errors import Ended, ItemGone, Reauthorize
from shared.provider import Api
from shared.types import Page, Resource

Clock = Callable[[], float]

REST = timedelta(minutes=50)
"""How long what was looked for stays looked for, however often somebody nudges."""


class Walk(Struct, frozen=True):
    """Ends where it began: every walk is whole."""


async def channels(api: Api, _: Walk, __: Resource) -> AsyncIterator[Page]:
    """Every channel that the bot may read, with the last message as a fact: a new one makes it due.

    What may not be read is counted by its reason. Raises Reauthorize where the bot is gone, and Ended
    where who let it in is.
    """
    ident = await server(api)
    guild, bot = await place(api, ident)
    await _consented(api, ident)
    excluded: Counter[str] = Counter()
    found = []
    for it in await api.get(f"/guilds/{ident}/channels", list[Channel]):
        if it.type not in TEXT | SPOKEN | FORUMS:
            continue
        given = permissions.of(it, guild, bot)
        if why := permissions.obstacle(it, given):
            excluded[why] += 1
            continue
        own = {"bot": bot.user.id if bot.user else ""}
        private = {"private": "true"} if given & permissions.MANAGE_THREADS else {}
        found.append(resource_of(it, ident, {**own, **private}))
    names = {it.id: it.name for it in guild.roles if it.name} | {it.id: it.name for it in found}
    yield Page((), Walk(), excluded=excluded, resources=tuple(found), names=names)


async def place(api: Api, ident: str) -> tuple[Guild, Member]:
    """The server and the bot in it; raises Reauthorize where it was thrown out."""
    bot = (await api.extra()).get(BOT, "")
    try:
        guild = await api.get(f"/guilds/{ident}", Guild)
        member = await api.get(f"/guilds/{ident}/members/{bot}", Member)
    except ItemGone:
        raise Reauthorize(
            "The bot is not in the server any more; connect again and let it in.", revoked=True
        ) from None
    return guild, Member(User(bot), member.nick, member.roles)


async def _consented(api: Api, ident: str) -> None:
    """Raise Reauthorize unless whoever consented still does, and Ended if they left the server.

    A server that is missing in their list may only be away, so the server itself is asked as well.
    """
    try:
        mine = await api.get("/users/@me/guilds", list[Guild], after=str(int(ident) - 1), limit=1)
    except ItemGone:
        return  # without the scope `guilds` the token itself is the only proof
    if ident in [it.id for it in mine]:
        return
    who = (await api.extra()).get(PERSON, "")
    try:
        await api.get(f"/guilds/{ident}/members/{who}", Member)
    except Lacking:
        raise
    except ItemGone:
        raise Ended(
            "Whoever connected this server has left it; somebody else may connect it."
        ) from None


def resource_of(it: Channel, guild: str, facts: dict[str, str]) -> Resource:
    told = {"type": str(it.type), "guild": guild, "last": it.last_message_id or "", **facts}
    return Resource(it.id, it.name or it.id, facts={name: one for name, one in told.items() if one})
