"""How Jira says no, where the status alone does not tell what to do.

https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
"""

import re
import time
from collections.abc import Callable
from datetime import datetime

from msgspec import MsgspecError, Struct, json

from shared.errors import BadRequest, ItemGone, RateLimited
from shared.types import Response

HOUR, MINUTE = 3600.0, 60.0
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\Z")


class Said(Struct):
    errors: dict[str, object] = {}


def dialect(it: Response, now: Callable[[], float] = time.time) -> Exception | None:
    """The error that an answer means, None where the usual table may decide."""
    if it.status == 429:
        reason = it.headers.get("ratelimit-reason", "")
        spent = "quota" in reason
        wait = _wait(it, now(), HOUR - now() % HOUR if spent else MINUTE)
        said = (
            "Jira's points of this hour are spent" if spent else "Jira's limit of calls is reached"
        )
        return RateLimited(said, retry_after=wait, everything=spent)
    if it.status == 401 and b"scope does not match" in it.body[:2000]:
        return ItemGone("This connection was not granted the scope for that; connect again.")
    if it.status == 400 and (fields := _fields(it.body)):
        return BadRequest(f"Jira does not take what was given for {fields}.")
    return None


def _wait(it: Response, now: float, usual: float) -> float:
    """Seconds to wait: as asked for, or until the reset, which is a time in words."""
    told = it.headers.get("retry-after", "")
    if told.isascii() and told.isdigit() and len(told) < 10:
        return min(max(float(told), 1.0), HOUR)
    try:
        at = datetime.fromisoformat(it.headers.get("x-ratelimit-reset", ""))
    except ValueError:
        return max(usual, 1.0)
    return min(max(at.timestamp() - now, 1.0), HOUR) if at.tzinfo else max(usual, 1.0)


def _fields(body: bytes) -> str:
    """The names of the fields that were refused; why is not passed on, because it quotes values."""
    try:
        errors = json.decode(body, type=Said).errors
    except (MsgspecError, ValueError, RecursionError):
        return ""
    return ", ".join(sorted(name for name in errors if _FIELD.match(name)))
