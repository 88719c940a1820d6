"""A service as its callers meet it: every input gets an answer that somebody can act on."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import json, structs

from shared.config import RateLimit, Settings
from shared.engines.process import ports
from shared.provider import Api
from shared.service import hub
from shared.service import server as server_module
from shared.service.fleet import measured
from shared.service.worker import tidy
from shared.store import runs
from tests.fakes.feed import Bench, Note, Notebook, provider
from tests.fakes.loopback import Asked, loopback
from tests.fakes.proxy import proxy
from tests.fakes.service import Running, running, settings

pytestmark = pytest.mark.anyio

SIGNED = {"signature": "s"}


@pytest.fixture
async def service(database_url: str, nats_url: str, anyio_backend: str) -> AsyncIterator[Running]:
    book = Notebook([[Note("a", "listed")]])
    async with running(provider(book), database_url, nats_url) as it:
        yield it


async def account(service: Running, user_id: str = "ana", *claims: str) -> UUID:
    """An account that is not walked until somebody asks."""
    ident = await Bench(service.hub.db, service.hub.provider).account(user_id, *claims)
    async with service.hub.db.connection() as conn:
        await conn.execute(
            "update sync_state set next_run_at = 'infinity' where account_id = %s", (ident,)
        )
    return ident


async def post(service: Running, it: Note, ident: str = "1", **headers: str) -> httpx.Response:
    return await service.http.post(
        "/webhook", content=json.encode(it), headers={**SIGNED, "id": ident, **headers}
    )


async def test_a_signed_webhook_becomes_a_cloud_event(service: Running) -> None:
    ana = await account(service)
    assert (await post(service, Note("a.b >*", "hello", minute=3))).status_code == 200
    (event,) = await service.events(1)
    assert event.subject == "self.events.note.feed.ana"
    headers = event.headers
    assert headers["Nats-Msg-Id"] == headers["ce-id"]
    assert headers["ce-specversion"] == "1.0"
    assert headers["ce-type"] == "self.note.created"
    assert headers["ce-source"] == f"/integrations/feed/accounts/{ana}"
    assert headers["ce-subject"] == "a.b%20>*"
    assert headers["ce-time"] == "2026-01-01T00:03:00.000000Z"
    assert int(headers["ce-sequence"]) > 0
    assert json.decode(event.data) == {
        "id": "a.b >*",
        "source": "feed",
        "type": "note",
        "content": "hello",
        "timestamp": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:03:00Z",
    }


async def test_a_sync_and_a_webhook_of_one_change_are_one_event(service: Running) -> None:
    ana, key = await account(service), await service.key()
    await post(service, Note("a", "listed"))
    await service.events(1)
    started = await service.http.post("/sync", json={"account_id": str(ana)}, headers=key)
    assert started.status_code == 202
    (run_id,) = started.json()["run_ids"]
    async with asyncio.timeout(10):
        while True:
            run = (await service.http.get(f"/sync/runs/{run_id}", headers=key)).json()
            if run["status"] != "running":
                break
            await asyncio.sleep(0.05)
    assert (run["status"], run["listed"], run["published"], run["unchanged"]) == (
        "success",
        1,
        0,
        1,
    )
    finished = (await service.events(1, "self.integrations.feed.ana"))[0]
    assert json.decode(finished.data)["what"] == "sync_finished"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"signature": "wrong"}, 401),
        ({"signature": ""}, 401),
        ({"signature": "s", "content-encoding": "gzip"}, 415),
        ({"signature": "s", "content-length": "99999999"}, 413),
    ],
)
async def test_a_webhook_that_is_not_taken_is_told_why(
    service: Running, headers: dict[str, str], status: int
) -> None:
    request = service.http.build_request("POST", "/webhook", content=b"{}", headers=headers)
    if status == 413:
        request = service.http.build_request(
            "POST", "/webhook", content=bytes(1_048_577), headers=SIGNED
        )
    answer = await service.http.send(request)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"].endswith((".", "old"))
    assert await rows(service, "select count(*) from webhook_inbox") == [(0,)]
    assert await rows(service, "select count(*) from webhook_seen") == [(0,)]


async def test_without_a_secret_the_door_is_closed(database_url: str, nats_url: str) -> None:
    async with running(provider(Notebook()), database_url, nats_url, secrets=()) as service:
        assert (await post(service, Note("a"))).status_code == 404


async def test_while_the_database_is_away_nothing_is_promised(service: Running) -> None:
    await service.hub.db.close()
    answer = await post(service, Note("a"))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert (await service.http.get("/health")).status_code == 200, "a restart would not help"
    assert (await service.http.get("/health/ready")).status_code == 503
    assert (
        await service.http.get("/accounts", headers={"authorization": "Bearer hub_dev_x"})
    ).status_code == 401


async def test_a_bus_that_gave_up_for_good_wants_a_restart_and_webhooks_are_taken_until_then(
    service: Running,
) -> None:
    await service.hub.bus.close()
    assert (await service.http.get("/health")).status_code == 503
    assert (await service.http.get("/health/ready")).status_code == 200, "deliveries need no bus"
    assert (await post(service, Note("a"))).status_code == 200


async def nap(service: Running) -> None:
    async with service.hub.db.connection() as conn:
        await conn.execute("select pg_sleep(0.2)")


async def test_a_database_that_says_nothing_keeps_no_sender_waiting(
    database_url: str, nats_url: str
) -> None:
    """It does not refuse, it does not hang up: it is frozen, or the wire to it is."""
    async with proxy() as wire:
        where = wire.before(database_url)
        async with running(provider(Notebook()), where, nats_url) as it:
            await asyncio.gather(
                *(nap(it) for _ in range(9))
            )  # there are connections to get stuck on
            wire.break_("blackhole")
            answer = await post(it, Note("a"))
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            assert (await it.http.get("/health/ready")).status_code == 503
            wire.break_("")
            assert (await post(it, Note("a"))).status_code == 200


async def test_a_body_that_never_ends_is_given_up_on(service: Running) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", service.hub.settings.service.port)
    writer.write(
        b"POST /webhook HTTP/1.1\r\nhost: x\r\nsignature: s\r\ncontent-length: 9\r\n\r\nabc"
    )
    async with asyncio.timeout(5):
        assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
    writer.close()


async def test_a_sender_of_slow_headers_is_cut_off(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "RECEIVE", 0.3)
    reader, writer = await asyncio.open_connection("127.0.0.1", service.hub.settings.service.port)
    writer.write(b"POST /webhook HTTP/1.1\r\nhost: x\r\n")
    async with asyncio.timeout(3):
        assert await reader.read() == b""
    writer.close()


async def test_every_route_but_the_open_ones_wants_a_token(service: Running) -> None:
    spec = (await service.http.get("/schema/openapi.json")).json()
    open_routes = {"/health", "/health/ready", "/metrics"}
    for path, operations in spec["paths"].items():
        for method in operations:
            answer = await service.http.request(method, path.replace("{", "").replace("}", ""))
            if path in open_routes:
                assert answer.status_code == 200, path
            else:
                assert answer.status_code in (401, 404), (method, path, answer.text)
                assert answer.headers["content-type"].startswith("application/problem+json"), path


async def test_foreign_and_unknown_accounts_are_answered_alike(service: Running) -> None:
    ben = await account(service, "ben")
    key = await service.key("connections:read", "connections:write", "sync:run", user_id="ana")
    for method, path, body in [
        ("GET", "/accounts/{}", None),
        ("PATCH", "/accounts/{}", {"sync_enabled": False}),
        ("DELETE", "/accounts/{}", None),
    ]:
        foreign = await service.http.request(method, path.format(ben), json=body, headers=key)
        unknown = await service.http.request(method, path.format(uuid4()), json=body, headers=key)
        assert foreign.status_code == unknown.status_code == 404
        assert foreign.content == unknown.content
    sync = await service.http.post("/sync", json={"account_id": str(ben)}, headers=key)
    assert sync.status_code == 404
    async with service.hub.db.transaction() as conn:
        run_id = await runs.start_run(
            conn, streams=service.hub.provider.streams, account_id=ben, mode="incremental"
        )
    assert (await service.http.get(f"/sync/runs/{run_id}", headers=key)).status_code == 404
    assert (await service.http.get("/sync/runs", headers=key)).json()["runs"] == []
    assert (await service.http.get("/accounts", headers=key)).json()["accounts"] == []


async def test_a_key_that_speaks_for_nobody_reaches_nobody(service: Running) -> None:
    ana = await account(service)
    poor = await service.key("connections:read", "connections:write", "sync:run", "data:read")
    for method, path in [
        ("GET", f"/accounts/{ana}"),
        ("DELETE", f"/accounts/{ana}"),
        ("GET", "/accounts"),
    ]:
        assert (await service.http.request(method, path, headers=poor)).status_code == 403
    sync = await service.http.post("/sync", json={"account_id": str(ana)}, headers=poor)
    assert sync.status_code == 403
    backend = await service.key("sync:run", "impersonate")
    sync = await service.http.post("/sync", json={"account_id": str(ana)}, headers=backend)
    assert sync.status_code == 202, "the account says whose it is"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"[" * 100_000,
        b'{"user_id":' * 5000,
        b"\xff\xfe",
        b'{"user_id":"\\ud800"}',
        b'{"user_id":"a\\u0000b"}',
        b'{"account_id":"../../etc"}',
        b'{"mode":"everything"}',
        b'{"user_id":"ana","unknown":1}',
        b'{"user_id":NaN}',
        b'{"stream":"notes\'; drop table item; --","user_id":"ana"}',
        b'{"user_id":"a.b"}',
        b'{"user_id":"%s"}' % (b"a" * 65),
        b'{"user_id":">"}',
    ],
)
async def test_no_body_is_answered_with_a_500(service: Running, body: bytes) -> None:
    key = {**await service.key(), "content-type": "application/json"}
    answer = await service.http.post("/sync", content=body, headers=key)
    assert answer.status_code in (400, 404), answer.text
    assert answer.json()["title"]


async def test_callers_have_a_limit_and_webhooks_have_none(
    database_url: str, nats_url: str
) -> None:
    limit = RateLimit(requests=3, duration=60)
    async with running(provider(Notebook()), database_url, nats_url, rate_limit=limit) as service:
        await account(service)
        key = await service.key()
        answers = [await service.http.get("/accounts", headers=key) for _ in range(4)]
        assert [it.status_code for it in answers] == [200, 200, 200, 429]
        assert int(answers[3].headers["retry-after"]) >= 1
        posts = [await post(service, Note("a", minute=n), str(n)) for n in range(20)]
        assert {it.status_code for it in posts} == {200}


async def test_a_bus_that_takes_nothing_pauses_the_work_and_then_the_door(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await account(service)
    monkeypatch.setattr(hub, "OUTBOX_LIMIT", -1)  # as if too much waited, however often it counts
    assert (await post(service, Note("a"))).status_code == 200, "deliveries are still stored"
    await asyncio.sleep(0.5)
    assert await rows(service, "select count(*) from webhook_inbox") == [(1,)], "but not read"
    monkeypatch.setattr(hub, "INBOX_LIMIT", -1)
    refused = await post(service, Note("b"), "2")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert (await service.http.get("/health/ready")).status_code == 503
    monkeypatch.undo()
    await service.events(1)


async def test_a_dead_letter_is_shown_and_replayed(service: Running) -> None:
    await account(service)
    await post(service, Note("a", "poison"))
    key = await service.key()
    async with asyncio.timeout(10):
        while not (
            letters := (await service.http.get("/dead-letters", headers=key)).json()["dead_letters"]
        ):
            await asyncio.sleep(0.05)
    (letter,) = letters
    assert (letter["kind"], letter["error"]) == (
        "webhook",
        "note: ZeroDivisionError while normalizing",
    )
    path = f"/dead-letters/{letter['id']}/replay"
    assert (await service.http.post(path, headers=key)).json()["outcome"] == "queued"
    assert (await service.http.post(path, headers=key)).status_code == 404, "once"
    poor = await service.key("connections:read")
    assert (await service.http.post(path, headers=poor)).status_code == 403


async def test_status_tells_of_work_and_of_no_user(service: Running) -> None:
    await account(service, "somebody_private")
    await post(service, Note("a", "secret text"))
    await service.events(1)
    answer = await service.http.get("/status", headers=await service.key("connections:read"))
    assert answer.json()["now"]["accounts"] == {"active": 1}
    assert "somebody_private" not in answer.text
    assert "secret text" not in answer.text
    figures = (await service.http.get("/metrics")).text
    assert 'self_webhook_deliveries_total{outcome="stored",provider="feed"} 1.0' in figures
    for outcome in ("not_genuine", "away", "busy"):  # alarms look at these, from nought on
        assert f'deliveries_total{{outcome="{outcome}",provider="feed"}} 0.0' in figures


async def test_a_stream_that_lags_is_measured(service: Running) -> None:
    await account(service)
    held = "next_run_at = now() - interval '90 seconds', lease_until = 'infinity'"
    await rows(service, f"update sync_state set {held}")
    await tidy(service.hub)
    figures = (await service.http.get("/metrics")).text
    (lag,) = re.findall(r'self_sync_lag_seconds\{provider="feed",stream="notes"\} (\S+)', figures)
    assert 90 <= float(lag) < 120


async def test_the_bus_and_what_was_given_up_on_are_measured(service: Running) -> None:
    await account(service)
    await post(service, Note("a", "x"))
    await service.events(1)
    await rows(
        service,
        "insert into dead_letter (kind, provider, what, body, error) "
        "values ('record', 'feed', 'a', '', 'unreadable')",
    )
    await tidy(service.hub)
    figures = (await service.http.get("/metrics")).text
    assert 'self_open_dead_letters{kind="record",provider="feed"} 1.0' in figures
    assert 'self_open_dead_letters{kind="webhook",provider="feed"} 0.0' in figures
    assert "self_nats_connected 1.0" in figures
    told = dict(re.findall(r"^(self_stream_\w+) (\S+)$", figures, re.MULTILINE))
    assert 0 < float(told["self_stream_bytes"]) < float(told["self_stream_limit_bytes"])


async def rows(service: Running, statement: str) -> list[tuple[object, ...]]:
    return await Bench(service.hub.db, service.hub.provider).rows(statement)


async def test_figures_have_a_port_of_their_own_where_one_is_named(
    database_url: str, nats_url: str
) -> None:
    port = next(ports(0, fixed=False))

    def apart(*about: Any, **facts: Any) -> Settings:
        made = settings(*about, **facts)
        return structs.replace(made, service=structs.replace(made.service, metrics_port=port))

    feed = provider(Notebook([[]]))
    async with (
        running(feed, database_url, nats_url, build=apart) as service,
        measured(service.hub, "127.0.0.1"),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as prometheus,
    ):
        answer = None
        async with asyncio.timeout(10):
            while answer is None:
                with suppress(httpx.ConnectError):
                    answer = await prometheus.get("/metrics")
        assert "self_outbox_depth" in answer.text
        assert (await prometheus.get("/status")).status_code == 404
        key = await service.key()
        assert (await service.http.get("/metrics", headers=key)).status_code == 404


class Slow(Controller):
    @get("/slow")
    async def slow(self, api: NamedDependency[SkipValidation[Api]]) -> None:
        await api.get("slow", type(None))


async def test_a_provider_that_keeps_a_person_waiting_is_given_up_on(
    database_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hurried(*about: Any, **facts: Any) -> Settings:
        made = settings(*about, **facts)
        return structs.replace(made, service=structs.replace(made.service, timeout=0.5))

    async def silent(_asked: Asked, _writer: Any) -> None:
        await asyncio.Event().wait()

    async def token(_account: UUID, _refused: str) -> str:
        return "t"

    feed = structs.replace(provider(Notebook([[]])), routes=(Slow,))
    async with (
        loopback(silent) as far,
        running(feed, database_url, nats_url, base_url=far.url, build=hurried) as service,
    ):
        monkeypatch.setattr(service.hub.tokens, "access", token)
        ana, key = await account(service), await service.key()
        answer = await service.http.get(f"/api/v1/slow?account_id={ana}", headers=key)
    assert answer.status_code == 504
    assert answer.headers["content-type"] == "application/problem+json"
    title = "Feed did not answer within 0.5 seconds; try again, or ask for less"
    assert answer.json() == {"title": title, "status": 504}
