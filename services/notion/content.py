"""What stands in a page, a database or a discussion: read whole, each time that it changed.

What such a walk does not find any more is gone. A first 404 proves nothing, because Notion says it
also of what is not shared with the connection just now: it is asked again later.
https://developers.notion.com/reference/retrieve-a-page
"""

import time
from collections.abc import AsyncIterator, Callable

from msgspec import Raw, json

from services.notion import rows
from services.notion.dialect import Lacking
from services.notion.reading import comments, page
from services.notion.rows import Walk
from services.notion.sync import Clock
from shared.errors import ItemGone
from shared.provider import Api
from shared.types import Page, Record, Resource

AGAIN = 1800.0
"""Seconds between two answers that it is not there which prove it."""


def proves(at: Walk) -> bool:
    """Whether a walk from here lists all that there is: one that goes on does not."""
    return not at.next and not at.since


async def content(
    api: Api, at: Walk, resource: Resource, clock: Clock = time.time
) -> AsyncIterator[Page]:
    """One walk over whatever the resource is; raises ItemGone at first where that is missing."""
    walks: dict[str, Callable[..., AsyncIterator[Page]]] = {
        "page": _page,
        "block": _discussion,
        "data_source": rows.source,
        "database": rows.database,
    }
    walk = walks.get(resource.facts.get("type", ""), _page)
    try:
        async for found in walk(api, at, resource, clock):
            yield found
    except Lacking:
        raise
    except ItemGone:
        if at.missing and clock() - at.missing >= AGAIN:
            yield Page((), Walk(at.mark, missing=at.missing))
            return
        yield Page((), Walk(at.mark, missing=at.missing or clock()))
        raise


async def _page(api: Api, _at: Walk, resource: Resource, _clock: Clock) -> AsyncIterator[Page]:
    """The page with its blocks, the comments on it, and the pages and databases within."""
    it = await page(api, resource.id)
    if it is None:
        yield Page((), Walk())
        return
    payload = {"page": it.row, "blocks": it.tree.blocks, "cut": it.tree.cut}
    said = await comments(api, resource.id, resource.id)
    within = {child.id: {"type": child.type} for child in it.tree.children}
    yield Page(
        (Record("page", Raw(json.encode(payload))), *said),
        Walk(),
        resources=tuple(Resource(ident, facts=facts) for ident, facts in within.items()),
    )


async def _discussion(api: Api, _at: Walk, it: Resource, _clock: Clock) -> AsyncIterator[Page]:
    """The open comments at one block of a page."""
    yield Page(await comments(api, it.id, it.facts.get("page", "")), Walk())
