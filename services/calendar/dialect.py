"""How CalDAV servers say no: the status alone does not tell, the precondition in the body does.

RFC 4918 section 16, RFC 4791 section 1.3, RFC 6578 section 3.2.
"""

from shared.errors import Changed, Refused, Unavailable
from shared.types import Response


class TokenDead(Refused):
    """The server forgot the sync token: what is there has to be compared."""


class NotSupported(Refused):
    """The server does not have this kind of question."""


class NotDav(Unavailable):
    """The answer is no XML of WebDAV: a page of somebody else's, or one that was cut short."""


class SameUid(Changed):
    """An event with this UID is there already."""


def dialect(it: Response) -> Exception | None:
    """The error that an answer means, None where the usual table may decide."""
    if it.status in (403, 409, 412):
        return _precondition(it.body)
    if it.status in (405, 415, 501):
        return NotSupported(f"The server does not do this ({it.status}).")
    if it.status == 423:
        return Unavailable("The server has locked it for a moment.")
    if it.status == 507:
        return Refused("The server has no room, or cannot answer so much at once.")
    return None


def _precondition(body: bytes) -> Exception | None:
    if b"valid-sync-token" in body:
        return TokenDead("The server no longer knows the sync token.")
    if b"no-uid-conflict" in body:
        return SameUid("The server has an event with this UID already.")
    if b"supported-report" in body or b"supported-filter" in body:
        return NotSupported("The server does not answer this report.")
    return None
