"""What X counts: each question apart, by account, in quarters of an hour.

https://docs.x.com/x-api/fundamentals/rate-limits
"""

import re
from collections.abc import Iterator

from shared.types import Charge, Quota

_QUARTER, _DAY = 900.0, 86_400.0
QUOTAS = {
    "me": Quota(75, _QUARTER),
    "users": Quota(900, _QUARTER),
    "posts": Quota(900, _QUARTER),
    "mentions": Quota(300, _QUARTER),
    "lookup": Quota(900, _QUARTER),
    "search": Quota(300, _QUARTER),
    "messages": Quota(15, _QUARTER),
    "likes": Quota(75, _QUARTER),
    "bookmarks": Quota(180, _QUARTER),
    "create": Quota(100, _QUARTER),
    "delete": Quota(50, _QUARTER),
    "sent": Quota(15, _QUARTER),
    "sent_by_day": Quota(1_440, _DAY),
    "dollars": Quota(20.0, _DAY),
}
"""Calls, but for the dollars, which only an answer tells: what an account may cost in a day."""

_COUNTED = (
    ("GET", r"/2/users/me", ("me",)),
    ("GET", r"/2/users/\d+/tweets", ("posts",)),
    ("GET", r"/2/users/\d+/mentions", ("mentions",)),
    ("GET", r"/2/users/\d+/liked_tweets", ("likes",)),
    ("GET", r"/2/users/\d+/bookmarks", ("bookmarks",)),
    ("GET", r"/2/users/.*", ("users",)),
    ("GET", r"/2/tweets/search/.*", ("search",)),
    ("GET", r"/2/tweets(/\d+)?", ("lookup",)),
    ("GET", r"/2/dm_(events|conversations/.*)", ("messages",)),
    ("POST", r"/2/tweets", ("create",)),
    ("DELETE", r"/2/tweets/\d+", ("delete",)),
    ("POST", r"/2/dm_conversations.*", ("sent", "sent_by_day")),
)
_RULES = tuple((method, re.compile(path), names) for method, path, names in _COUNTED)


def charges(method: str, path: str, _body: bytes) -> Iterator[Charge]:
    """A call costs one of its own, and waits until what the ones before it cost has come in again."""
    for asked, pattern, names in _RULES:
        if asked == method and pattern.fullmatch(path):
            yield from map(Charge, names)
            yield Charge("dollars", 0)
            return
