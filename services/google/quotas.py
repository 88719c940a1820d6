"""What Google counts calls by, since May 2026: for each user of a Cloud project, a minute at a time.

Older projects have more; `GOOGLE_QUOTAS` says so. https://developers.google.com/workspace/gmail/api/reference/quota
"""

import re
from collections.abc import Iterator, Mapping

from services.google.gmail_batch import PART
from shared.types import Charge, Quota

MINUTE = 60.0
QUOTAS: Mapping[str, Quota] = {
    "gmail": Quota(6_000, MINUTE),
    "calendar": Quota(600, MINUTE),
    "drive": Quota(325_000, MINUTE),
}
"""Units of Gmail and of Drive, calls of Calendar."""

MESSAGE = 20
"""Units of reading a message, wherever."""
_COSTS = {
    r"GET /gmail/.*/(profile|labels|labels/[^/]+)": 1,
    r"GET /gmail/.*/history": 2,
    r"GET /gmail/.*/(messages|drafts)": 5,
    r"GET /gmail/.*/threads": 10,
    r"GET /gmail/.*/threads/[^/]+": 40,
    r"POST /gmail/.*/messages/[^/]+/modify": 5,
    r"POST /gmail/.*/drafts": 10,
    r"PUT /gmail/.*/drafts/[^/]+": 15,
    r"POST /gmail/.*/(send|watch)": 100,
    r"POST /gmail/.*/stop": 50,
    r".* /gmail/.*": MESSAGE,
    r".* /calendar/.*": 1,
    r"GET /drive/v3/(files|changes)": 100,
    r"GET /drive/.*/export": 200,
    r"GET /drive/.*": 5,
    r".* /drive/.*": 50,
}
"""Units by method and path; the first that fits counts. A download looks like any read of a file."""
_CALLS = [(re.compile(pattern), units) for pattern, units in _COSTS.items()]


def charges(method: str, path: str, body: bytes) -> Iterator[Charge]:
    """What a call costs, of its product's quota; a batch as much as its parts alone."""
    if path.startswith("/batch/gmail/"):
        yield Charge("gmail", MESSAGE * max(1, body.count(PART)))
        return
    plain = path.removeprefix("/upload")
    for pattern, units in _CALLS:
        if pattern.fullmatch(f"{method} {plain}"):
            yield Charge(plain.split("/")[1], units)
            return
