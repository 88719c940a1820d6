"""How X says no: in problem details, whose `type` ends in a word; also with a 200 that shows nothing.

https://docs.x.com/x-api/fundamentals/response-codes-and-errors
"""

import re
import time
from collections.abc import Callable

from msgspec import MsgspecError, Raw, Struct, json

from shared.errors import BadRequest, ItemGone, RateLimited, Refused, Unavailable
from shared.types import Response

PATIENCE = 60.0
"""Seconds to wait when X asks for patience without a time."""
LONGEST = 86_400.0
"""Seconds; some limits are counted by the day."""

SPENT = "X takes no more calls of this app: its credits or its month's posts are used up; add credits in X's console."
LIMITS = ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour")
GONE = frozenset(
    [
        "not-authorized-for-resource",
        "resource-not-found",
        "resource-unavailable",
        "disallowed-resource",
    ]
)
REPLIES = "X lets an app reply only where the author mentioned or quoted the account."
REFUSALS = {
    re.compile(
        r"\bduplicate"
    ): "X has this text from this account already; where a post seemed to fail, it was sent.",
    re.compile(r"\bsummon|\brepl(?:y|ies)\b"): REPLIES,
    re.compile(r"\bquot(?:e|es|ing)\b"): "X lets only enterprise apps quote.",
}
"""What a 403 at a post means, by a word of its description."""


class Problem(Struct):
    type: str = ""
    title: str = ""
    detail: str = ""
    message: str = ""

    @property
    def word(self) -> str:
        """The last part of the address; its host changed with X's name."""
        return self.type.rstrip("/").rpartition("/")[2]


class Said(Problem):
    errors: list[Problem] = []
    data: Raw | None = None
    meta: Raw | None = None


def dialect(it: Response, now: Callable[[], float] = time.time) -> Exception | None:
    """The error that an answer means, None where the usual table may decide."""
    if it.status < 300 and b'"errors"' not in it.body:
        return None
    try:
        said = json.decode(it.body, type=Said)
    except (MsgspecError, ValueError, RecursionError):
        said = Said()
    if it.status < 300:
        shown = said.data is not None or said.meta is not None or not said.errors
        return None if shown else _of(said.errors[0], 404)
    if it.status == 429 and said.word != "usage-capped":
        return RateLimited("X's limit of calls is reached", retry_after=_wait(it, now))
    return _of(said, it.status)


def _of(said: Problem, status: int) -> Exception | None:
    text = f"{said.detail} {said.message} {said.title}".lower()
    if said.word == "usage-capped" or status == 402 or "credits" in text:
        return Refused(SPENT)
    if said.word == "client-forbidden":
        return Refused("X does not let this app do that: its plan or its settings leave it out.")
    if status == 400:
        return BadRequest("X cannot carry out the call as it was made.")
    known = [it for word, it in REFUSALS.items() if status == 403 and word.search(text)]
    if known:
        return BadRequest(known[0])
    if said.word in GONE or status == 404:
        return ItemGone("There is no such thing on X, or this connection may not see it.")
    later = said.word == "internal-error"
    return Unavailable("X could not do it just now.", unknown=True) if later else None


def _wait(it: Response, now: Callable[[], float]) -> float:
    """Seconds until what is spent is counted anew; X's resets are times of day."""
    waits = [
        float(reset) - now()
        for name in LIMITS
        if it.headers.get(f"{name}-remaining", "0") == "0"
        if (reset := it.headers.get(f"{name}-reset", "")).isascii() and reset.isdigit()
    ]
    return min(max(*waits, 1.0), LONGEST) if waits else PATIENCE
