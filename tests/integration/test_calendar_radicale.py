"""A calendar on a real CalDAV server: connected by a form, walked, changed on both sides, closed."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import json

from services.calendar.provider import provider
from shared.normalizer import Message
from tests.fakes.service import Running, running
from tests.fakes.simulated import until
from tests.providers.calendar.server import PASSWORD, USER, person, radicale

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]

HOME = f"/{USER}/work/"


def ics(uid: str, title: str, *lines: str, sequence: int = 0) -> bytes:
    """A file as calendar programs write it."""
    text = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Ana//EN",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:20260102T10000{sequence}Z",
        f"SEQUENCE:{sequence}",
        f"SUMMARY:{title}",
        *(lines or ("DTSTART:20260302T090000Z", "DTEND:20260302T100000Z")),
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
    return "\r\n".join(text).encode()


@pytest.fixture
async def server(tmp_path: Path, anyio_backend: str) -> AsyncIterator[str]:
    async with radicale(tmp_path) as url, person(url) as ana:
        (await ana.request("MKCALENDAR", HOME)).raise_for_status()
        yield url


@pytest.fixture
async def ana(server: str) -> AsyncIterator[httpx.AsyncClient]:
    async with person(server) as it:
        yield it


@pytest.fixture
async def service(
    database_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch, anyio_backend: str
) -> AsyncIterator[Running]:
    async with running(provider, database_url, nats_url) as it:
        yield it


async def put(ana: httpx.AsyncClient, name: str, body: bytes) -> None:
    kind = {"content-type": "text/calendar; charset=utf-8"}
    (await ana.put(HOME + name, content=body, headers=kind)).raise_for_status()


async def connected(service: Running, server: str) -> dict[str, Any]:
    filled = {"server_url": f"{server}/", "username": USER, "app_password": PASSWORD}
    told = await service.http.post(
        "/accounts",
        json={"user_id": "ana", "credentials": filled},
        headers=await service.key(),
    )
    assert told.status_code == 201, told.text
    assert PASSWORD not in told.text
    account: dict[str, Any] = told.json()
    return account


async def look(service: Running) -> None:
    """Walk now, as the schedule would."""
    key = await service.key()
    told = await service.http.post("/sync", json={"user_id": "ana"}, headers=key)
    assert told.status_code == 202, told.text


async def said(service: Running, n: int) -> list[Message]:
    """The first `n` Messages of ana's."""
    found = await service.events(n, "self.events.*.calendar.ana")
    return [json.decode(it.data, type=Message) for it in found]


async def test_what_happens_on_the_server_is_told(
    service: Running, server: str, ana: httpx.AsyncClient
) -> None:
    await put(ana, "a b%40c.ics", ics("one@x", "Kick-off"))
    weekly = ("DTSTART;TZID=Europe/Berlin:20260302T090000", "DURATION:PT30M", "RRULE:FREQ=WEEKLY")
    await put(ana, "two.ics", ics("two@x", "Stand-up", *weekly))
    await put(ana, "gone.ics", ics("gone@x", "Never heard of"))
    (await ana.delete(HOME + "gone.ics")).raise_for_status()
    account = await connected(service, server)
    assert (account["name"], account["email"]) == (USER, USER)
    assert account["provider_account_id"] == f"{server}/{USER}/"

    first = {it.title: it for it in await said(service, 2)}
    assert set(first) == {"Kick-off", "Stand-up"}
    assert first["Kick-off"].metadata["start"] == "2026-03-02T09:00:00+00:00"
    assert first["Stand-up"].metadata["start"] == "2026-03-02T09:00:00+01:00"
    assert first["Stand-up"].metadata["recurrence"] == "RRULE:FREQ=WEEKLY"
    assert first["Kick-off"].metadata["href"] == f"{HOME}a%20b@c.ics"

    await put(ana, "a b%40c.ics", ics("one@x", "Kick-off moved", sequence=1))
    await look(service)
    changed = (await said(service, 3))[-1]
    assert (changed.id, changed.title) == (first["Kick-off"].id, "Kick-off moved")

    (await ana.delete(HOME + "two.ics")).raise_for_status()
    await look(service)
    lost = (await said(service, 4))[-1]
    assert (lost.id, lost.deleted) == (first["Stand-up"].id, True)

    await put(ana, "two.ics", ics("two@x", "Stand-up", *weekly))
    await look(service)
    back = (await said(service, 5))[-1]
    assert (back.id, back.title) == (lost.id, "Stand-up")


