"""How Figma says no: in two shapes, and to a dead token with the status of a missing permission.

https://developers.figma.com/docs/rest-api/rate-limits/
"""

from shared.errors import ItemGone, RateLimited, Reauthorize
from shared.types import Response

DEAD = (b"invalid token", b"token expired")
PATIENCE, LONGEST = 60.0, 31 * 86_400.0
"""Seconds to wait when Figma names none, and at most: a viewer's calls are counted by the month."""


class Hidden(ItemGone):
    """This connection may not see it; it is there all the same."""


def dialect(it: Response) -> Exception | None:
    """The error that an answer means, None where the usual table may decide."""
    if it.status == 403:
        said = it.body[:2000].lower()
        if any(word in said for word in DEAD):
            return Reauthorize("Figma no longer accepts this connection; connect it again.")
        if b"scope" in said:
            return Hidden("This connection was not granted the scope for that; connect again.")
        return Hidden("There is no such thing, or this connection may not see it.")
    if it.status == 429:
        seat = it.headers.get("x-figma-rate-limit-type", "") == "low"
        few = "; a viewer's seat, or a file of a free team, is given few calls" if seat else ""
        return RateLimited(f"Figma's limit of calls is reached{few}", retry_after=_wait(it))
    return None


def _wait(it: Response) -> float:
    told = it.headers.get("retry-after", "")
    if told.isascii() and told.isdigit() and len(told) < 12:
        return min(max(float(told), 1.0), LONGEST)
    return PATIENCE
