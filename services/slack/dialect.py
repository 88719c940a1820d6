"""How Slack says no: mostly with a 200 and one word inside.

https://docs.slack.dev/apis/web-api/#responses
"""

import re

from msgspec import MsgspecError, Struct, json

from shared.errors import BadRequest, ItemGone, RateLimited, Reauthorize, Refused, Unavailable
from shared.types import Response

PATIENCE = 30.0
"""Seconds to wait when Slack asks for patience without a number."""

DEAD = frozenset(
    ["account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"]
)
"""The token is not accepted: the hub renews it, or ends the connection where it cannot."""

CLOSED = frozenset(
    [
        "access_denied",
        "channel_is_archived",
        "channel_not_found",
        "ekm_access_denied",
        "cannot_access_channel",
        "channel_type_not_supported",
        "enterprise_is_restricted",
        "file_deleted",
        "file_not_found",
        "is_archived",
        "message_not_found",
        "missing_scope",
        "method_not_supported_for_channel_type",
        "no_permission",
        "no_reaction",
        "not_in_channel",
        "org_login_required",
        "plan_upgrade_required",
        "restricted_action",
        "team_access_not_granted",
        "team_not_found",
        "thread_not_found",
        "user_not_found",
        "user_not_visible",
        "users_not_found",
        "not_allowed_token_type",
    ]
)
"""It is not there, or not for this connection."""

LATER = frozenset(["fatal_error", "internal_error", "request_timeout", "service_unavailable"])

_WORD = re.compile(r"[a-z_]{1,60}\Z")


class Said(Struct):
    ok: bool = True
    error: str = ""
    needed: str = ""


def dialect(it: Response) -> Exception | None:
    """The error that an answer means, None where the usual table may decide."""
    if it.status >= 300 or it.body.startswith(b'{"ok":true'):
        return None
    try:
        said = json.decode(it.body, type=Said)
    except (MsgspecError, ValueError, RecursionError):
        return None
    return None if said.ok else refusal(said, it.headers.get("retry-after", ""))


def refusal(said: Said, wait: str) -> Exception:
    """What the hub is to do about the word in `error`."""
    word = said.error if _WORD.match(said.error) else "no reason"
    if word in DEAD:
        return Reauthorize(f"Slack no longer accepts this connection ({word}).")
    if word in ("ratelimited", "rate_limited", "message_limit_exceeded"):
        seconds = float(wait) if wait.isascii() and wait.isdigit() else PATIENCE
        return RateLimited(
            "Slack's limit of calls is reached", retry_after=min(max(seconds, 1.0), 86_400.0)
        )
    if word in CLOSED:
        needs = (
            f"; it needs {said.needed}" if re.fullmatch(r"[a-z:._,]{1,200}", said.needed) else ""
        )
        return ItemGone(
            f"This connection may not do that, or there is no such thing ({word}{needs})."
        )
    if word == "missing_argument":
        return BadRequest("Slack misses an argument; an organization's account needs `team`.")
    if word in LATER:
        return Unavailable(f"Slack could not do it just now ({word}).", unknown=True)
    return Refused(f"Slack refused the call ({word}).")
