"""What takes place, and what there is to do."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import get, patch
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Struct

from services.context import asking
from services.context.answers_items import Events, State, Task, Tasks
from services.context.asked import Asked, Cursor, Limit, Named, When, utc, whose
from services.context.asking import rows
from services.context.cursor import after, following
from shared.service.callers import guard
from shared.service.subscriber import TheDesk

READ = [guard("data:read")]


class Change(Struct, forbid_unknown_fields=True):
    """What the user says of a task; `open` takes back what was said before."""

    state: State


@get("/api/v1/events", tags=["events"], guards=READ)
async def list_events(
    desk: TheDesk,
    request: Asked,
    *,
    user_id: Named = None,
    since: When = None,
    until: When = None,
    cancelled: FromQuery[bool] = False,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Events:
    """Events in the order in which they take place: those that end at or after `since` and begin before
    `until`. Cancelled ones are left out unless `cancelled` asks for them."""
    user, (at, ident) = whose(request, user_id), after(cursor, datetime | None, UUID)
    async with desk.db.connection() as conn:
        found = await rows(
            conn,
            "events",
            user=user,
            since=utc(since),
            until=utc(until),
            cancelled=cancelled,
            at=at,
            id=ident,
            limit=limit + 1,
        )
        told = await asking.events(conn, user, found[:limit])
    return Events(told, following(found, limit, slice(1, 3)))


@get("/api/v1/tasks", tags=["tasks"], guards=READ)
async def list_tasks(
    desk: TheDesk,
    request: Asked,
    *,
    user_id: Named = None,
    wanted: Annotated[State | Literal["any"], QueryParameter(name="state")] = "open",
    rule: FromQuery[str | None] = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Tasks:
    """Tasks, newest first: those that are open, unless another state or `any` is asked for."""
    user, (at, ident) = whose(request, user_id), after(cursor, datetime, UUID)
    async with desk.db.connection() as conn:
        found = await rows(
            conn,
            "tasks",
            user=user,
            task=None,
            state=None if wanted == "any" else wanted,
            rule=rule,
            at=at,
            id=ident,
            limit=limit + 1,
        )
        told = await asking.tasks(conn, user, found[:limit])
    return Tasks(told, following(found, limit, slice(2)))


@patch("/api/v1/tasks/{task_id:uuid}", tags=["tasks"], guards=[guard("data:write")])
async def change_task(
    desk: TheDesk,
    request: Asked,
    task_id: FromPath[UUID],
    data: JSONBody[Change],
    user_id: Named = None,
) -> Task:
    """Say that a task is done or dismissed; that stays, whatever becomes of the item it is from."""
    async with desk.db.transaction() as conn:
        return await asking.mark(conn, whose(request, user_id), task_id, data.state)
