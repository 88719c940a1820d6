"""A whole service whose Zoom is played: from the consent to the stream, through everything in between."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec import Struct, json, structs

from services.zoom.provider import provider
from services.zoom.simulator import Zoom, acts, app
from services.zoom.simulator.deliveries import HOST
from services.zoom.simulator.world import World
from shared.bus import stream
from shared.http.roleplay import consent, post
from shared.simulation import Fault
from tests.fakes.service import Running, running
from tests.fakes.simulated import listening, told, until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

SECRET = "a secret token"
MEETINGS = 4
UNMETERED = structs.replace(provider, quotas={})
"""The limits that are tried here are Zoom's, not the ones that we keep to spare it."""
IDLE = """
select (select count(*) from outbox) + (select count(*) from webhook_inbox where state = 'due')
     + (select count(*) from sync_state where next_run_at <= now() or lease_until > now())
"""


class Place(Struct):
    """Mia's account, walked once, and the service that listens to it."""

    zoom: Zoom
    service: Running
    key: dict[str, str]

    @property
    def world(self) -> World:
        return self.zoom.world

    async def heard(self) -> list[tuple[str, dict[str, Any]]]:
        """Every item in the stream once nothing waits: event type and decoded body."""
        await until(self.idle)
        state = (await self.service.nc.jetstream().stream_info(stream.NAME)).state
        events = await self.service.events(state.messages) if state.messages else []
        return [
            (it.headers["ce-type"].rpartition(".")[2], json.decode(it.data))
            for it in events
            if it.subject.startswith("self.events.")
        ]

    async def about(self, ident: str) -> list[str]:
        """What was told of one item, oldest first."""
        return [kind for kind, it in await self.heard() if it["id"] == ident]

    async def last(self, ident: str) -> dict[str, Any]:
        """An item as it was told last."""
        return [it for _, it in await self.heard() if it["id"] == ident][-1]

    async def walked(self, **wish: str) -> dict[str, Any]:
        """A run from its start to its end."""
        if wish:
            body = {"user_id": "ana", **wish}
            await self.service.http.post("/sync", json=body, headers=self.key)
        while True:
            reply = await self.service.http.get("/sync/runs", headers=self.key)
            runs: list[dict[str, Any]] = reply.json()["runs"]
            if runs and all(it["status"] not in ("queued", "running") for it in runs):
                return max(runs, key=lambda it: str(it["started_at"]))
            await asyncio.sleep(0.05)

    async def idle(self) -> bool:
        async with self.service.hub.db.connection() as conn:
            ((waiting,),) = await (await conn.execute(IDLE)).fetchall()
        return bool(waiting == 0)

    async def asked(self, method: str, path: str, **options: Any) -> Any:
        return await self.service.http.request(
            method, f"/api/v1{path}", params={"user_id": "ana"}, headers=self.key, **options
        )


@asynccontextmanager
async def connected(zoom: Zoom, *engines: str) -> AsyncIterator[Place]:
    """A service that Mia has just connected her account to."""
    async with (
        listening(zoom) as address,
        running(UNMETERED, *engines, build=told(zoom, address)) as service,
    ):
        zoom.world.deliveries.callback_url = f"{service.http.base_url}/webhook"
        key = await service.key()
        asked = await service.http.post("/oauth/authorize", json={"user_id": "ana"}, headers=key)
        await asyncio.to_thread(consent, asked.json()["authorization_url"], consent="yes")
        yield Place(zoom, service, key)
        assert zoom.unknown == []


@pytest.fixture
async def place(database_url: str, nats_url: str, anyio_backend: str) -> AsyncIterator[Place]:
    zoom = app(post, secret=SECRET, meetings=MEETINGS)
    zoom.mood.most = 3
    async with connected(zoom, database_url, nats_url) as it:
        run = await it.walked()
        assert run["status"] == "success", run
        yield it


async def test_everything_is_told_once_and_whole(place: Place) -> None:
    world, found = place.world, await place.heard()
    wanted = [str(it) for it in world.planned] + list(world.times)
    wanted += [f"recording:{it}" for it in world.times]
    wanted += [f"summary:{it}" for it in world.summaries]
    files = [one for it in world.files.values() for one in it if one["file_type"] == "TRANSCRIPT"]
    wanted += [f"transcript:{it['id']}" for it in files]
    assert Counter(it["id"] for _, it in found) == Counter(wanted)
    assert {kind for kind, _ in found} == {"created"}
    said = next(it for _, it in found if it["type"] == "transcript")
    assert said["content"] in (
        "Mia Berg: Week 0: who begins? I do.",
        "Mia Berg: Week 2: who begins? I do.",
    )
    assert said["mentions"] == [{"id": HOST, "name": "Mia Berg", "email": "mia@example.com"}]
    again = await place.walked(mode="full")
    assert (again["status"], again["published"]) == ("success", 0)


