"""How LinkedIn says no.

https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/error-handling
"""

import time
from collections.abc import Callable
from contextlib import suppress

from msgspec import MsgspecError, Struct, json

from shared.errors import Impossible, ItemGone, RateLimited, Reauthorize, Refused
from shared.types import Response

DAY = 86_400.0
UNSTEADY = 60.0
"""Seconds to wait where a limit is not said to be the day's."""


class Problem(Struct, rename="camel"):
    code: str = ""
    message: str = ""


def dialect(it: Response, now: Callable[[], float] = time.time) -> Exception | None:
    """The error that an answer means, None where the usual table may decide."""
    if it.status < 400:
        return None
    said = _said(it.body)
    if it.status == 401:
        revoked = "REVOKED" in said.code
        return Reauthorize("LinkedIn no longer accepts this connection.", revoked=revoked)
    if it.status == 429:
        daily = " DAY " in f" {said.message.upper()} "
        return RateLimited(
            "LinkedIn's calls of this day are spent." if daily else "LinkedIn asks to wait.",
            retry_after=DAY - now() % DAY if daily else _asked(it) or UNSTEADY,
        )
    return _refused(it.status, f"{said.code} {said.message}".upper())


def _refused(status: int, said: str) -> Exception | None:
    if status == 403:
        return ItemGone("The app's product, the scopes or the role do not allow that.")
    if status == 422 and "DUPLICATE" in said:
        return Impossible("LinkedIn has this very text already, and takes it only once.")
    if status == 426:
        return Refused(
            "LinkedIn has retired this version of its API; VERSION has to be a newer one."
        )
    return None


def _asked(it: Response) -> float:
    wait = it.headers.get("retry-after", "")
    return float(wait) if wait.isascii() and wait.isdigit() else 0.0


def _said(body: bytes) -> Problem:
    with suppress(MsgspecError, ValueError, RecursionError):
        return json.decode(body, type=Problem)
    return Problem()
