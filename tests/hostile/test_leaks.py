"""A whole journey of an account in which every secret is looked for everywhere that is written to.

Tokens, codes, verifiers, client and webhook secrets, encryption and API keys, states, links and
cookies: none may be in the log (at debug), in traces, metrics, events, answers or the database.
What people wrote may be in events, in the tables and in the provider's own routes, nowhere else.
"""

import importlib
import io
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import structlog
from msgspec import json
from msgspec.structs import replace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.bus import stream
from shared.config import Settings
from shared.config.catalogue import providers
from shared.http import roleplay
from shared.provider import Provider
from shared.service.callers import SCOPES
from shared.simulation import Fault
from shared.store import audit
from shared.telemetry import traces
from tests.fakes.service import Running, running
from tests.fakes.simulated import listening, told, until
from tests.hostile.routes import operations
from tests.hostile.stage import logged
from tests.hostile.wire import Wire

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]

WEBHOOK_SECRET = "what both sides sign with, and nobody else knows"
PLAYED = [
    it
    for it in providers()
    if importlib.util.find_spec(f"services.{it.name}.simulator")  # a provider may have none
]
CONSENTED = [it for it in PLAYED if it.oauth]
"""For those that a form opens, `test_forms.py` does the same."""


@dataclass
class Journey:
    """A service, the wire to its provider, and everything that came out of either."""

    provider: Provider
    wire: Wire
    service: Running
    log: io.StringIO
    spans: InMemorySpanExporter
    tracing: TracerProvider
    answers: list[str] = field(default_factory=list)
    routes: list[str] = field(default_factory=list)
    """Answers of the provider's own routes, which may tell what people wrote."""
    written: set[str] = field(default_factory=set)
    """The first lines of what people wrote."""

    async def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        answer = await self.service.http.request(method, path, **request)
        (self.routes if path.startswith("/api/v1") else self.answers).append(seen(answer))
        return answer

    async def places(self) -> dict[str, str]:
        """Everything that was written anywhere, by where."""
        self.tracing.force_flush()
        metrics = (await self.service.http.get("/metrics")).text
        count = (await self.service.nc.jetstream().stream_info(stream.NAME)).state.messages
        events = await self.service.events(count)
        items = [json.decode(it.data) for it in events if it.subject.startswith("self.events.")]
        lines = [str(it.get("content", "")).partition("\n")[0] for it in items]
        self.written |= {line for line in lines if len(line) > 15 and '"' not in line}
        return {
            "log": self.log.getvalue(),
            "traces": "\n".join(it.to_json() for it in self.spans.get_finished_spans()),
            "metrics": metrics,
            "answers": "\n".join(self.answers),
            "routes": "\n".join(self.routes),
            "events": "\n".join(f"{it.subject} {it.headers} {it.data!r}" for it in events),
            "database": await dump(self.service),
        }


def seen(answer: httpx.Response) -> str:
    """All that an answer shows to whoever asked."""
    return f"{answer.status_code} {answer.headers.multi_items()} {answer.text}"


async def dump(service: Running) -> str:
    """Every row of every table as text; what is bytes once as text and once as hexadecimal digits."""
    found = []
    async with service.hub.db.connection() as conn:
        tables = await (
            await conn.execute("select tablename from pg_tables where schemaname = 'public'")
        ).fetchall()
        for (table,) in tables:
            rows = await (
                await conn.execute(f"select row_to_json(it)::text from {table} it".encode())
            ).fetchall()
            found += [f"{table} {text}" for (text,) in rows]
    return "\n".join(found)


