"""What was said: search in everything, and whole conversations."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import FromPath, FromQuery, QueryParameter

from services.context import asking
from services.context.answers_items import Hit, Hits, Thread
from services.context.asked import Asked, Cursor, Limit, Named, When, utc, whose
from services.context.asking import keys, message, rows
from services.context.cursor import after, following
from shared.errors import NotFound
from shared.service.callers import guard
from shared.service.subscriber import TheDesk

READ = [guard("data:read")]


@get("/api/v1/search", tags=["search"], guards=READ)
async def search(
    desk: TheDesk,
    request: Asked,
    q: Annotated[str, QueryParameter(min_length=1, max_length=1000)],
    *,
    user_id: Named = None,
    type: FromQuery[str | None] = None,
    source: FromQuery[str | None] = None,
    person_id: FromQuery[UUID | None] = None,
    since: When = None,
    until: When = None,
    cursor: Cursor = "",
    limit: Limit = 20,
) -> Hits:
    """Messages with all these words, newest first; `"..."` is a phrase, `-` excludes, `or` chooses."""
    user, (at, ident) = whose(request, user_id), after(cursor, datetime, int)
    async with desk.db.connection() as conn:
        found = await rows(
            conn,
            "search",
            user=user,
            q=q,
            type=type,
            source=source,
            keys=await keys(conn, user, person_id),
            since=utc(since),
            until=utc(until),
            at=at,
            id=ident,
            limit=limit + 1,
        )
        told = [message(row[2]) for row in found[:limit]]
        marked = await asking.snippets(conn, q, told)
    hits = [Hit(*it) for it in zip(told, marked, strict=True)]
    return Hits(hits, following(found, limit, slice(2)))


@get("/api/v1/threads/{source:str}/{thread_id:str}", tags=["search"], guards=READ)
async def get_thread(
    desk: TheDesk,
    request: Asked,
    source: FromPath[str],
    thread_id: FromPath[str],
    *,
    user_id: Named = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Thread:
    """A conversation, oldest first."""
    user, (at, ident) = whose(request, user_id), after(cursor, datetime, int)
    given = {"source": source, "thread": thread_id, "at": at, "id": ident, "limit": limit + 1}
    async with desk.db.connection() as conn:
        found = await rows(conn, "thread", user=user, **given)
    if not found and not cursor:
        raise NotFound
    return Thread([message(row[2]) for row in found[:limit]], following(found, limit, slice(2)))