async def test_a_meeting_is_followed_from_its_plan_to_its_summary(place: Place) -> None:
    world = place.world
    row = await acts.plan(world, "New", agenda="Why")
    number = str(row["id"])
    assert await place.about(number) == ["created"]
    await acts.change(world, row["id"], topic="Newer")
    assert (await place.last(number))["title"] == "Newer"
    uuid = await acts.start(world, row["id"])
    assert (await place.last(uuid))["metadata"]["status"] == "started"
    await acts.come(world, uuid, "Jo Kim")
    assert [it["content"] for _, it in await place.heard() if it["type"] == "meeting_event"] == [
        "Jo Kim joined"
    ]
    await acts.end(world, uuid)
    held = await place.last(uuid)
    assert held["metadata"]["status"] == "ended"
    assert [it["name"] for it in held["recipients"]] == ["Mia Berg", "Jo Kim"]
    await acts.record(world, uuid)
    assert len((await place.last(f"recording:{uuid}"))["attachments"]) == 1
    await acts.transcribe(world, uuid, [("Jo Kim", "Yes: well.")])
    assert len((await place.last(f"recording:{uuid}"))["attachments"]) == 2
    (spoken,) = [
        it
        for _, it in await place.heard()
        if it["type"] == "transcript" and it["thread_id"] == uuid
    ]
    assert spoken["content"] == "Jo Kim: Yes: well."
    await acts.sum_up(world, uuid, "All was said.")
    assert await place.about(f"summary:{uuid}") == ["created"]
    await acts.cancel(world, row["id"])
    assert (await place.about(number))[-1] == "deleted"


async def test_14_what_was_trashed_is_told_and_told_anew_when_it_comes_back(place: Place) -> None:
    world = place.world
    uuid = next(it for it, files in world.files.items() if len(files) == 2)
    ids = [f"recording:{uuid}", f"transcript:{world.files[uuid][1]['id']}"]
    await acts.trash(world, uuid)
    assert [await place.about(it) for it in ids] == [["created", "deleted"]] * 2
    await acts.recover(world, uuid)
    assert [await place.about(it) for it in ids] == [["created", "deleted", "updated"]] * 2


async def test_what_no_event_told_is_found_by_walks(place: Place) -> None:
    world = place.world
    gone, row = max(world.planned), world.plan_quietly("Unheard")
    del world.planned[gone]
    uuid = world.hold(row, world.now() - 7200)
    world.add_file(uuid, "MP4", "gallery_view", b"0")
    run = await place.walked(mode="incremental")
    assert run["status"] == "success", run
    for ident in (str(row["id"]), uuid, f"recording:{uuid}"):
        assert await place.about(ident) == ["created"], ident
    assert (await place.about(str(gone)))[-1] == "deleted"


async def test_11_limits_are_waited_for(place: Place) -> None:
    for fault, name in {"limited": "library", "daily": "past"}.items():
        place.zoom.fail(Fault(fault))
        run = await place.walked(mode="incremental", stream=name)
        assert (run["status"], run["published"]) == ("success", 0), (fault, run)
    assert (place.zoom.mood.limits, place.zoom.mood.days) == (0, 0)


async def test_12_a_dead_token_is_renewed_once_for_all_walks(place: Place) -> None:
    place.zoom.fail(Fault("forgotten"))
    place.zoom.fail(Fault("expired"))
    run = await place.walked(mode="full")
    assert (run["status"], run["published"]) == ("success", 0), run
    consented = place.zoom.consent
    assert (consented.refreshes, consented.reuses) == (1, 0)
    assert place.zoom.mood.forgets == 0, "and a forgotten place is got over"


async def test_13_taking_the_app_away_ends_the_connection(place: Place) -> None:
    place.service.hub.tokens._again = 0.1  # a grant is refused twice before it counts as dead
    place.zoom.consent.tokens.clear()
    place.zoom.consent.grants.clear()
    await place.world.deliveries.tell("app_deauthorized", user_id=HOST)

    async def ended() -> bool:
        reply = await place.service.http.get("/accounts", headers=place.key)
        return bool(reply.json()["accounts"][0]["status"] == "expired")

    await until(ended)


async def test_2_zoom_asks_whether_the_address_is_ours(place: Place) -> None:
    body = b'{"event":"endpoint.url_validation","event_ts":1,"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}'
    signed = place.world.deliveries.signed(body)
    reply = await place.service.http.post("/webhook", content=body, headers=signed)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    assert set(reply.json()) == {"plainToken", "encryptedToken"}
    unsigned = await place.service.http.post("/webhook", content=body)
    assert unsigned.status_code == 401


async def test_a_caller_plans_reads_and_downloads(place: Place) -> None:
    world = place.world
    made = await place.asked("POST", "/meetings", json={"topic": "Made", "duration": 15})
    assert made.status_code == 201, made.text
    number = made.json()["id"]
    assert await place.about(number) == ["created"]
    changed = await place.asked("PATCH", f"/meetings/{number}", json={"topic": "Other"})
    assert changed.status_code == 204
    assert (await place.last(number))["title"] == "Other"
    told = [it for _, it in await place.heard() if it["type"] == "recording"]
    for it in told:
        for one in it["attachments"]:
            path = one["url"].removeprefix("/api/v1")
            got = await place.asked("GET", path)
            assert got.content == world.contents[one["id"]], path
    cancelled = await place.asked("DELETE", f"/meetings/{number}")
    assert cancelled.status_code == 204
    assert (await place.about(number))[-1] == "deleted"


async def test_deleting_the_connection_ends_the_token(place: Place) -> None:
    reply = await place.service.http.get("/accounts", headers=place.key)
    (account,) = reply.json()["accounts"]
    await place.service.http.delete(f"/accounts/{account['id']}", headers=place.key)
    await until(lambda: not place.zoom.consent.tokens)
