"""One OneDrive: everything in it once, then what its delta link says has happened.

https://learn.microsoft.com/en-us/graph/api/driveitem-delta
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime

from msgspec import Raw, Struct, json

from services.microsoft.dialect import Forgotten, NoService
from services.microsoft.drive_models import Deleted, Head
from services.microsoft.graph import Listed, stamp
from shared.errors import Unreadable
from shared.provider import Api
from shared.shapes import decoded
from shared.types import Page, Record, Resource

DELTA = "/me/drive/root/delta"
ROOT = "the root of a drive"
MOST = 500
"""Deleted items that are remembered."""

Clock = Callable[[], datetime]


class Walk(Struct, frozen=True):
    """`link` stands for everything that is stored, `next` for the page under way.

    `gone` are the last items that were deleted: one that is restored is as old as it was before, and
    has to be newer than its deletion.
    """

    link: str = ""
    next: str = ""
    gone: tuple[str, ...] = ()


def _now() -> datetime:
    return datetime.now(UTC)


async def files(api: Api, at: Walk, _: Resource, now: Clock = _now) -> AsyncIterator[Page]:
    """The first round lists everything. Where Graph forgot our link, with whatever advice for those who
    keep changes of their own, the walk ends where it may begin anew; an account without a drive has
    nothing to walk."""
    resumed = bool(at.next)
    while True:
        try:
            listed = await api.get(at.next or at.link or DELTA, Listed)
        except NoService:
            if at != Walk():
                raise
            return
        except Forgotten:
            if at.link:
                yield Page((), Walk())
                return
            if not resumed:
                raise
            at, resumed = Walk(), False
            continue
        resumed = False
        records, excluded, gone = told(listed.value, stamp(now()), at.gone)
        more = Walk(at.link, listed.next, gone) if listed.next else Walk(listed.delta, "", gone)
        if records or excluded or more != at:
            yield Page(tuple(records), more, excluded)
        at = more
        if not at.next:
            return


def told(
    rows: Iterable[Raw], seen: str, gone: Iterable[str] = ()
) -> tuple[list[Record], dict[str, int], tuple[str, ...]]:
    """What the rows of a page mean, and what is gone after it; the last row of an item counts."""
    last = {head.id: (head, row) for row in rows for head in (decoded(row, Head),)}
    excluded, left = Counter[str](), dict.fromkeys(gone)
    records = []
    for head, row in last.values():
        drive = (head.parentReference and head.parentReference.driveId) or ""
        if head.root is not None:
            excluded[ROOT] += 1
        elif not drive:
            raise Unreadable("OneDrive lists an item and does not say in which drive it is.")
        elif head.deleted is not None:
            payload = json.encode(Deleted(head.id, drive, seen))
            records.append(Record("drive_item_deleted", Raw(payload), removed=True))
            left[head.id] = None
        else:
            back = head.id in left
            left.pop(head.id, None)
            payload = json.encode({"item": row, "seen": seen})
            records.append(Record("drive_item", Raw(payload), revision=seen if back else ""))
    return records, dict(excluded), tuple(left)[-MOST:]
