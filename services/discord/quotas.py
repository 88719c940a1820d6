"""What Discord counts: all calls of the bot, and each route apart for each channel or server.

Limits of routes are never known beforehand: their answers tell, and stop that one alone.
https://discord.com/developers/docs/topics/rate-limits
"""

import re
from collections.abc import Iterator

from shared.types import Charge, Quota

QUOTAS = {"calls": Quota(50, 1.0), "route": Quota(50, 1.0)}

_IDS = re.compile(r"(?<=/)[0-9]{5,20}(?=/|$)")
_REACTION = re.compile(r"/reactions/.*")


def charges(method: str, path: str, _body: bytes) -> Iterator[Charge]:
    """A call costs one of all, and one of its route: the first id is what Discord counts apart."""
    yield Charge("calls")
    yield Charge("route", of=f"{method} {route(path)}")


def route(path: str) -> str:
    """The path with its first id alone."""
    found = _REACTION.sub("/reactions", path)
    first = _IDS.search(found)
    return found[: first.end()] + _IDS.sub("*", found[first.end() :]) if first else found


def bot(_account: str) -> str:
    """All servers are read by the one bot, which Discord counts."""
    return "bot"
