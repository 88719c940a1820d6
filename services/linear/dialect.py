"""How Linear says no: a word within `errors`, with a 400 even where a limit is spent, or with a 200.

https://linear.app/developers/rate-limiting
"""

import time
from collections.abc import Callable

from msgspec import MsgspecError, Struct, json

from shared.errors import ItemGone, RateLimited, Reauthorize, Unavailable
from shared.types import Response

PATIENCE = 60.0
"""Seconds to wait when Linear asks for patience without a number."""
LONGEST = 3900.0
"""Seconds; the limits are counted by the hour."""

CLOSED = frozenset(["FORBIDDEN", "FEATURE_NOT_ACCESSIBLE"])
LATER = frozenset(["INTERNAL_ERROR", "INTERNAL_SERVER_ERROR", "LOCK_TIMEOUT", "NETWORK_ERROR"])
LIMITS = ("requests", "complexity", "endpoint-requests")


class Extensions(Struct, frozen=True):
    code: str = ""
    type: str = ""


class Problem(Struct):
    message: str = ""
    extensions: Extensions = Extensions()

    @property
    def word(self) -> str:
        """The machine's word: `code`, or the older `type` ("feature not accessible")."""
        known = self.extensions.code or self.extensions.type
        return known.upper().replace(" ", "_")


class Said(Struct):
    errors: list[Problem] = []


def dialect(it: Response, now: Callable[[], float] = time.time) -> Exception | None:
    """The error that an answer means, None where the usual table may decide."""
    if b'"errors"' not in it.body:
        return None
    try:
        errors = json.decode(it.body, type=Said).errors
    except (MsgspecError, ValueError, RecursionError):
        return None
    words = {problem.word for problem in errors}
    if "RATELIMITED" in words:
        return RateLimited("Linear's limit is reached", retry_after=_wait(it, now))
    return _refusal(errors, words)


def _refusal(errors: list[Problem], words: set[str]) -> Exception | None:
    if "AUTHENTICATION_ERROR" in words:
        return Reauthorize("Linear no longer accepts this connection; connect it again.")
    if words & CLOSED or any(it.message.startswith("Entity not found") for it in errors):
        return ItemGone("There is no such thing, or this connection may not see it.")
    if words & LATER:
        return Unavailable("Linear could not do it just now.", unknown=True)
    return None


def _wait(it: Response, now: Callable[[], float]) -> float:
    """Seconds until the spent limit is counted anew; Linear's resets are in milliseconds."""
    told = it.headers.get("retry-after", "")
    if told.isascii() and told.isdigit():
        return min(max(float(told), 1.0), LONGEST)
    waits = [
        float(reset) / 1000 - now()
        for name in LIMITS
        if it.headers.get(f"x-ratelimit-{name}-remaining", "1").startswith(("0", "-"))
        if (reset := it.headers.get(f"x-ratelimit-{name}-reset", "")).isascii() and reset.isdigit()
    ]
    return min(max(*waits, 1.0), LONGEST) if waits else PATIENCE
