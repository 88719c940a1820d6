"""How Google says no: a reason inside the answer, which its status does not tell.

https://developers.google.com/workspace/gmail/api/guides/handle-errors
"""

import re
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from msgspec import MsgspecError, Struct, json

from shared.errors import ItemGone, RateLimited, Refused
from shared.types import Response

SLOWER, SPENT = 30.0, 3600.0
"""Seconds: after a rate that is counted by the minute, and after a quota that is counted by the day."""
RATES = frozenset({"userRateLimitExceeded", "rateLimitExceeded", "RATE_LIMIT_EXCEEDED"})
QUOTAS = frozenset({"dailyLimitExceeded", "quotaExceeded", "downloadQuotaExceeded"})
LACKING = "The access was not granted; connect again and grant it."
DISABLED = "Enable this API in the app's Google Cloud project."
REFUSED = {
    "insufficientPermissions": LACKING,
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": LACKING,
    "domainPolicy": "The administrator of this Google Workspace does not admit the app.",
    "accessNotConfigured": DISABLED,
    "SERVICE_DISABLED": DISABLED,
    "cannotDownloadAbusiveFile": "Google holds this file for malware or spam and does not give it.",
}
"""What people can do about a 403 that is no limit, by its reason."""

_UNTIL = re.compile(r"Retry after (\d{4}-\d\d-\d\dT[0-9:.]{8,15}Z)", re.IGNORECASE)


class TokenDead(ItemGone):
    """The place from which changes are told is too old: everything has to be read anew."""


class AlreadyDeleted(ItemGone):
    """What should be deleted was deleted before."""


class AlreadyThere(Refused):
    """Something with this id is there already."""


class Problem(Struct, frozen=True):
    reason: str = ""


class Error(Struct, frozen=True):
    message: str = ""
    errors: tuple[Problem, ...] = ()
    details: tuple[Problem, ...] = ()

    @property
    def reasons(self) -> set[str]:
        """Every word Google has for it."""
        return {it.reason for it in (*self.errors, *self.details) if it.reason}


class Said(Struct):
    error: Error = Error()


def dialect(it: Response, now: Callable[[], float] = time.time) -> Exception | None:
    """The error that an answer means, None where the usual table may decide."""
    if it.status not in (400, 403, 409, 410, 429):
        return None
    said = _said(it.body)
    if it.status == 410:
        deleted = "deleted" in said.reasons
        return AlreadyDeleted() if deleted else TokenDead("Google does not remember that far back.")
    if it.status == 429 or said.reasons & RATES:
        return RateLimited("Google asks for a slower pace.", retry_after=_wait(it, said, now))
    if it.status == 400:
        return _malformed(said)
    if it.status == 409:
        return AlreadyThere() if "duplicate" in said.reasons else None
    return _forbidden(said)


def _forbidden(said: Error) -> Exception | None:
    if said.reasons & QUOTAS:
        return RateLimited("The day's quota at Google is spent.", retry_after=SPENT)
    if "metadata scope" in said.message.lower():
        return Refused("Only headers were granted; connect again and grant to read mail.")
    sentence = next((REFUSED[it] for it in sorted(said.reasons) if it in REFUSED), "")
    return Refused(sentence) if sentence else None


def _malformed(said: Error) -> Exception | None:
    if "page token" in said.message.lower() or "pagetoken" in said.message.lower():
        return TokenDead("Google does not know this page any more.")
    if "failedPrecondition" in said.reasons and "mail service" in said.message.lower():
        return Refused("This Google account has no Gmail.")
    return None


def _wait(it: Response, said: Error, now: Callable[[], float]) -> float:
    """Seconds, from the header or from the sentence; at most a day."""
    told = it.headers.get("retry-after", "")
    if told.isascii() and told.isdigit() and len(told) < 9:
        return min(max(float(told), 1.0), 86_400.0)
    if until := _UNTIL.search(said.message):
        with suppress(ValueError):
            return min(max(datetime.fromisoformat(until[1]).timestamp() - now(), 1.0), 86_400.0)
    return SPENT if said.reasons & QUOTAS else SLOWER


def _said(body: bytes) -> Error:
    with suppress(MsgspecError, ValueError, RecursionError):
        return json.decode(body, type=Said).error
    return Error()
