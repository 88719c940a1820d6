"""How Microsoft says no: a code inside the answer, which its status alone does not tell.

https://learn.microsoft.com/en-us/graph/errors
"""

import re
from contextlib import suppress

from msgspec import MsgspecError, Struct, json

from shared.errors import ItemGone, RateLimited, Refused
from shared.types import Response

USUAL, LONGEST = 30.0, 86_400.0
"""Seconds to wait where Graph names none, and at most."""

FORGOTTEN = re.compile(
    r"syncState(NotFound|Invalid)|InvalidSyncStateData|resync(Required|Changes\w*)"
    r"|ErrorInvalidSyncStateData|fullSyncRequired|SyncStateNotFound",
    re.IGNORECASE,
)
"""Codes of a link that leads nowhere any more, beside the status 410."""
NO_SERVICE = {
    "MailboxNotEnabledForRESTAPI": "This account has no mailbox at Exchange Online.",
    "MailboxNotSupportedForRESTAPI": "This account has no mailbox at Exchange Online.",
    "ResourceNotFound": "This account does not have this product of Microsoft 365.",
}
ABSENT = frozenset(["ErrorItemNotFound", "ErrorFolderNotFound", "itemNotFound", "NotFound"])
"""Codes that prove that something is not there; a 404 without one of them proves nothing."""
LACKING = "The access was not granted, or the organization's policy forbids it; connect again."
REFUSED = {
    "ErrorAccessDenied": LACKING,
    "Authorization_RequestDenied": LACKING,
    "accessDenied": LACKING,
    "Forbidden": LACKING,
    "insufficientStorage": "The account has no room left at Microsoft.",
    "quotaLimitReached": "The account has no room left at Microsoft.",
    "resourceLocked": "Somebody has the file open; try again when it is closed.",
    "notAllowed": "Somebody has the file open; try again when it is closed.",
}
"""What people can do about a refusal, by its code."""


class NotThere(ItemGone):
    """There is nothing under this id any more, or not in this place."""


class Forgotten(ItemGone):
    """The place from which changes are told is too old: everything has to be read anew."""


class NoService(ItemGone):
    """The account does not have this product."""


class Inner(Struct, frozen=True):
    code: str = ""


class Error(Struct, frozen=True):
    code: str = ""
    innerError: Inner | None = None

    @property
    def codes(self) -> list[str]:
        """From the most exact one to the plainest."""
        return [it for it in (self.innerError.code if self.innerError else "", self.code) if it]


class Said(Struct):
    error: Error = Error()


def dialect(it: Response) -> Exception | None:
    """The error that an answer means, None where the usual table may decide."""
    if it.status in (429, 509) or (it.status in (503, 504) and "retry-after" in it.headers):
        return RateLimited(
            "Microsoft asks for a slower pace.",
            retry_after=_wait(it),
            everything=it.status in (503, 504),
        )
    if it.status < 400 or it.status in (401, 412) or (it.status >= 500 and it.status != 507):
        return None
    codes = _codes(it.body)
    if it.status == 410 or any(map(FORGOTTEN.fullmatch, codes)):
        return Forgotten("Microsoft does not remember that far back.")
    if it.status == 404:
        if known := next((NO_SERVICE[code] for code in codes if code in NO_SERVICE), ""):
            return NoService(known)
        return NotThere("Microsoft has nothing under this id.") if ABSENT & {*codes} else None
    sentence = next((REFUSED[code] for code in codes if code in REFUSED), "")
    return Refused(sentence) if sentence else None


def _wait(it: Response) -> float:
    """Seconds, also in fractions."""
    told = it.headers.get("retry-after", "")
    found = re.fullmatch(r"\d{1,8}(\.\d{1,9})?", told, re.ASCII)
    return min(max(float(told), 1.0), LONGEST) if found else USUAL


def _codes(body: bytes) -> list[str]:
    with suppress(MsgspecError, ValueError, RecursionError):
        return json.decode(body, type=Said).error.codes
    return []
