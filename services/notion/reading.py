"""One page, one discussion: what is read of it, for walks and for callers alike."""

from typing import Any

from msgspec import MsgspecError, Raw, Struct, json

from services.notion.dialect import Lacking
from services.notion.listing import Listing, head
from services.notion.tree import Tree, tree
from shared.errors import Unreadable
from shared.provider import Api
from shared.shapes import decoded
from shared.types import Record

CUT = 25
"""Values after which a page leaves out the rest of a property."""
_LISTS = frozenset({"title", "rich_text", "people", "relation"})


class Found(Struct):
    """A page with all of its properties, and what stands in it."""

    row: Raw
    tree: Tree


async def page(api: Api, ident: str) -> Found | None:
    """A page as it is now, None for one in the trash; raises ItemGone."""
    row = await api.get(f"/pages/{ident}", Raw)
    if head(row).gone:
        return None
    return Found(await _whole(api, ident, row), await tree(api, ident))


async def comments(api: Api, ident: str, page: str) -> tuple[Record, ...]:
    """The open comments at a page or a block; none where the connection may not see them."""
    found: list[Record] = []
    more: dict[str, str] = {}
    while True:
        try:
            listed = await api.get("/comments", Listing, block_id=ident, page_size=100, **more)
        except Lacking:
            return tuple(found)
        found += (
            Record("comment", Raw(json.encode({"comment": row, "page": page})))
            for row in listed.results
        )
        if not listed.next:
            return tuple(found)
        more = {"start_cursor": listed.next}


async def _whole(api: Api, ident: str, row: Raw) -> Raw:
    """The page with the rest of the properties that were cut."""
    try:
        it = json.decode(row, type=dict[str, Any])
        cut = [(one, one["type"], one["id"]) for one in it["properties"].values() if _is_cut(one)]
    except (MsgspecError, RecursionError, KeyError, AttributeError, TypeError) as problem:
        raise Unreadable("Notion answers with a page of an unknown shape.") from problem
    if not cut:
        return row
    for one, kind, prop in cut:
        one[kind] = await _values(api, f"/pages/{ident}/properties/{prop}", kind)
    return Raw(json.encode(it))


def _is_cut(it: dict[str, Any]) -> bool:
    kind = str(it.get("type"))
    return kind in _LISTS and isinstance(it.get(kind), list) and len(it[kind]) >= CUT


async def _values(api: Api, path: str, kind: str) -> list[Any]:
    found: list[Any] = []
    more: dict[str, str] = {}
    while True:
        listed = await api.get(path, Listing, page_size=100, **more)
        rows = [decoded(row, dict[str, Any]) for row in listed.results]
        found += (row[kind] for row in rows if kind in row)
        if not listed.next:
            return found
        more = {"start_cursor": listed.next}
