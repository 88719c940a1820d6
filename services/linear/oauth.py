"""Whose account a token opens, and how it is closed.

https://linear.app/developers/oauth-2-0-authentication
"""

from urllib.parse import urlencode

from msgspec import Struct

from services.linear.models import Who
from services.linear.queries import VIEWER
from shared.errors import Reauthorize, Refused
from shared.provider import Api, Revocation
from shared.types import Identity

SCOPES = ("read", "write")
ADMIN = "admin"
"""The scope that may make webhooks; asked for where a connection names it."""


class Organization(Struct, rename="camel"):
    id: str
    name: str = ""
    url_key: str = ""


class Opened(Struct):
    viewer: Who
    organization: Organization


async def identify(api: Api) -> Identity:
    """A member of a workspace: who is in two of them has two accounts."""
    it = await api.graphql(VIEWER, Opened)
    return Identity(
        id=f"{it.organization.id}:{it.viewer.id}",
        name=f"{it.organization.name or it.organization.url_key} / {it.viewer.name}",
        email=it.viewer.email or "",
        routes=(f"org:{it.organization.id}",),
    )


async def revoke(it: Revocation) -> None:
    """End both tokens; one that was ended before is answered with a 400, an old one with a 401."""
    tokens = {"refresh_token": it.token.refresh, "access_token": it.token.access}
    for name, token in tokens.items():
        if token:
            try:
                await it.api.send("POST", "/oauth/revoke", type(None), urlencode({name: token}))
            except (Refused, Reauthorize):
                continue
