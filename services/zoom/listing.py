"""Lists of Zoom: by the month, because no question may span more, and page by page.

A place in a list is remembered for 15 minutes only; later the month begins again.
https://developers.zoom.us/docs/api/pagination/
"""

import time
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from msgspec import Raw, Struct, structs

from services.zoom.dialect import TokenDead
from services.zoom.models import User
from shared.errors import Refused, Unreadable
from shared.provider import Api
from shared.shapes import decoded

T = TypeVar("T")
Clock = Callable[[], float]

PER_PAGE = 300
OVERLAP = timedelta(days=2)
"""How far a walk looks back behind its mark: recordings are finished, and listed, hours later."""
HISTORY = timedelta(days=366)
"""How far the first walk looks back where Zoom does not say since when the person is there."""


class Walk(Struct, frozen=True):
    """All days before `mark` are known; the rest belongs to a walk under way, from `newest` down to
    `floor`: `to` is the last day of the month at hand, `next` the place within it."""

    mark: str = ""
    newest: str = ""
    floor: str = ""
    to: str = ""
    next: str = ""


class Listed(Struct):
    meetings: list[Raw] = []
    next_page_token: str = ""


async def by_month(
    api: Api, at: Walk, path: str, clock: Clock = time.time, **asked: str
) -> AsyncIterator[tuple[list[Raw], Walk]]:
    """Rows of a list of the person's own, the newest month first, each with the cursor behind it."""
    if not at.to:
        today = datetime.fromtimestamp(clock(), UTC).date()
        floor = date.fromisoformat(at.mark) - OVERLAP if at.mark else await beginning(api, today)
        at = Walk(at.mark, today.isoformat(), floor.isoformat(), today.isoformat())
    again = False
    while True:
        start = max(at.floor, at.to[:8] + "01")
        more = {"next_page_token": at.next} if at.next else {}
        window = {"from": start, "to": at.to}
        try:
            listed = await api.get(path, Listed, page_size=PER_PAGE, **window, **more, **asked)
        except TokenDead:
            if not at.next or again:
                raise
            at, again = structs.replace(at, next=""), True
            continue
        except Refused:
            if at.mark or at.to == at.newest:
                raise
            listed, start = Listed(), at.floor  # Zoom does not tell of what is older
        if listed.next_page_token:
            at = structs.replace(at, next=listed.next_page_token)
        elif start <= at.floor:
            at = Walk(mark=at.newest)
        else:
            before = date.fromisoformat(start) - timedelta(days=1)
            at, again = structs.replace(at, to=before.isoformat(), next=""), False
        yield listed.meetings, at
        if not at.to:
            return


async def beginning(api: Api, today: date) -> date:
    """The day on which the person came to Zoom: nothing is older."""
    told = (await api.get("/users/me", User)).created_at
    try:
        return min(datetime.fromisoformat(told).astimezone(UTC).date(), today)
    except (ValueError, OverflowError):
        return today - HISTORY


def readable(rows: Iterable[Raw], type: type[T]) -> tuple[list[T], list[Raw]]:
    """Rows as far as a walk needs them, and those that nobody understands."""
    found, odd = list[T](), list[Raw]()
    for row in rows:
        try:
            found.append(decoded(row, type))
        except Unreadable:
            odd.append(row)
    return found, odd
