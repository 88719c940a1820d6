"""Whose account a token opens, which of two tokens it is, and how it is closed.

https://docs.slack.dev/authentication/installing-with-oauth
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from services.slack.models import Auth
from shared.errors import ItemGone, Reauthorize, Refused
from shared.provider import Api, Reply, Revocation
from shared.types import Identity

SCOPES = (
    "channels:read",
    "channels:history",
    "groups:read",
    "groups:history",
    "im:read",
    "im:history",
    "mpim:read",
    "mpim:history",
    "users:read",
    "users:read.email",
    "usergroups:read",
    "files:read",
    "reactions:read",
    "chat:write",
    "im:write",
    "mpim:write",
    "reactions:write",
    "files:write",
)
PERSONAL = "user:"
"""How a scope of a person's own token begins with us; Slack asks for it in `user_scope`."""
ON_REQUEST = tuple(PERSONAL + it for it in SCOPES)
DEAD_GRANT = frozenset(
    [
        "invalid_grant",
        "invalid_refresh_token",
        "token_expired",
        "token_revoked",
        "account_inactive",
        "invalid_auth",
        "invalid_code",
        "code_already_used",
    ]
)
_TOKEN = ("access_token", "refresh_token", "expires_in", "scope")


async def identify(api: Api) -> Identity:
    """A bot is its workspace (or organization); a person is one within it."""
    reply = await api.page("/auth.test", Auth)
    if reply.data is None:
        raise Refused("Slack did not say whose token this is.")
    its = reply.data
    org = its.enterprise_id if its.is_enterprise_install else None
    place = org or its.team_id
    if not place:
        raise Refused("Slack did not say which workspace this token opens.")
    return Identity(
        id=place if its.bot_id else f"{place}:{its.user_id}",
        name=" / ".join(filter(None, (its.team, None if its.bot_id else its.user))),
        routes=(
            f"enterprise:{org}" if org else f"team:{place}",
            f"bot:{place}" if its.bot_id else f"user:{its.user_id}",
        ),
        scopes=granted(reply),
    )


def granted(reply: Reply[Any]) -> tuple[str, ...] | None:
    """The scopes that Slack names beside every answer: consent may have left some out."""
    told = reply.headers.get("x-oauth-scopes")
    return None if told is None else tuple(filter(None, (it.strip() for it in told.split(","))))


def read_token(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    """The bot's token stands at the top, a person's under `authed_user`: each opens its own account.

    A refresh of either has it at the top. Whose app it is tells later what this app said itself.
    """
    given = (it for it in (reply, reply.get("authed_user")) if it and it.get("access_token"))
    app = {"app_id": str(reply["app_id"])} if reply.get("app_id") else {}
    same = {"token_type": "bearer", "extra": app}
    found = [{name: it[name] for name in _TOKEN if it.get(name)} | same for it in given]
    return {**found[0], "beside": found[1:]} if found else {}


async def revoke(it: Revocation) -> None:
    """End what was given to us; a token that is dead already needs no goodbye."""
    body = urlencode({"token": it.token.access})
    with suppress(ItemGone, Reauthorize):
        await it.api.send("POST", "/auth.revoke", type(None), body)
