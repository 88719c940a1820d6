"""Whose account a token opens, and how it is closed.

https://developers.notion.com/docs/authorization
"""

from contextlib import suppress

from msgspec import Struct

from services.notion.models import User, dashed
from shared.errors import ItemGone, Reauthorize, Refused
from shared.provider import Api, Revocation
from shared.types import Identity


class Owner(Struct):
    """A person, or a whole workspace where the connection is an internal one."""

    type: str = ""
    user: User | None = None


class Bot(Struct):
    owner: Owner | None = None
    workspace_id: str | None = None
    workspace_name: str | None = None


class Me(Struct):
    """The bot that every authorization has; its id is the one that `bot_id` names."""

    id: str
    name: str | None = None
    bot: Bot | None = None


async def identify(api: Api) -> Identity:
    """The bot's id; webhooks find it by its workspace, its owner and itself."""
    me = await api.get("/users/me", Me)
    bot = me.bot or Bot()
    if not bot.workspace_id:
        raise Refused("Notion did not say which workspace this token opens.")
    owner, place = bot.owner.user if bot.owner else None, dashed(bot.workspace_id)
    names = (bot.workspace_name, owner.name if owner else me.name)
    known = filter(None, (me.id, owner.id if owner else None))
    return Identity(
        id=dashed(me.id),
        name=" / ".join(filter(None, names)),
        email=(owner.person.email if owner and owner.person else None) or "",
        routes=(workspace(place), *(seen_by(place, it) for it in known)),
    )


def workspace(ident: str) -> str:
    """The route of everything in a workspace."""
    return f"workspace:{dashed(ident)}"


def seen_by(place: str, ident: str) -> str:
    """The route of what a person or a bot of a workspace has access to."""
    return f"seen_by:{dashed(place)}:{dashed(ident)}"


async def revoke(it: Revocation) -> None:
    """End the token, which ends the authorization; a dead one needs no goodbye."""
    with suppress(ItemGone, Reauthorize, Refused):
        await it.api.send("POST", "/oauth/revoke", type(None), {"token": it.token.access})
