"""The API: lists by the month and by token, what was held, files, and writes.

https://developers.zoom.us/docs/api/meetings/
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import unquote

from services.zoom.simulator import acts
from services.zoom.simulator.deliveries import Row
from services.zoom.simulator.mood import Mood
from services.zoom.simulator.world import World
from shared.simulation import Answer, Asked, Handler, Route

LONGEST = 31
"""Days of a question, at most."""
GONE = Answer({"code": 3001, "message": "Meeting does not exist."}, 404)
UNSEEN = Answer({"code": 3301, "message": "There is no recording for this meeting."}, 404)
_PAST, _MEETING = "/v2/past_meetings/", "/v2/meetings/"
_SUMMED = ("user_name", "user_email", "participants_count")


def routes(world: World, mood: Mood) -> list[Route]:
    """Every call that is played, as a route each."""

    def meetings(asked: Asked) -> Answer:
        if asked.query.get("type") == "previous_meetings":
            rows = [row for row in world.times.values() if "end_time" in row]
            return _by_month(asked, rows, mood)
        return _page(asked, list(world.planned.values()), mood)

    def recordings(asked: Asked) -> Answer:
        there = [it for it, files in world.files.items() if files and it not in world.trashed]
        return _by_month(asked, [world.recording(it) for it in there], mood)

    def planned(act: Callable[..., Any]) -> Handler:
        """A handler of a meeting that is planned."""

        def handle(asked: Asked, number: str) -> Any:
            return act(asked, int(number)) if int(number) in world.planned else GONE

        return handle

    def time(answer: Callable[..., Any]) -> Handler:
        """A handler of one time of a meeting, named by a number or a uuid."""

        def handle(asked: Asked, named: str) -> Any:
            uuid = world_uuid(world, named)
            return answer(asked, uuid) if uuid else GONE

        return handle

    def past(_: Asked, uuid: str) -> Answer:
        row = world.times[uuid]
        told = ("Mia Berg", "mia@example.com", len(world.people[uuid]))
        return (
            Answer({**row, **dict(zip(_SUMMED, told, strict=True))}) if "end_time" in row else GONE
        )

    def people(asked: Asked, uuid: str) -> Answer:
        return _page(asked, world.people[uuid], mood, "participants")

    def files(_: Asked, uuid: str) -> Answer:
        there = world.files[uuid] and uuid not in world.trashed
        return Answer(world.recording(uuid)) if there else UNSEEN

    def summary(_: Asked, uuid: str) -> Answer:
        return Answer(world.summaries[uuid]) if uuid in world.summaries else GONE

    def instances(_: Asked, number: str) -> Answer:
        rows = [it for it in world.times.values() if str(it["id"]) == number]
        return Answer({"meetings": [{k: it[k] for k in ("uuid", "start_time")} for it in rows]})

    async def create(asked: Asked) -> Answer:
        wish = asked.json()
        return Answer(await acts.plan(world, wish.pop("topic"), **wish), 201)

    async def change(asked: Asked, number: int) -> Answer:
        await acts.change(world, number, **asked.json())
        return Answer(None, 204)

    async def cancel(_: Asked, number: int) -> Answer:
        await acts.cancel(world, number)
        return Answer(None, 204)

    async def trash(asked: Asked, uuid: str) -> Answer:
        assert asked.query["action"] == "trash"
        await acts.trash(world, uuid)
        return Answer(None, 204)

    def download(asked: Asked, ident: str) -> Answer:
        return Answer(None, 302, {"location": f"{asked.root}/cdn/{ident}"})

    def content(_: Asked, ident: str) -> Answer:
        kind = {"content-type": "application/octet-stream"}
        return Answer(world.contents[ident], 200, kind)

    return [
        Route("GET", "/v2/users/me", lambda _: Answer(world.me)),
        Route("GET", "/v2/users/me/meetings", meetings),
        Route("POST", "/v2/users/me/meetings", create),
        Route("GET", "/v2/users/me/recordings", recordings),
        Route("GET", rf"{_MEETING}(\d+)", planned(lambda _, it: Answer(world.planned[it]))),
        Route("PATCH", rf"{_MEETING}(\d+)", planned(change)),
        Route("DELETE", rf"{_MEETING}(\d+)", planned(cancel)),
        Route("GET", f"{_MEETING}(.+)/recordings", time(files)),
        Route("DELETE", f"{_MEETING}(.+)/recordings", time(trash)),
        Route("GET", f"{_MEETING}(.+)/meeting_summary", time(summary)),
        Route("GET", rf"{_PAST}(\d+)/instances", instances),
        Route("GET", f"{_PAST}(.+)/participants", time(people)),
        Route("GET", f"{_PAST}(.+)", time(past)),
        Route("GET", "/rec/download/(.+)", download),
        Route("GET", "/cdn/(.+)", content),
    ]


def world_uuid(world: World, named: str) -> str:
    """The time that a path means; a uuid that looks like a path was taken apart, unless encoded twice."""
    if named.isascii() and named.isdigit():
        held = [it for it, row in world.times.items() if str(row["id"]) == named]
        return held[-1] if held else ""
    uuid = "" if named.startswith("/") or "//" in named else unquote(named)
    return uuid if uuid in world.times else ""


def _by_month(asked: Asked, rows: Iterable[Row], mood: Mood) -> Answer:
    """What began within some days, a month at most; without them, today."""
    today = datetime.now(UTC).date()
    begin = date.fromisoformat(asked.query.get("from", today.isoformat()))
    end = date.fromisoformat(asked.query.get("to", today.isoformat()))
    if not 0 <= (end - begin).days <= LONGEST:
        return Answer({"code": 300, "message": "The date range is more than one month."}, 400)
    found = [it for it in rows if str(begin) <= it["start_time"][:10] <= str(end)]
    return _page(asked, sorted(found, key=lambda it: str(it["start_time"]), reverse=True), mood)


def _page(asked: Asked, rows: list[Row], mood: Mood, name: str = "meetings") -> Answer:
    """A page; the token is the place within the same question."""
    size = min(int(asked.query.get("page_size", "30")), mood.most)
    at = int(asked.query.get("next_page_token") or 0)
    rest = str(at + size) if len(rows) > at + size else ""
    told = {"page_size": size, "total_records": len(rows), "next_page_token": rest}
    return Answer({**told, name: rows[at : at + size]})