async def test_an_event_is_made_read_changed_and_deleted_by_its_etag(
    service: Running, server: str, ana: httpx.AsyncClient
) -> None:
    account = await connected(service, server)
    key, http = await service.key(), service.http
    whose = {"account_id": account["id"]}
    (calendar,) = (await http.get("/api/v1/calendars", params=whose, headers=key)).json()
    assert calendar["can_edit"] is True
    plan = {
        "id": "plan-2026",
        "summary": "Planning",
        "start": {"dateTime": "2026-03-25T09:00:00", "timeZone": "Europe/Berlin"},
        "end": {"dateTime": "2026-03-25T10:00:00", "timeZone": "Europe/Berlin"},
        "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=3"],
        "attendees": [{"email": "leo@example.test", "displayName": "Leo, the second"}],
    }
    where = {**whose, "calendar": calendar["id"]}
    made = await http.post("/api/v1/events", json=plan, params=where, headers=key)
    assert made.status_code == 201, made.text
    again = await http.post("/api/v1/events", json=plan, params=where, headers=key)
    assert (again.status_code, again.json()) == (201, made.json())
    stored = (await ana.get(f"{HOME}plan-2026.ics")).text.replace("\r\n ", "")
    assert "SCHEDULE-AGENT=CLIENT" in stored
    assert "BEGIN:VTIMEZONE" in stored

    ident = made.json()["id"]
    one = f"/api/v1/events/{ident}"
    read = await http.get(one, params=whose, headers=key)
    assert read.json() == made.json()
    assert read.headers["etag"] == made.headers["etag"]

    change = {"summary": "Planning, again"}
    stale = {**key, "if-match": '"another"'}
    refused = await http.patch(one, json=change, params=whose, headers=stale)
    assert refused.status_code == 412, refused.text
    good = {**key, "if-match": read.headers["etag"]}
    changed = await http.patch(one, json=change, params=whose, headers=good)
    assert changed.status_code == 200, changed.text
    assert changed.json()["metadata"]["sequence"] == "1"
    assert changed.json()["recipients"] == made.json()["recipients"]

    span = {"time_min": "2026-03-01T00:00:00Z", "time_max": "2026-05-01T00:00:00Z"}
    listed = await http.get("/api/v1/events", params={**where, **span}, headers=key)
    starts = [it["metadata"]["start"] for it in listed.json()]
    assert starts == [  # the clocks change in between
        "2026-03-25T09:00:00+01:00",
        "2026-04-01T09:00:00+02:00",
        "2026-04-08T09:00:00+02:00",
    ]
    second = listed.json()[1]["id"]
    assert second == f"{ident}#20260401T070000Z"
    path = f"/api/v1/events/{second.replace('#', '%23')}"
    moved = await http.patch(path, json={"summary": "Only this"}, params=whose, headers=key)
    assert (moved.json()["id"], moved.json()["title"]) == (second, "Only this")
    assert moved.json()["metadata"]["start"] == "2026-04-01T09:00:00+02:00"
    assert (await http.delete(path, params=whose, headers=key)).status_code == 204
    listed = await http.get("/api/v1/events", params={**where, **span}, headers=key)
    assert [it["title"] for it in listed.json()] == ["Planning, again"] * 2

    assert (await http.delete(one, params=whose, headers=key)).status_code == 204
    assert (await http.get(one, params=whose, headers=key)).status_code == 404
    assert (await ana.get(f"{HOME}plan-2026.ics")).status_code == 404


async def test_a_wrong_password_opens_nothing_and_a_changed_one_ends_the_account(
    service: Running, server: str, tmp_path: Path
) -> None:
    filled = {"server_url": server, "username": USER, "app_password": "wrong"}
    told = await service.http.post(
        "/accounts", json={"user_id": "ana", "credentials": filled}, headers=await service.key()
    )
    assert told.status_code == 400
    assert "does not accept these credentials" in told.text
    account = await connected(service, server)
    (tmp_path / "users").write_text(f"{USER}:another\n")

    async def ended() -> bool:
        async with service.hub.db.connection() as conn:
            await conn.execute(
                b"update connected_account set refresh_refused_at"
                b" = refresh_refused_at - interval '61 seconds'"
            )
        await service.http.get(
            "/api/v1/calendars", params={"account_id": account["id"]}, headers=await service.key()
        )
        shown = await service.http.get(f"/accounts/{account['id']}", headers=await service.key())
        return str(shown.json()["status"]) == "revoked"

    await until(ended)
