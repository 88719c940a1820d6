"""A whole service whose Zoom is played: from the consent to the stream, through everything in between."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec import structs

from services.zoom.provider import provider
from services.zoom.simulator import Zoom, acts, app
from services.zoom.simulator.deliveries import HOST
from shared.http.roleplay import post
from shared.simulation import Fault
from tests.fakes.place import Place, connected
from tests.fakes.simulated import until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

UNMETERED = structs.replace(provider, quotas={})
"""The limits that are tried here are Zoom's, not the ones that we keep to spare it."""


@pytest.fixture
def zoom() -> Zoom:
    made = app(post, secret="a secret token", meetings=4)
    made.mood.most = 3
    return made


@pytest.fixture
async def place(
    zoom: Zoom, database_url: str, nats_url: str, anyio_backend: str
) -> AsyncIterator[Place]:
    """Mia's account, walked once."""
    async with connected(UNMETERED, zoom, database_url, nats_url) as it:
        zoom.world.deliveries.callback_url = f"{it.service.http.base_url}/webhook"
        run = await it.walked()
        assert run["status"] == "success", run
        yield it


async def kinds(place: Place, ident: str) -> list[str]:
    """What was told of one item, oldest first."""
    return [kind for kind, _ in await place.about(ident)]


async def last(place: Place, ident: str) -> dict[str, Any]:
    """An item as it was told last."""
    return (await place.about(ident))[-1][1]


async def of(place: Place, type: str) -> list[dict[str, Any]]:
    """All items of a type."""
    return [it for _, it in await place.heard() if it["type"] == type]


async def asked(place: Place, method: str, path: str, **options: Any) -> Any:
    """An answer of the service's own endpoints."""
    where, whose = f"/api/v1{path}", {"user_id": "ana"}
    return await place.service.http.request(
        method, where, params=whose, headers=place.key, **options
    )


async def test_everything_is_told_once_and_whole(place: Place, zoom: Zoom) -> None:
    world, found = zoom.world, await place.heard()
    wanted = [str(it) for it in world.planned] + list(world.times)
    wanted += [f"recording:{it}" for it in world.times]
    wanted += [f"summary:{it}" for it in world.summaries]
    files = [one for it in world.files.values() for one in it if one["file_type"] == "TRANSCRIPT"]
    wanted += [f"transcript:{it['id']}" for it in files]
    assert Counter(it["id"] for _, it in found) == Counter(wanted)
    assert {kind for kind, _ in found} == {"created"}
    spoken = await of(place, "transcript")
    wanted = [f"Mia Berg: Week {number}: who begins? I do." for number in (0, 2)]
    assert sorted(it["content"] for it in spoken) == wanted
    mia = {"id": HOST, "name": "Mia Berg", "email": "mia@example.com"}
    assert [it["mentions"] for it in spoken] == [[mia]] * 2
    again = await place.walked(mode="full")
    assert (again["status"], again["published"]) == ("success", 0)


async def test_a_meeting_is_followed_from_its_plan_to_its_summary(place: Place, zoom: Zoom) -> None:
    world = zoom.world
    row = await acts.plan(world, "New", agenda="Why")
    number = str(row["id"])
    assert await kinds(place, number) == ["created"]
    await acts.change(world, row["id"], topic="Newer")
    assert (await last(place, number))["title"] == "Newer"
    uuid = await acts.start(world, row["id"])
    assert (await last(place, uuid))["metadata"]["status"] == "started"
    await acts.come(world, uuid, "Jo Kim")
    (came,) = await of(place, "meeting_event")
    assert came["content"] == "Jo Kim joined"
    await acts.end(world, uuid)
    held = await last(place, uuid)
    assert held["metadata"]["status"] == "ended"
    assert [it["name"] for it in held["recipients"]] == ["Mia Berg", "Jo Kim"]
    await acts.record(world, uuid)
    assert len((await last(place, f"recording:{uuid}"))["attachments"]) == 1
    await acts.transcribe(world, uuid, [("Jo Kim", "Yes: well.")])
    assert len((await last(place, f"recording:{uuid}"))["attachments"]) == 2
    (spoken,) = [it for it in await of(place, "transcript") if it["thread_id"] == uuid]
    assert spoken["content"] == "Jo Kim: Yes: well."
    await acts.sum_up(world, uuid, "All was said.")
    assert await kinds(place, f"summary:{uuid}") == ["created"]
    await acts.cancel(world, row["id"])
    assert (await kinds(place, number))[-1] == "deleted"


