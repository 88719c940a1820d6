"""A page's blocks, read level by level into one tree of what we understand of them.

https://developers.notion.com/reference/get-block-children
"""

from collections.abc import AsyncIterator

from msgspec import MsgspecError, Raw, Struct, convert, json

from services.notion.listing import PER_PAGE, Listing
from services.notion.models import Address, File, Icon, Rich, dashed
from shared.errors import ItemGone, Unreadable
from shared.provider import Api

DEEPEST, MOST = 20, 300
"""Levels that are read, and calls that one page may cost; what lies beyond is left out."""

OBJECTS = {"child_page": "page", "child_database": "database"}
"""Blocks that are objects of their own, which are read for themselves."""


class Synced(Struct):
    block_id: str = ""


class Body(Struct, frozen=True, omit_defaults=True):
    """What stands under a block's own name: of each kind the fields that can be told."""

    rich_text: Rich = []
    caption: Rich = []
    cells: list[Rich] = []
    title: str | Rich = ""
    checked: bool = False
    language: str = ""
    expression: str = ""
    url: str = ""
    icon: Icon | None = None
    has_column_header: bool = False
    name: str | None = None
    type: str | None = None
    file: Address | None = None
    external: Address | None = None
    synced_from: Synced | None = None
    page_id: str | None = None
    database_id: str | None = None

    @property
    def as_file(self) -> File:
        return File(self.name, self.type, self.file, self.external)


class Block(Struct, omit_defaults=True):
    id: str
    type: str
    body: Body = Body()
    children: list["Block"] = []


class Child(Struct, frozen=True):
    """A page or a database that stands in a page."""

    id: str
    type: str


class Tree(Struct):
    """`cut`: there is more than was read."""

    blocks: list[Block] = []
    children: list[Child] = []
    cut: bool = False
    calls: int = 0


class _Seen(Struct):
    id: str
    type: str = "unsupported"
    has_children: bool = False


async def tree(api: Api, ident: str) -> Tree:
    """All that stands in a page or a block; raises ItemGone when that itself is not there."""
    found = Tree()
    found.blocks = await _level(api, ident, found, frozenset([ident]))
    return found


async def _level(api: Api, ident: str, found: Tree, above: frozenset[str]) -> list[Block]:
    """The blocks under one, with what is under them; `above` are those that we are in."""
    blocks = []
    async for row in _rows(api, ident, found):
        seen, block = _read(row)
        blocks.append(block)
        if seen.type in OBJECTS:
            found.children.append(Child(dashed(seen.id), OBJECTS[seen.type]))
            continue
        synced = block.body.synced_from
        inside = dashed(synced.block_id) if synced and synced.block_id else seen.id
        if not seen.has_children or inside in above:
            continue
        if len(above) >= DEEPEST:
            found.cut = True
            continue
        try:
            block.children = await _level(api, inside, found, above | {inside})
        except ItemGone:
            continue  # deleted meanwhile, or synced from a page that is not shared with us
    return blocks


async def _rows(api: Api, ident: str, found: Tree) -> AsyncIterator[Raw]:
    after = ""
    while True:
        if found.calls >= MOST:
            found.cut = True
            return
        found.calls += 1
        more = {"start_cursor": after} if after else {}
        path = f"/blocks/{ident}/children"
        listed = await api.get(path, Listing, page_size=PER_PAGE, **more)
        for row in listed.results:
            yield row
        after = listed.next
        if not after:
            return


def _read(row: Raw) -> tuple[_Seen, Block]:
    """A block; of one whose inside has another shape than ours its kind stays."""
    try:
        seen = json.decode(row, type=_Seen)
        inside = json.decode(row, type=dict[str, Raw]).get(seen.type, Raw(b"{}"))
    except (MsgspecError, RecursionError) as problem:
        raise Unreadable("Notion lists a block of an unknown shape.") from problem
    try:
        body = convert(_without_null(inside), Body)
    except (MsgspecError, RecursionError):
        body = Body()
    return seen, Block(dashed(seen.id), seen.type, body)


def _without_null(inside: Raw) -> dict[str, object]:
    told = json.decode(inside, type=dict[str, object])
    return {name: value for name, value in told.items() if value is not None}
