"""Whose server a consent opens, as whom each call is made, and how a connection is closed.

A person's token proves that they still consent; what is said is read by the bot that they let in.
https://discord.com/developers/docs/topics/oauth2
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any
from urllib.parse import urlencode

from msgspec import Meta, Struct

from services.discord.events import route
from services.discord.ids import Snowflake
from services.discord.models import User
from services.discord.places import Guild
from shared.errors import ItemGone, Refused
from shared.provider import Api, Revocation
from shared.types import Identity, Secret

BOT_TOKEN = "DISCORD_BOT_TOKEN"  # noqa: S105 - the name of a variable
SCOPES = ("identify", "guilds", "bot")
PERMISSIONS = str(1 << 6 | 1 << 10 | 1 << 11 | 1 << 16 | 1 << 20 | 1 << 38)
"""To add reactions, see channels, write, read history, see voice channels, and write in threads."""
MANAGING = 1 << 3 | 1 << 5
"""Administration, or management of the server: who has either may let a bot in."""
SERVER, BOT, PERSON = "guild_id", "bot_id", "user_id"
"""What a token's `extra` calls the server, the bot in it, and whoever consented."""
OF_THE_PERSON = ("/oauth2/@me", "/users/@me/guilds")
"""What is asked with the person's token; everything else is asked as the bot."""


class Mine(Struct):
    """A server as its member sees it."""

    id: Snowflake
    owner: bool = False
    permissions: Annotated[str, Meta(pattern=r"^[0-9]{1,20}$")] = "0"


class Authorized(Struct):
    """What a person's token says of itself."""

    user: User | None = None
    scopes: tuple[str, ...] = ()


async def identify(api: Api) -> Identity:
    """The server that the bot was let into with this consent.

    A token that was brought came without one: then it is the only server which its person manages and
    the bot is in.
    """
    guild = (await api.extra()).get(SERVER, "")
    mine = await api.get("/oauth2/@me", Authorized)
    if mine.user is None:
        raise Refused("Discord did not say whose token this is: it needs the scope identify.")
    managed = [guild] if guild else await _managed(api)
    shared = [it for ident in managed if (it := await _with_the_bot(api, ident))]
    if not shared:
        raise Refused("The bot is not in that server; connect again and let it in.")
    if len(shared) > 1:
        raise Refused("The bot is in several of this person's servers: connect by consent.")
    (found,) = shared
    bot = await api.get("/users/@me", User)
    return Identity(
        id=found.id,
        name=found.name or "",
        routes=(route(found.id), person(mine.user.id)),
        scopes=mine.scopes,
        extra={SERVER: found.id, BOT: bot.id, PERSON: mine.user.id},
    )


async def server(api: Api) -> Snowflake:
    """The server that the account is; raises Refused for a token that came without one."""
    guild = (await api.extra()).get(SERVER, "")
    if not guild:
        raise Refused("This connection does not say which server it is; connect it again.")
    return guild


async def _managed(api: Api) -> list[Snowflake]:
    """The servers of the token's person into which they might have let the bot."""
    mine = await api.get("/users/@me/guilds", list[Mine], limit=200)
    return [it.id for it in mine if it.owner or int(it.permissions) & MANAGING]


async def _with_the_bot(api: Api, ident: Snowflake) -> Guild | None:
    try:
        return await api.get(f"/guilds/{ident}", Guild)
    except ItemGone:
        return None


def person(user: str) -> str:
    """The webhook key of whoever consented."""
    return f"user:{user}"


def read_token(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    """The reply to a consent names the server that was chosen; the browser only carries a hint of it."""
    guild = reply.get("guild")
    return {**reply, "extra": {SERVER: str(int(guild["id"]))} if guild else {}}


def itself(path: str, settings: Mapping[str, Secret]) -> str:
    """The bot's own token, but for what only the person's may ask."""
    if path.startswith(OF_THE_PERSON):
        return ""
    token = settings.get(BOT_TOKEN)
    if not token:
        raise Refused(f"Set {BOT_TOKEN}: channels are read by the bot, not by persons.")
    return f"Bot {token.reveal()}"


async def revoke(it: Revocation) -> None:
    """End the person's authorization; one that is gone already needs no goodbye."""
    form = urlencode({"token": it.token.access, "token_type_hint": "access_token"})
    with suppress(ItemGone):
        await it.api.send("POST", "/oauth2/token/revoke", type(None), form)
