"""One trace from the webhook to whoever reads the event, and none of it where it is not sampled."""

import io
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import structlog
from msgspec import json
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.errors import Refused
from shared.store import runs
from shared.store.database import Database
from shared.telemetry import logs, traces
from tests.fakes.feed import Bench, Note, Notebook, provider
from tests.fakes.service import Running, running
from tests.fakes.simulated import until

pytestmark = pytest.mark.anyio


class Recorded:
    """The spans of a service, as they are when the test asks."""

    def __init__(self, ratio: float) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = traces.configure("feed", ratio=ratio, exporter=self.exporter)

    def spans(self, *names: str) -> list[Any]:
        assert self.provider
        self.provider.force_flush()
        ended = self.exporter.get_finished_spans()
        return [it for it in ended if not names or it.name in names]

    def path(self, span: Any) -> list[str]:
        """The names from a span up to where its trace began."""
        by_id = {it.context.span_id: it for it in self.spans()}
        found = [span.name]
        while span.parent and span.parent.span_id in by_id:
            span = by_id[span.parent.span_id]
            found.append(span.name)
        return found


@pytest.fixture
def ratio() -> float:
    return 1.0


@pytest.fixture
def recorded(ratio: float) -> Iterator[Recorded]:
    it = Recorded(ratio)
    yield it
    assert it.provider
    it.provider.shutdown()
    traces.configure("feed", "", 0.0)


@pytest.fixture
async def service(
    database_url: str, nats_url: str, recorded: Recorded, anyio_backend: str
) -> AsyncIterator[Running]:
    async with running(provider(Notebook([[]])), database_url, nats_url) as it:
        yield it


async def deliver(service: Running, text: str, **headers: str) -> None:
    body = json.encode(Note("a", text))
    answer = await service.http.post(
        "/webhook?key=canary", content=body, headers={"signature": "s", "id": "d1", **headers}
    )
    assert answer.status_code == httpx.codes.OK


async def test_a_consumers_span_joins_the_trace_that_the_webhook_began(
    service: Running, recorded: Recorded
) -> None:
    await Bench(service.hub.db, service.hub.provider).account("ana", "book:1")
    await deliver(service, "canary")
    (event,) = await service.events(1, "self.events.>")
    with traces.resume("consumer", {}, event.headers["traceparent"]):
        pass
    await until(lambda: bool(recorded.spans("publish")))  # it ends when NATS's answer is read
    (consumer,) = recorded.spans("consumer")
    assert recorded.path(consumer) == ["consumer", "publish", "normalize", "webhook"]
    spans = recorded.spans("webhook", "normalize", "publish", "consumer")
    assert len({it.context.trace_id for it in spans}) == 1
    (webhook,) = recorded.spans("webhook")
    assert webhook.attributes == {"provider": "feed", "delivery": "d1"}
    told = str([it.to_json() for it in recorded.spans()])
    assert "canary" not in told
    assert "signature" not in told


async def test_a_trace_that_the_caller_records_goes_on(
    service: Running, recorded: Recorded
) -> None:
    caller = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"
    refused = await service.http.post("/webhook", content=b"{}", headers={"traceparent": caller})
    assert refused.status_code == httpx.codes.UNAUTHORIZED
    assert not recorded.spans("webhook")  # strangers have nothing recorded
    await deliver(service, "it", traceparent=caller)
    (webhook,) = recorded.spans("webhook")
    assert f"{webhook.context.trace_id:032x}" == traces.trace_id(caller)
    assert f"{webhook.parent.span_id:016x}" == caller[36:52]


async def test_a_walk_is_one_trace_with_its_run_as_far_as_the_bus(
    database_url: str, nats_url: str, recorded: Recorded
) -> None:
    book = Notebook([[Note(str(n), "listed") for n in range(20)]])
    async with running(provider(book), database_url, nats_url) as service:
        bench = Bench(service.hub.db, service.hub.provider)
        account = await bench.account()
        async with service.hub.db.transaction() as conn:
            run = await runs.start_run(
                conn, streams=service.hub.provider.streams, account_id=account, mode="full"
            )
        service.hub.wake()
        events = await service.events(20, "self.events.>")
        await service.events(1, "self.integrations.>")  # that the run has ended
    about = {"provider": "feed", "account": str(account), "stream": "notes", "run": str(run)}
    # A span ends a moment after what it tells of is seen.
    await until(lambda: about in [it.attributes for it in recorded.spans("walk")])
    paths = {("publish", "walk")}
    await until(lambda: {tuple(recorded.path(it)) for it in recorded.spans("publish")} == paths)
    walks = recorded.spans("walk")
    assert {traces.trace_id(it.headers["traceparent"]) for it in events} <= {
        f"{it.context.trace_id:032x}" for it in walks
    }


@pytest.mark.parametrize("ratio", [0.0])
async def test_what_is_not_sampled_leaves_nothing(service: Running, recorded: Recorded) -> None:
    await Bench(service.hub.db, service.hub.provider).account("ana", "book:1")
    await deliver(service, "it")
    (event,) = await service.events(1, "self.events.>")
    assert "traceparent" not in event.headers
    assert recorded.spans() == []


async def test_every_line_of_a_walk_names_whose_it_was(db: Database) -> None:
    def refuse(_: int) -> None:
        raise Refused("they said no")

    bench = Bench(db, provider(Notebook([[]], before=refuse)))
    account = await bench.account()
    async with db.transaction() as conn:
        run = await runs.start_run(
            conn, streams=bench.provider.streams, account_id=account, mode="full"
        )
    out, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure("info", json=True, file=out)
    try:
        await bench.walk()
    finally:
        structlog.reset_defaults()
        root.handlers[:] = handlers
        root.setLevel(level)
    lines = [json.decode(line) for line in out.getvalue().splitlines()]
    (told,) = (it for it in lines if it["event"] == "a walk stopped" and it["run"] == str(run))
    assert (told["provider"], told["account"], told["stream"]) == ("feed", str(account), "notes")
    assert told["error"] == "they said no"
