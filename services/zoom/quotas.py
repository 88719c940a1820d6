"""What Zoom counts calls by: three labels, by account. These are the limits of a Pro plan.

https://developers.zoom.us/docs/api/rate-limits/
"""

import re
from collections.abc import Iterator

from shared.types import Charge, Quota

QUOTAS = {"light": Quota(30, 1.0), "medium": Quota(20, 1.0), "heavy": Quota(10, 1.0)}

_MEDIUM = re.compile(
    r"GET /users/[^/]+/(recordings|meetings)|POST /users/[^/]+/meetings"
    r"|GET /past_meetings/.+/(participants|instances)"
)
_API = re.compile(r"/(users|meetings|past_meetings)/.*")


def charges(method: str, path: str, _body: bytes) -> Iterator[Charge]:
    """One of its label; downloads and the token's end are not counted."""
    if _API.fullmatch(path):
        yield Charge("medium" if _MEDIUM.fullmatch(f"{method} {path}") else "light")
