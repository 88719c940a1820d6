"""How items are walked: everything that changed since the last complete walk.

https://developers.NEW_NAME.example/reference/items
"""

from collections.abc import AsyncIterator

from msgspec import MsgspecError, Raw, Struct, json

from shared.errors import Unreadable
from shared.provider import Api
from shared.types import Page, Record, Resource


class Cursor(Struct, frozen=True):
    """`since` moves only when a walk is complete; `newest` and `next` belong to one under way."""

    since: str = ""
    newest: str = ""
    next: str = ""


class Stamp(Struct):
    """What a walk needs to know of an item; the normalizer reads the rest."""

    updated_at: str


async def items(api: Api, at: Cursor, _: Resource) -> AsyncIterator[Page]:
    """`updated_since` includes its moment, so the last item comes again; the ledger knows it."""
    while True:
        if at.next:
            reply = await api.page(at.next, list[Raw])
        else:
            since = {"updated_since": at.since} if at.since else {}
            reply = await api.page("/items", list[Raw], limit=100, **since)
        rows = reply.data or []
        newest = max([at.newest or at.since, *(_stamp(row) for row in rows)])
        at = Cursor(at.since, newest, reply.next) if reply.next else Cursor(newest)
        yield Page(tuple(Record("item", row) for row in rows), at)
        if not at.next:
            return


def _stamp(row: Raw) -> str:
    try:
        return json.decode(row, type=Stamp).updated_at
    except MsgspecError as problem:
        raise Unreadable("NEW_TITLE lists an item of an unknown shape.") from problem
