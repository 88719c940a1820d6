"""One calendar: its list, its changes, single events, and what is written."""

from typing import Any
from urllib.parse import unquote

from services.microsoft.simulator.rest import ID, V1, absent
from services.microsoft.simulator.world import World
from shared.simulation import Answer, Asked, Route

CALENDAR = {"id": "AAMkcal=", "name": "Calendar", "isDefaultCalendar": True, "canEdit": True}


def routes(world: World) -> list[Route]:
    """What is asked of Sam's calendar."""
    place = world.events

    def listed(_: Asked, calendar: str = "") -> Answer:
        there = unquote(calendar) in ("", CALENDAR["id"])
        return Answer({"value": list(place.rows.values())}) if there else absent()

    def one(_: Asked, *where: str) -> Answer:
        row = place.rows.get(unquote(where[-1]))
        return Answer(row) if row else absent()

    async def make(asked: Asked) -> Answer:
        facts: dict[str, Any] = asked.json()
        ident = f"AAevt{len(place.rows)}="
        await world.plan(ident, facts.pop("subject"), **facts)
        return Answer(place.rows[ident], 201)

    async def change(asked: Asked, ident: str) -> Answer:
        row = place.rows.get(unquote(ident))
        if row is None:
            return absent()
        await world.plan(row["id"], **{**row, **asked.json(), "id": row["id"]})
        return one(asked, ident)

    async def delete(_: Asked, ident: str) -> Answer:
        await world.cancel(unquote(ident))
        return Answer(None, 204)

    calendars, events = f"{V1}/me/calendars", f"{V1}/me/events"
    return [
        Route("GET", calendars, lambda _: Answer({"value": [CALENDAR]})),
        Route("GET", f"{calendars}/{ID}/calendarView/delta", lambda it, _: place.delta(it)),
        Route("GET", f"{calendars}/{ID}/events", listed),
        Route("GET", f"{calendars}/{ID}/events/{ID}", one),
        Route("GET", f"{V1}/me/calendarView", listed),
        Route("GET", f"{events}/{ID}", one),
        Route("POST", events, make),
        Route("PATCH", f"{events}/{ID}", change),
        Route("DELETE", f"{events}/{ID}", delete),
    ]