async def test_14_what_was_trashed_is_told_and_told_anew_when_it_comes_back(
    place: Place, zoom: Zoom
) -> None:
    world = zoom.world
    uuid = next(it for it, files in world.files.items() if len(files) == 2)
    ids = [f"recording:{uuid}", f"transcript:{world.files[uuid][1]['id']}"]
    await acts.trash(world, uuid)
    assert [await kinds(place, it) for it in ids] == [["created", "deleted"]] * 2
    await acts.recover(world, uuid)
    assert [await kinds(place, it) for it in ids] == [["created", "deleted", "updated"]] * 2


async def test_what_no_event_told_is_found_by_walks(place: Place, zoom: Zoom) -> None:
    world = zoom.world
    gone, row = max(world.planned), world.plan_quietly("Unheard")
    del world.planned[gone]
    uuid = world.hold(row, world.now() - 7200)
    world.add_file(uuid, "MP4", "gallery_view", b"0")
    run = await place.walked(mode="incremental")
    assert run["status"] == "success", run
    for ident in (str(row["id"]), uuid, f"recording:{uuid}"):
        assert await kinds(place, ident) == ["created"], ident
    assert (await kinds(place, str(gone)))[-1] == "deleted"


async def test_11_limits_are_waited_for(place: Place, zoom: Zoom) -> None:
    for fault, name in {"limited": "library", "daily": "past"}.items():
        zoom.fail(Fault(fault))
        run = await place.walked(mode="incremental", stream=name)
        assert (run["status"], run["published"]) == ("success", 0), (fault, run)
    assert (zoom.mood.limits, zoom.mood.days) == (0, 0)


async def test_12_a_dead_token_is_renewed_once_for_all_walks(place: Place, zoom: Zoom) -> None:
    zoom.fail(Fault("forgotten"))
    zoom.fail(Fault("expired"))
    run = await place.walked(mode="full")
    assert (run["status"], run["published"]) == ("success", 0), run
    consented = zoom.consent
    assert (consented.refreshes, consented.reuses) == (1, 0)
    assert zoom.mood.forgets == 0, "and a forgotten place is got over"


async def test_13_taking_the_app_away_ends_the_connection(place: Place, zoom: Zoom) -> None:
    place.service.hub.tokens._again = 0.1  # a grant is refused twice before it counts as dead
    zoom.consent.tokens.clear()
    zoom.consent.grants.clear()
    await zoom.world.deliveries.tell("app_deauthorized", user_id=HOST)

    async def ended() -> bool:
        reply = await place.service.http.get("/accounts", headers=place.key)
        return bool(reply.json()["accounts"][0]["status"] == "expired")

    await until(ended)


async def test_2_zoom_asks_whether_the_address_is_ours(place: Place, zoom: Zoom) -> None:
    body = b'{"event":"endpoint.url_validation","event_ts":1,"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}'
    signed = zoom.world.deliveries.signed(body)
    reply = await place.service.http.post("/webhook", content=body, headers=signed)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    assert set(reply.json()) == {"plainToken", "encryptedToken"}
    unsigned = await place.service.http.post("/webhook", content=body)
    assert unsigned.status_code == 401


async def test_a_caller_plans_reads_and_downloads(place: Place, zoom: Zoom) -> None:
    world = zoom.world
    made = await asked(place, "POST", "/meetings", json={"topic": "Made", "duration": 15})
    assert made.status_code == 201, made.text
    number = made.json()["id"]
    assert await kinds(place, number) == ["created"]
    changed = await asked(place, "PATCH", f"/meetings/{number}", json={"topic": "Other"})
    assert changed.status_code == 204
    assert (await last(place, number))["title"] == "Other"
    for it in await of(place, "recording"):
        for one in it["attachments"]:
            path = one["url"].removeprefix("/api/v1")
            got = await asked(place, "GET", path)
            assert got.content == world.contents[one["id"]], path
    cancelled = await asked(place, "DELETE", f"/meetings/{number}")
    assert cancelled.status_code == 204
    assert (await kinds(place, number))[-1] == "deleted"


async def test_deleting_the_connection_ends_the_token(place: Place, zoom: Zoom) -> None:
    reply = await place.service.http.get("/accounts", headers=place.key)
    (account,) = reply.json()["accounts"]
    await place.service.http.delete(f"/accounts/{account['id']}", headers=place.key)
    await until(lambda: not zoom.consent.tokens)
