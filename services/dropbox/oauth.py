"""Whose account a token opens, and what a grant has to bring.

https://developers.dropbox.com/oauth-guide
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from services.dropbox.calls import ask
from shared.errors import Refused
from shared.provider import Api
from shared.types import Identity

SCOPES = (
    "account_info.read",
    "files.metadata.read",
    "files.content.read",
    "files.content.write",
    "sharing.read",
    "sharing.write",
)
OFFLINE = {"token_access_type": "offline"}
"""Without it no refresh token ever comes."""


class Name(Struct, frozen=True):
    display_name: str = ""


class Me(Struct):
    account_id: str
    name: Name = Name()
    email: str = ""
    email_verified: bool = False


async def identify(api: Api) -> Identity:
    """The account by its id; an address that nobody verified proves nothing and is left out."""
    me = await ask(api, "/2/users/get_current_account", Me)
    email = me.email if me.email_verified else ""
    return Identity(me.account_id, me.name.display_name or email, email, (route(me.account_id),))


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