def leaks(markers: Mapping[str, set[str]], places: Mapping[str, str]) -> list[str]:
    """Which marker is where; bytes in the database are hexadecimal."""
    return [
        f"{what} {marker[:12]}... is in the {where}: ...{text[max(0, at - 150) : at + 30]}..."
        for what, them in markers.items()
        for marker in them
        for where, text in places.items()
        if (at := max(text.find(marker), text.find(marker.encode().hex()))) >= 0
    ]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, from debug on."""
    written = io.StringIO()
    with logged(written):
        yield written


@pytest.fixture
async def journey(
    played: Provider,
    database_url: str,
    nats_url: str,
    log: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Journey]:
    monkeypatch.setattr("shared.service.worker.SUBSCRIPTIONS", 0.1)
    monkeypatch.setattr("shared.http.retries._JITTER", lambda _: 0.01)
    monkeypatch.setattr("shared.http.gate.OPEN", 0.2)
    spans = InMemorySpanExporter()
    tracing = traces.configure("test", exporter=spans, ratio=1.0)
    assert tracing
    async with underway(played, database_url, nats_url) as (wire, service):
        yield Journey(played, wire, service, log, spans, tracing)
    traces.configure("test", endpoint="")


@pytest.fixture(params=CONSENTED, ids=lambda it: it.name)
def played(request: pytest.FixtureRequest) -> Provider:
    """Whose secrets are looked for."""
    found: Provider = request.param
    return found


@asynccontextmanager
async def underway(
    provider: Provider, database_url: str, nats_url: str
) -> AsyncIterator[tuple[Wire, Running]]:
    """The provider, played, and the service, which hear each other."""
    here = ""

    async def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        query = url.partition("?")[2]
        return await roleplay.post(f"{here}/webhook{query and '?'}{query}", body, headers)

    module: Any = importlib.import_module(f"services.{provider.name}.simulator")
    app = module.app(post, "http://service.test/webhook", WEBHOOK_SECRET)
    wire = Wire(app)
    quick = replace(provider, quotas={})
    async with (
        listening(wire) as url,  # type: ignore[arg-type]  # any ASGI application
        running(quick, database_url, nats_url, build=told(app, url)) as service,
    ):
        here, wire.url = f"http://127.0.0.1:{service.hub.settings.service.port}", url
        tokens = service.hub.tokens
        tokens._again, tokens._patience, tokens._pause = 0.1, 1.0, 0.0
        yield wire, service


async def test_no_secret_is_anywhere_after_a_whole_journey(journey: Journey) -> None:
    key = await travel(journey)
    before = await journey.places()
    await leave(journey, key)
    after = await journey.places()
    markers = {**journey.wire.markers, **own(journey, key)}
    found = leaks(markers, before) + leaks(markers, after)
    private = {where: after[where] for where in ("log", "traces", "metrics", "answers")}
    found += leaks({"what somebody wrote": journey.written}, private)
    assert not found, "\n".join(found)
    assert {"access token", "code", "client secret", "refresh token"} <= set(markers)
    assert journey.written
    assert all(text.count("\n") > 3 for text in before.values()), "somewhere nothing was written"


async def test_every_place_is_looked_into(journey: Journey) -> None:
    """One secret is put wherever there is a way, and found in each place."""
    hub, secret = journey.service.hub, "planted-where-it-does-not-belong"
    structlog.get_logger().debug("a call", note=f"sent with {secret}")
    with traces.root("a call", {"note": secret}):
        hub.metrics.unsupported(journey.provider.name, secret)
    async with hub.db.transaction() as conn:
        await audit.write(conn, secret, "connect", "done")
    await journey.service.nc.jetstream().publish("self.integrations.x.ana", secret.encode())
    journey.answers.append(secret)
    journey.routes.append(secret)
    found = leaks({"planted": {secret}}, await journey.places())
    where = {"log", "traces", "metrics", "answers", "routes", "events", "database"}
    assert {it for it in where if any(f"is in the {it}:" in said for said in found)} == where


def own(journey: Journey, key: dict[str, str]) -> dict[str, set[str]]:
    """The secrets that do not travel to the provider."""
    settings: Settings = journey.service.hub.settings
    keys = settings.encryption_keys.reveal().partition(":")[2]
    named = {
        name: {it.reveal()} for name, it in settings.environment.items() if len(it.reveal()) > 40
    }
    secrets = {it.reveal() for it in settings.webhook.secrets if it}
    caller = key["authorization"].removeprefix("Bearer ")
    return {**named, "webhook secret": secrets, "encryption key": {keys}, "API key": {caller}}


async def travel(it: Journey) -> dict[str, str]:
    """Connect twice, sync, hear webhooks, refresh, and fail in every way; the caller's key."""
    key = await it.service.key(*SCOPES)
    await connect(it, key, "ana")
    (account,) = (await it.ask("GET", "/accounts", headers=key)).json()["accounts"]
    for path, wish in it.wire.app.wishes.items():
        await it.ask("POST", path, params={"user_id": "ana"}, json=wish, headers=key)
        await it.ask("POST", "/sync", json={"account_id": account["id"]}, headers=key)
    await rested(it, key)
    for happening in it.wire.app.story.values():
        await happening.act()
    it.wire.app.fail(Fault("expired"))
    refreshed = len(it.wire.markers["access token"])
    await it.ask("POST", "/sync", json={"account_id": account["id"]}, headers=key)
    await until(lambda: len(it.wire.markers["access token"]) > refreshed)
    await rested(it, key)
    live = {"user_id": "ben", "access_token": next(iter(it.wire.app.consent.tokens))}  # type: ignore[attr-defined]
    brought = await it.ask("POST", "/accounts", json=live, headers=key)
    assert brought.status_code == 201, brought.text
    await rested(it, key)
    await be_refused(it, key, account["id"])
    await be_malformed(it, key)
    it.wire.echo = 0
    return key


