"""Whose account a token opens, and what a grant has to bring.

https://developers.dropbox.com/oauth-guide
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

from services.dropbox.calls import NOTHING, ask, written
from shared.errors import ItemGone, Reauthorize, Refused
from shared.provider import Api, Revocation
from shared.types import Identity, Token

SCOPES = (
    "account_info.read",
    "files.metadata.read",
    "files.content.read",
    "files.content.write",
    "sharing.read",
    "sharing.write",
)
ROOT = "root_namespace"
"""What the team's space is called beside the token."""
OFFLINE = {"token_access_type": "offline"}
"""Without it no refresh token ever comes."""


class Name(Struct, frozen=True):
    display_name: str = ""


class Roots(Struct, frozen=True):
    """Where the account's own files are, and the space of its team that these may be a part of."""

    root_namespace_id: str = ""
    home_namespace_id: str = ""


class Me(Struct):
    account_id: str
    name: Name = Name()
    email: str = ""
    email_verified: bool = False
    root_info: Roots = Roots()


async def identify(api: Api) -> Identity:
    """The account by its id; an address that nobody verified proves nothing and is left out."""
    me = await ask(api, "/2/users/get_current_account", Me)
    email, roots = me.email if me.email_verified else "", me.root_info
    apart = roots.root_namespace_id != roots.home_namespace_id
    return Identity(
        me.account_id,
        me.name.display_name or email,
        email,
        (route(me.account_id),),
        extra={ROOT: roots.root_namespace_id} if apart else {},
    )


def path_root(told: Mapping[str, str]) -> dict[str, str]:
    """From the top of the team's space, where there is one: else only the own part of it is seen."""
    root = told.get(ROOT)
    return {"dropbox-api-path-root": written({".tag": "root", "root": root})} if root else {}


def route(account: str) -> str:
    """Where news of an account go."""
    return f"account:{account}"


def read_token(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    """The reply as it is. A grant names its account, a refresh does not; raises Refused for a grant
    that ends in four hours, and for one of a whole team."""
    if "team_id" in reply and "account_id" not in reply:
        raise Refused("That opens a whole team; connect a person's own account.")
    if "account_id" in reply and not reply.get("refresh_token"):
        raise Refused("Dropbox gave no refresh token; set token_access_type=offline for the app.")
    return reply


class Access(Struct):
    access_token: str


async def revoke(it: Revocation) -> None:
    """End the grant by an access token, which takes all others along; a fresh one, as the stored one
    may have ended. A grant that is dead needs no goodbye."""
    assert it.opened
    with suppress(ItemGone, Reauthorize, Refused):
        form = urlencode({"grant_type": "refresh_token", "refresh_token": it.token.refresh})
        fresh = await it.api.send("POST", "/oauth2/token", Access, form)
        api = it.opened(Token(fresh.access_token))
        await api.send("POST", "/2/auth/token/revoke", type(None), NOTHING)
