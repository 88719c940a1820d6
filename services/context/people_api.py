"""People: who they are, what they were in, and what they have to do with each other."""

from datetime import datetime
from uuid import UUID

from litestar import get
from litestar.params import FromPath, FromQuery

from services.context.answers_people import (
    Kind,
    Moment,
    People,
    Person,
    Profile,
    Relationship,
    Relationships,
    Timeline,
)
from services.context.asked import Asked, Cursor, Limit, Named, whose
from services.context.asking import keys, message, profile, rows
from services.context.cursor import after, following
from shared.service.callers import guard
from shared.service.subscriber import TheDesk

READ = [guard("data:read")]


@get("/api/v1/people", tags=["people"], guards=READ)
async def list_people(
    desk: TheDesk,
    request: Asked,
    *,
    user_id: Named = None,
    q: FromQuery[str] = "",
    automated: FromQuery[bool] = False,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> People:
    """People, who was seen last first; `q` is a part of a name, an address or an id. Lists and robots
    are left out unless `automated` asks for them."""
    user, (at, ident) = whose(request, user_id), after(cursor, datetime, UUID)
    escaped = q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    async with desk.db.connection() as conn:
        found = await rows(
            conn,
            "people",
            user=user,
            like=f"%{escaped}%" if q else None,
            automated=automated,
            at=at,
            id=ident,
            limit=limit + 1,
        )
    told = [Person(*row) for row in found[:limit]]
    return People(told, following([(row[3], row[0]) for row in found], limit, slice(2)))


@get("/api/v1/people/{person_id:uuid}", tags=["people"], guards=READ)
async def get_person(
    desk: TheDesk, request: Asked, person_id: FromPath[UUID], user_id: Named = None
) -> Profile:
    """One person: every name, address and id."""
    async with desk.db.connection() as conn:
        return await profile(conn, whose(request, user_id), person_id)


@get("/api/v1/people/{person_id:uuid}/timeline", tags=["people"], guards=READ)
async def get_timeline(
    desk: TheDesk,
    request: Asked,
    person_id: FromPath[UUID],
    *,
    user_id: Named = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Timeline:
    """Everything that a person is in, newest first."""
    user, (at, ident) = whose(request, user_id), after(cursor, datetime, int)
    async with desk.db.connection() as conn:
        known = await keys(conn, user, person_id)
        found = await rows(
            conn, "timeline", user=user, keys=known, at=at, id=ident, limit=limit + 1
        )
    told = [Moment(message(row[2]), row[3]) for row in found[:limit]]
    return Timeline(told, following(found, limit, slice(2)))


@get("/api/v1/relationships", tags=["people"], guards=READ)
async def list_relationships(
    desk: TheDesk,
    request: Asked,
    *,
    user_id: Named = None,
    person_id: FromQuery[UUID | None] = None,
    kind: FromQuery[Kind | None] = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Relationships:
    """Who did what to whom, the most frequent first; of one person, or of everybody."""
    user, (n, before, one, other) = whose(request, user_id), after(cursor, int, str, UUID, UUID)
    async with desk.db.connection() as conn:
        known = await keys(conn, user, person_id)
        person = min(known) if known else None  # a person is named by the least of its keys
        found = await rows(
            conn,
            "relationships",
            user=user,
            keys=known,
            person=person,
            kind=kind,
            n=n,
            after=before,
            one=one,
            other=other,
            limit=limit + 1,
        )
    told = [
        Relationship(
            kind=row[1],
            from_id=row[2],
            from_name=row[4],
            to_id=row[3],
            to_name=row[5],
            count=row[0],
            first=row[6],
            last=row[7],
        )
        for row in found[:limit]
    ]
    return Relationships(told, following(found, limit, slice(4)))
