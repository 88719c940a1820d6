"""What all of Microsoft Graph has in common: pages, links to go on with, and things that are gone.

https://learn.microsoft.com/en-us/graph/delta-query-overview
"""

from datetime import UTC, datetime
from typing import TypeVar

from msgspec import Raw, Struct, field

from shared.errors import Unreadable

T = TypeVar("T")


class Listed(Struct):
    """One page. A walk goes on at `next`; where it ends, `delta` is what to ask for changes."""

    value: list[Raw] = []
    next: str = field(name="@odata.nextLink", default="")
    delta: str = field(name="@odata.deltaLink", default="")


class Gone(Struct):
    """Why something is not where it was: `deleted`, or `changed` (it may be elsewhere)."""

    reason: str = ""


class Deleted(Struct):
    """What is left of something that is gone: `at` is when that was seen."""

    id: str
    at: str


def moment(at: str) -> datetime:
    """A time as Graph writes it, with up to seven digits behind the second; raises Unreadable.

    One without an offset is UTC.
    """
    try:
        found = datetime.fromisoformat(at)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise Unreadable("A time is not written as Graph writes it.") from problem


def stamp(at: datetime) -> str:
    """A moment as Graph takes it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
