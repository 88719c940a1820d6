"""Whose account a token opens, what its refusals mean, and how it is closed.

https://developers.zoom.us/docs/integrations/oauth/
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from services.zoom.models import User
from shared.errors import ItemGone, Reauthorize, Refused
from shared.provider import Api, Revocation
from shared.types import Identity

DEAD_GRANT = frozenset({"invalid_grant", "invalid_request"})
"""Zoom calls a spent refresh token or code by either word."""
WORDS = {
    4702: "invalid_client",
    4704: "invalid_client",
    4705: "unsupported_grant_type",
    4706: "invalid_client",
    4709: "redirect_uri_mismatch",
    4711: "invalid_grant",
    4733: "invalid_grant",
    4734: "invalid_grant",
    4735: "invalid_grant",
    4737: "invalid_grant",
    4738: "invalid_grant",
    4740: "invalid_grant",
    4741: "invalid_grant",
}
"""What the numbers of refusals mean, in the words of RFC 6749."""


def granted(*names: str, classic: str) -> frozenset[str]:
    """Scopes that each allow it: granular or classic, of a person's app or an administrator's."""
    return frozenset(
        one for name in (*names, classic) for one in (name, f"{name}:admin", f"{name}:master")
    )


MEETINGS = granted("meeting:read:list_meetings", classic="meeting:read")
PAST = granted("meeting:read:past_meeting", classic="meeting:read")
LIBRARY = granted("cloud_recording:read:list_user_recordings", classic="recording:read")
FILES = granted("cloud_recording:read:list_recording_files", classic="recording:read")
SUMMARIES = granted("meeting:read:summary", classic="meeting_summary:read")


async def identify(api: Api) -> Identity:
    """A person within the account that all limits are counted by; neither id ever changes."""
    its = await api.get("/users/me", User)
    if not its.account_id:
        raise Refused("Zoom did not say which account this person belongs to.")
    return Identity(
        id=f"{its.account_id}:{its.id}",
        name=its.name or its.email,
        email=its.email,
        routes=(user(its.id), account(its.account_id)),
    )


def user(ident: str) -> str:
    """The key of what concerns one person's meetings."""
    return f"user:{ident}"


def account(ident: str) -> str:
    """The key of what Zoom tells without saying whose it is."""
    return f"account:{ident}"


def counted(ident: str) -> str:
    """The account, whose people share what may be asked: `yBk48:Wq3hO` and `yBk48:Xr4iP`."""
    return ident.partition(":")[0]


def read_token(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    """A token reply as it is; a refusal without a word gets the one that its number means."""
    if "access_token" in reply:
        return reply
    dead = str(reply.get("reason", "")).startswith("Invalid Token")
    word = "invalid_grant" if dead else WORDS.get(reply.get("code", 0), "")
    return {**reply, "error": word} if word else reply


async def revoke(it: Revocation) -> None:
    """End what was given to us; a token that is dead already needs no goodbye."""
    body = urlencode({"token": it.token.access})
    with suppress(ItemGone, Reauthorize, Refused):
        await it.api.send("POST", "/oauth/revoke", type(None), body)
