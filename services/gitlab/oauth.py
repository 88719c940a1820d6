"""Whose account a token opens, what it may do, and how it is closed.

https://docs.gitlab.com/api/oauth2/
"""

from contextlib import suppress
from urllib.parse import urlencode, urlsplit

from msgspec import Struct

from services.gitlab.models import Address
from shared.errors import ItemGone, Reauthorize, Refused
from shared.provider import Api, Revocation
from shared.types import Identity

SCOPES = ("api",)
READING = frozenset({"api", "read_api"})
"""Any of these lists what the streams walk."""


class Account(Struct):
    id: int
    username: str
    web_url: Address
    email: str | None = None


class Granted(Struct):
    """What GitLab tells of a token: of OAuth, or one that a person has made."""

    scope: list[str] | None = None
    scopes: list[str] | None = None


async def identify(api: Api) -> Identity:
    """A person by number, which means something within an instance only."""
    its = await api.get("/api/v4/user", Account)
    host = urlsplit(its.web_url).netloc
    return Identity(
        id=f"{host}:{its.id}",
        name=its.username,
        email=its.email or "",
        routes=(f"user:{host}:{its.id}",),
        scopes=await _granted(api),
    )


async def revoke(it: Revocation) -> None:
    """End the access token, and with it the refresh token of the same grant."""
    with suppress(ItemGone):
        body = urlencode({"token": it.token.access})
        await it.api.send("POST", "/oauth/revoke", type(None), body)


async def _granted(api: Api) -> tuple[str, ...] | None:
    """What a token may do: GitLab says it in one place for apps, in another for personal tokens."""
    for path in ("/oauth/token/info", "/api/v4/personal_access_tokens/self"):
        with suppress(ItemGone, Refused, Reauthorize):
            told = await api.get(path, Granted)
            return tuple(told.scope or told.scopes or ()) or None
    return None
