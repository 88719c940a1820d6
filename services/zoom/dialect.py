"""How Zoom says no: the status decides, but for a few numbers inside.

https://developers.zoom.us/docs/api/errors/ https://developers.zoom.us/docs/api/rate-limits/
"""

import re
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from msgspec import MsgspecError, Struct, json

from shared.errors import ItemGone, RateLimited, Refused
from shared.types import Response

SECOND = 1.0
"""Seconds to wait after a limit that is counted by the second."""
DAY = 86_400.0

_SCOPES = re.compile(r"does not contain scopes:\s*\[?([a-z0-9_:, ]{1,300})")
_NEXT = re.compile(r"next.?page.?token|page token", re.IGNORECASE)


class Lacking(ItemGone):
    """A scope was not granted, or Zoom does not allow it; what is there is there still."""


class TokenDead(Refused):
    """The place in a list is not known any more; Zoom remembers one for 15 minutes."""


class Said(Struct):
    code: int = 0
    message: str = ""


def dialect(it: Response, now: Callable[[], float] = time.time) -> Exception | None:  # noqa: PLR0911 - a table of codes
    """The error that an answer means, None where the usual table may decide."""
    if it.status < 400:
        return None
    said = _said(it.body)
    if it.status == 429:
        return RateLimited("Zoom's limit of calls is reached", retry_after=_wait(it, now))
    if it.status in (400, 401, 403) and (found := _SCOPES.search(said.message)):
        return Lacking(f"The app was not granted {found[1].strip()}; connect again to grant it.")
    if it.status == 403:
        return Lacking("This connection may not do that.")
    if it.status == 400 and _NEXT.search(said.message):
        return TokenDead("Zoom does not know this page any more.")
    if it.status == 400:
        return Refused(f"Zoom refused the call (code {said.code}).")
    return None


def _wait(it: Response, now: Callable[[], float]) -> float:
    """Seconds, from a date or a number; without either a second, or until the day ends in UTC."""
    told = it.headers.get("retry-after", "")
    if told.isascii() and told.isdigit() and len(told) < 9:
        return _within(float(told))
    with suppress(ValueError, OverflowError):
        until = datetime.fromisoformat(told)
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return _within(until.timestamp() - now())
    daily = "daily" in it.headers.get("x-ratelimit-type", "").lower()
    return _within(DAY - now() % DAY) if daily else SECOND


def _within(seconds: float) -> float:
    return min(max(seconds, SECOND), DAY)


def _said(body: bytes) -> Said:
    with suppress(MsgspecError, ValueError, RecursionError):
        return json.decode(body, type=Said)
    return Said()
