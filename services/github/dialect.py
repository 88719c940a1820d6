"""How GitHub says no: one status for a spent limit, a missing permission and a blocked account.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

import time
from collections.abc import Callable
from contextlib import suppress

from msgspec import MsgspecError, Struct, json

from shared.errors import ItemGone, RateLimited, Reauthorize
from shared.types import Response

SECONDARY = 60.0
"""Seconds to wait at least when a secondary limit gives no time."""


class Problem(Struct):
    type: str = ""


class Said(Struct):
    message: str = ""
    errors: list[Problem] = []


def dialect(it: Response, now: Callable[[], float] = time.time) -> Exception | None:
    """The error that an answer means, None where the usual table may decide."""
    if it.status == 200:
        return _graphql(it, now)
    said = _said(it.body).message.lower()
    if it.status == 401 and "bad credentials" in said:
        return Reauthorize("GitHub no longer accepts this connection; connect it again.")
    if it.status in (403, 429):
        return _limited(it, said, now)
    if it.status == 409 and "empty" in said:
        return ItemGone("The repository is empty.")
    if it.status in (410, 451):
        return ItemGone("GitHub has closed this to us.")
    return None


def _limited(it: Response, said: str, now: Callable[[], float]) -> Exception | None:
    wait = it.headers.get("retry-after", "")
    if wait.isascii() and wait.isdigit():
        return RateLimited("GitHub asks to wait.", retry_after=float(wait))
    if it.headers.get("x-ratelimit-remaining") == "0":
        return RateLimited("The hour's calls are spent.", retry_after=_reset(it, now))
    if "secondary rate limit" in said or "abuse detection" in said or it.status == 429:
        return RateLimited("GitHub asks for a slower pace.", retry_after=SECONDARY)
    if "suspended" in said:
        return Reauthorize("The account or the installation is suspended.", revoked=True)
    return ItemGone("This connection may not see that.")


def _graphql(it: Response, now: Callable[[], float]) -> Exception | None:
    """GraphQL refuses with a 200: the reason is inside."""
    if not it.body.lstrip().startswith(b"{") or b'"errors"' not in it.body:
        return None
    kinds = {problem.type for problem in _said(it.body).errors}
    if "RATE_LIMITED" in kinds or "RATE_LIMIT" in kinds:
        return RateLimited("The hour's GraphQL points are spent.", retry_after=_reset(it, now))
    if kinds & {"NOT_FOUND", "FORBIDDEN"}:
        return ItemGone("This connection may not see that.")
    return None


def _reset(it: Response, now: Callable[[], float]) -> float:
    """Seconds until the limit starts anew: at least one, at most an hour and a bit."""
    told = it.headers.get("x-ratelimit-reset", "")
    if not (told.isascii() and told.isdigit()):
        return SECONDARY
    return min(max(float(told) - now(), 1.0), 3900.0)


def _said(body: bytes) -> Said:
    with suppress(MsgspecError, ValueError, RecursionError):
        return json.decode(body, type=Said)
    return Said()
