"""The whole service against a played server: two calendars, a feed, and what servers do wrong."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec import json

from services.calendar.provider import provider
from services.calendar.simulator import FEED, Server, app
from shared.bus import stream
from shared.http.roleplay import post
from shared.normalizer import Message
from shared.simulation import Fault
from tests.fakes.service import Running, running
from tests.fakes.simulated import listening, told, until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

EVENTS = 6


@pytest.fixture
def played() -> Server:
    return app(post, events=EVENTS)


@pytest.fixture
async def url(played: Server, anyio_backend: str) -> AsyncIterator[str]:
    async with listening(played) as it:
        yield it


@pytest.fixture
async def service(
    played: Server,
    url: str,
    database_url: str,
    nats_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Running]:
    monkeypatch.setattr("shared.http.retries._JITTER", lambda _: 0.01)
    async with running(provider, database_url, nats_url, build=told(played, url)) as it:
        yield it


async def connect(service: Running, **values: str) -> dict[str, Any]:
    body = {"user_id": "ana", "credentials": values}
    answer = await service.http.post("/accounts", json=body, headers=await service.key())
    assert answer.status_code == 201, answer.text
    account: dict[str, Any] = answer.json()
    return account


async def look(service: Running, mode: str = "incremental") -> None:
    """Walk now, as the schedule would."""
    body = {"user_id": "ana", "mode": mode}
    answer = await service.http.post("/sync", json=body, headers=await service.key())
    assert answer.status_code == 202, answer.text


async def said(service: Running, n: int) -> list[Message]:
    """The first `n` Messages of ana's."""
    found = await service.events(n, "self.events.*.calendar.ana")
    return [json.decode(it.data, type=Message) for it in found]


async def settled(service: Running) -> None:
    """Wait until every walk that was due has been made."""

    async def rested() -> bool:
        async with service.hub.db.connection() as conn:
            cursor = await conn.execute(
                b"select count(*) from sync_state"
                b" where next_run_at <= now() or lease_until > now() or run_id is not null"
            )
            row = await cursor.fetchone()
        return row == (0,)

    await until(rested)


async def test_the_story_of_a_calendar_is_told(service: Running, played: Server, url: str) -> None:
    account = await connect(service, **played.credentials(url))
    assert (account["name"], account["email"]) == ("Ana", "ana@example.test")
    first = await said(service, EVENTS + 2)
    assert sorted(it.type for it in first) == ["event"] * (EVENTS + 1) + ["task"]
    await settled(service)
    count = len(first)
    expected = [
        ("planned", "Look at the demo", False),
        ("moved", "Look at the demo, later", False),
        ("left_out", "Round table", False),
        ("deleted", "", True),
    ]
    for name, title, deleted in expected:
        await played.story[name].act()
        await look(service)
        count += 1
        last = (await said(service, count))[-1]
        assert (last.title, last.deleted) == (title, deleted)
        await settled(service)
    assert played.unknown == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="forgotten"),
        Fault(kind="cut"),
        Fault(kind="status", path="/calendars/", status=503, times=2),
        Fault(kind="status", path="/calendars/", status=429, headers={"retry-after": "1"}),
        Fault(kind="truncated", path="/calendars/"),
    ],
    ids=["token forgotten", "cut short", "503", "429", "truncated"],
)
async def test_a_change_is_told_once_whatever_goes_wrong(
    service: Running, played: Server, url: str, fault: Fault
) -> None:
    await connect(service, **played.credentials(url))
    await said(service, EVENTS + 2)
    await settled(service)
    played.fail(fault)
    for uid in "abcde":
        played.world.plan(uid, f"Planned {uid}")
    played.world.work.delete("event-0.ics")
    await look(service)
    news = (await said(service, EVENTS + 8))[EVENTS + 2 :]
    assert sorted(it.title for it in news) == ["", *(f"Planned {uid}" for uid in "abcde")]
    await settled(service)
    await look(service, "full")
    await settled(service)
    count = (await service.nc.jetstream().stream_info(stream.NAME)).state.messages
    items = [it for it in await service.events(count) if it.subject.startswith("self.events.")]
    assert len(items) == EVENTS + 8


async def test_a_feed_is_compared_with_what_it_was(
    service: Running, played: Server, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await connect(service, feed_url=f"{url}/feeds/{FEED}.ics")
    assert account["name"] == "Work"
    assert FEED not in json.encode(account).decode()
    first = await said(service, EVENTS + 1)
    assert {it.type for it in first} == {"event"}
    key = await service.key()
    (calendar,) = (await service.http.get("/api/v1/calendars?user_id=ana", headers=key)).json()
    assert "can_edit" not in calendar
    span = {"time_min": "2026-03-01T00:00:00Z", "time_max": "2026-03-31T00:00:00Z"}
    found = await service.http.get(
        "/api/v1/events",
        params={"user_id": "ana", "calendar": calendar["id"], **span},
        headers=key,
    )
    assert found.status_code == 200, found.text
    assert {it["id"].partition("#")[0] for it in found.json()} == {it.id for it in first}
    made = await service.http.post(
        "/api/v1/events",
        params={"user_id": "ana", "calendar": calendar["id"]},
        json={"summary": "x", "start": {"date": "2026-03-01"}, "end": {"date": "2026-03-02"}},
        headers=key,
    )
    assert (made.status_code, "only be read" in made.text) == (400, True)
