"""A database holds data sources, a data source holds rows, and rows are pages.

Rows are listed by when they were created, which an edit in the meantime does not change. Notion ends
every list after 10,000 of them: the next one goes on from the last.
https://developers.notion.com/reference/query-a-data-source
"""

from collections.abc import AsyncIterator
from typing import Any

from msgspec import Raw, Struct, json

from services.notion.listing import Head, Listing, head, listing
from services.notion.models import dashed
from services.notion.sync import SETTLED, Clock, earlier, edited, resources
from shared.provider import Api
from shared.types import Page, Record, Resource

CREATED = "created_time"
EDITED = "last_edited_time"


class Walk(Struct, frozen=True):
    """Of a data source all that was edited before `mark` was seen; `newest`, `next` and `since` belong
    to a walk under way, `since` after a list that was cut. `missing` is when something was first not
    there, in epoch seconds.
    """

    mark: str = ""
    newest: str = ""
    next: str = ""
    since: str = ""
    missing: float = 0.0


class Held(Struct):
    id: str


class Database(Head, kw_only=True):
    data_sources: tuple[Held, ...] = ()


async def database(api: Api, _at: Walk, it: Resource, clock: Clock) -> AsyncIterator[Page]:
    """The data sources of a database, which may be several; that it is in the trash changes them too."""
    found = await api.get(f"/databases/{it.id}", Database)
    version = edited(found, clock()) + ("#" if found.gone else "")
    facts = {"type": "data_source", "database": version}
    held = {dashed(one.id): facts for one in found.data_sources}
    yield Page((), Walk(), resources=tuple(Resource(one, facts=facts) for one in held))


async def source(api: Api, at: Walk, it: Resource, clock: Clock) -> AsyncIterator[Page]:
    """The data source itself, and which of its rows were edited since the mark."""
    told: tuple[Record, ...] = ()
    if not at.next and not at.since:
        row = await api.get(f"/data_sources/{it.id}", Raw)
        if head(row).gone:
            yield Page((), Walk())
            return
        told = (Record("data_source", Raw(json.encode({"source": row}))),)
    while True:
        listed = await listing(api, f"/data_sources/{it.id}/query", wish(at), at.next)
        heads = [head(row) for row in listed.results]
        newest = max([at.newest, at.mark, *(one.last_edited_time for one in heads)])
        at = _following(at, listed, heads, newest)
        yield Page(told, at, resources=resources(heads, clock()))
        told = ()
        if not at.next and not at.since:
            return


def wish(at: Walk) -> dict[str, Any]:
    """The question: in one order, from the mark and from where a cut list ended."""
    floors = {EDITED: earlier(at.mark, SETTLED), CREATED: at.since}
    asked: list[Any] = [
        {"timestamp": name, name: {"on_or_after": moment}}
        for name, moment in floors.items()
        if moment
    ]
    filters = {"filter": asked[0] if len(asked) == 1 else {"and": asked}} if asked else {}
    return {"sorts": [{"timestamp": CREATED, "direction": "ascending"}], **filters}


def _following(at: Walk, listed: Listing, heads: list[Head], newest: str) -> Walk:
    if listed.next:
        return Walk(at.mark, newest, listed.next, at.since)
    last = max((one.created_time for one in heads), default="")
    if listed.cut and last > at.since:
        return Walk(at.mark, newest, "", last)
    return Walk(newest)
