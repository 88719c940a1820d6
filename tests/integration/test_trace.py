"""Somebody asks what became of a delivery or an event, and is told where it is or why it is not."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from msgspec import json

from shared.bus import stream
from tests.fakes.feed import Bench, Note, Notebook, provider
from tests.fakes.service import Running, running
from tests.fakes.simulated import until

pytestmark = pytest.mark.anyio


@pytest.fixture
async def service(database_url: str, nats_url: str, anyio_backend: str) -> AsyncIterator[Running]:
    async with running(provider(Notebook([[]])), database_url, nats_url) as it:
        yield it


async def send(service: Running, ident: str, body: bytes) -> None:
    headers = {"signature": "s", "id": ident}
    assert (await service.http.post("/webhook", content=body, headers=headers)).is_success


async def asked(service: Running, ident: str, stage: str) -> dict[str, Any]:
    """The answer, as soon as it tells of that stage."""
    key = await service.key("admin")
    for _ in range(200):
        told: dict[str, Any] = (await service.http.get(f"/trace/{ident}", headers=key)).json()
        if stage in [step["stage"] for step in told.get("steps", ())]:
            return told
    raise AssertionError(told)


async def test_a_delivery_is_followed_to_its_event_and_the_event_to_its_place(
    service: Running,
) -> None:
    await Bench(service.hub.db, service.hub.provider).account()
    await send(service, "d-1", json.encode(Note("a", "hello")))
    await send(service, "d-2 %", json.encode(Note("b", "at the same time")))
    await send(service, "d-3", json.encode(Note("a", "hello")))
    events = {it.headers["ce-deliveryid"]: it for it in await service.events(2, "self.events.>")}
    assert set(events) == {"d-1", "d-2%20%25"}
    event = events["d-1"]
    told = await asked(service, "d-1", "published")
    assert told["done"]
    assert [step["stage"] for step in told["steps"]] == ["seen", "settled", "published"]
    where = f"at sequence {event.metadata.sequence.stream}, on"
    assert f"self.note.created is in the stream {where}" in told["steps"][-1]["says"]
    assert len((await asked(service, "d-2 %", "published"))["steps"]) == 3
    known = await asked(service, "d-3", "settled")
    assert known["done"]
    assert [step["stage"] for step in known["steps"]] == ["seen", "settled"], "it was no news"
    found = await asked(service, event.headers["ce-id"], "published")
    assert (
        f"sequence {event.metadata.sequence.stream}, on {event.subject}"
        in found["steps"][0]["says"]
    )


async def test_why_something_was_not_published_is_said(service: Running) -> None:
    await send(service, "d-2", json.encode(Note("a", "hello")))
    told = await asked(service, "d-2", "unrouted")
    assert "No connected account claims it" in told["steps"][-1]["says"]
    await send(service, "d-3", b"[")
    dead = await asked(service, "d-3", "dead")
    assert "Given up on" in dead["steps"][-1]["says"]
    assert not told["done"]
    assert not dead["done"]


async def test_only_operators_may_ask_and_what_nobody_knows_is_not_found(service: Running) -> None:
    mine = await service.key("connections:read")
    assert (await service.http.get("/trace/x", headers=mine)).status_code == 403
    key = await service.key("admin")
    answer = await service.http.get(f"/trace/{uuid4()}", headers=key)
    assert answer.status_code == 404


async def test_questions_leave_no_readers_behind(service: Running) -> None:
    """A server keeps a thousand of them at most, and answers none when they are too many."""
    key, js = await service.key("admin"), service.nc.jetstream()
    for n in range(20):
        assert (await service.http.get(f"/trace/{n}", headers=key)).status_code == 404

    async def none() -> bool:
        return not (await js.stream_info(stream.NAME)).state.consumer_count

    await until(none, within=6)  # less than it took when it was nobody's business
