"""Whose account a token opens, and what LinkedIn's replies are in standard words.

https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow
"""

from collections.abc import Mapping
from typing import Any

from services.linkedin.models import Member
from shared.provider import Api
from shared.types import Identity

SCOPES = ("openid", "profile", "email", "w_member_social")
"""What every app may ask for by itself."""

READ, WRITE, ADMIN = "r_organization_social", "w_organization_social", "rw_organization_admin"
PAGES = (READ, WRITE, ADMIN)
"""What only an approved app may ask for, so that a connection has to name them."""


async def identify(api: Api) -> Identity:
    return _whose(await api.get("/v2/userinfo", Member))


def proven(claims: Mapping[str, Any]) -> Identity:
    """The same of an id_token."""
    return _whose(Member(claims["sub"], claims.get("name", ""), claims.get("email", "")))


def read_token(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    """Scopes come with commas or with blanks between them."""
    scope = reply.get("scope")
    return {**reply, "scope": scope.replace(",", " ")} if isinstance(scope, str) else reply


def _whose(it: Member) -> Identity:
    return Identity(id=it.sub, name=it.name, email=it.email, routes=(f"person:{it.sub}",))