async def leave(it: Journey, key: dict[str, str]) -> None:
    """Delete every account and wait until nothing is left of them."""
    for one in (await it.ask("GET", "/accounts", headers=key)).json()["accounts"]:
        await it.ask("DELETE", f"/accounts/{one['id']}", headers=key)
    await until(lambda: nobody(it, key), within=60)


async def connect(it: Journey, key: dict[str, str], user: str) -> httpx.Response:
    """The whole way in a browser; what it needs to know, and nobody else, becomes a marker."""
    wish = {"user_id": user}
    link = (await it.service.http.post("/oauth/authorize", json=wish, headers=key)).json()
    url = link["authorization_url"]
    async with httpx.AsyncClient(trust_env=False, timeout=30) as browser:
        there = (await browser.get(url)).headers["location"]
        back = (await browser.get(f"{there}&consent=yes")).headers["location"]
        page = await browser.get(back)
        given = {"link": url.rpartition("/")[2], "state": httpx.URL(there).params["state"]}
        for what, marker in {**given, "session": next(iter(browser.cookies.values()))}.items():
            it.wire.markers[what].add(marker)
    it.answers.append(seen(page))
    return page


async def be_refused(it: Journey, key: dict[str, str], account: str) -> None:
    """Let the provider answer with everything that it was sent, on all of its own paths."""
    reading = operations((await it.service.http.get("/schema/openapi.json")).json())
    token_path = httpx.URL(it.service.hub.settings.provider.token_url).path
    for status in (400, 401, 200, 500):
        it.wire.echo, it.wire.only = status, ""
        for operation in reading:
            if operation.path.startswith("/api/v1"):
                path, arguments = operation.request({"account_id": account})
                await it.ask(operation.method, path, headers=key, **arguments)
        await it.ask("POST", "/sync", json={"account_id": account, "mode": "full"}, headers=key)
        live = {
            "user_id": "eve",
            "access_token": f"a token that nobody issued {status}".replace(" ", "-"),
        }
        it.wire.markers["access token"].add(live["access_token"])
        await it.ask("POST", "/accounts", json=live, headers=key)
        if status == 401:
            continue  # what a wrong client secret is answered with, and 400 is too
        it.wire.only = token_path
        await connect(it, key, "eve")
        it.wire.app.fail(Fault("expired"))
        await it.ask("POST", "/sync", json={"account_id": account}, headers=key)
    assert it.wire.echoed > 10
    await it.ask("GET", "/sync/runs?user_id=ana", headers=key)
    await it.ask("GET", "/dead-letters", headers=key)
    await it.ask("GET", "/status", headers=key)


async def be_malformed(it: Journey, key: dict[str, str]) -> None:
    """Show secrets where none belong; the errors must not say them again."""
    secret = "a-secret-where-none-belongs"
    it.wire.markers["misplaced"].add(secret)
    bodies: list[Any] = [
        {"access_token": secret, "expires_at": "yesterday"},
        {"access_token": [secret]},
        {"access_token": f"{secret} \n"},
        {"user_id": "eve", "access_token": secret, "routes": [secret]},
        {"user_id": "eve", "extra": {"installation_id": secret}},
        [secret],
        secret,
    ]
    for body in bodies:
        await it.ask("POST", "/accounts", json=body, headers=key)
    await it.ask("POST", "/accounts", content=f'{{"access_token": "{secret}', headers=key)
    for header in (f"Bearer {secret}", f"Basic {secret}", f"Bearer hub_dev_{secret}"):
        await it.ask("GET", "/accounts", headers={"authorization": header})
    for path in (f"/oauth/start/{secret}", f"/oauth/callback?code={secret}&state={secret}"):
        await it.ask("GET", path)
    await it.ask("POST", "/webhook", content=secret, headers={"x-hub-signature-256": secret})


async def rested(it: Journey, key: dict[str, str]) -> None:
    """No run is under way and nothing waits to be read or published."""

    async def quiet() -> bool:
        found = (await it.service.http.get("/sync/runs?user_id=ana", headers=key)).json()["runs"]
        now = (await it.service.http.get("/status", headers=key)).json()["now"]
        return all(run["status"] not in ("queued", "running") for run in found) and bool(now)

    await until(quiet, within=60)


async def nobody(it: Journey, key: dict[str, str]) -> bool:
    return not (await it.service.http.get("/accounts", headers=key)).json()["accounts"]
