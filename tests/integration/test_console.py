"""The console: who gets in, what a page may do, and that nothing of it believes what others wrote."""

import asyncio
import re
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from uuid import uuid4

import httpx
import pytest
from litestar.routes import HTTPRoute
from msgspec import json

from shared.oauth.keyring import Keyring, new_key
from shared.service.console import live, sessions
from shared.service.console.app import PREFIXES, front
from shared.service.fleet import console_wanted
from shared.store import api_keys
from shared.types import Secret
from tests.fakes.feed import Bench, Note, Notebook, provider
from tests.fakes.service import Running, running
from tests.fakes.simulated import until
from tests.fakes.visitor import operator, visitor

pytestmark = pytest.mark.anyio

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
PAGES = (
    "",
    "accounts",
    "syncs",
    "subscriptions",
    "events",
    "dead-letters",
    "trace?id=x",
    "connect",
)


@pytest.fixture
async def service(database_url: str, nats_url: str, anyio_backend: str) -> AsyncIterator[Running]:
    async with running(provider(Notebook([[]])), database_url, nats_url, pages=True) as it:
        yield it


async def bench(service: Running) -> Bench:
    return Bench(service.hub.db, service.hub.provider)


async def key_of(service: Running, *scopes: str) -> str:
    return (await service.key(*scopes))["authorization"].removeprefix("Bearer ")


async def test_who_is_not_signed_in_signs_in_and_gets_the_page_that_was_asked_for(
    service: Running,
) -> None:
    async with visitor(service) as it:
        await it.go("/console/accounts?status=active")
        assert it.at.startswith("/console/sign-in?next=")
        asked = httpx.URL(it.at).params["next"]
        await it.send("/console/sign-in", key=await key_of(service, "admin"), next=asked)
        assert it.at == "/console/accounts?status=active"
        given = it.answer.history[0].headers["set-cookie"].lower()
        assert "httponly" in given
        assert "samesite=strict" in given
        await it.send("/console/sign-out")
        await it.go("/console/")
        assert it.at.startswith("/console/sign-in")


async def test_signing_in_leads_nowhere_else(service: Running) -> None:
    for path in ("//e.test", "https://e.test/console/", "/console/../x", "/console//e", "/\\e"):
        async with visitor(service) as it:
            await it.go("/console/sign-in")
            await it.send("/console/sign-in", key=await key_of(service, "admin"), next=path)
            assert it.at == "/console/"


async def test_only_a_live_key_with_the_scope_admin_gets_in(service: Running) -> None:
    for key, why in (
        (await key_of(service, "connections:read"), "lacks the scope admin"),
        (f"hub_dev_{'0' * 16}_{'x' * 43}", "does not exist"),
        ("let-me-in", "does not look like an API key"),
    ):
        async with visitor(service) as it:
            await it.go("/console/sign-in")
            assert why in await it.send("/console/sign-in", key=key)
            assert it.status == 403
            assert key not in it.text
            await it.go("/console/")
            assert it.at.startswith("/console/sign-in")


async def test_a_key_that_is_revoked_ends_its_sessions(service: Running) -> None:
    async with operator(service) as it:
        async with service.hub.db.connection() as conn:
            for key in await api_keys.all_(conn):
                await api_keys.revoke(conn, key.id)
        await it.go("/console/")
        assert it.at.startswith("/console/sign-in")


async def test_a_link_of_the_command_line_signs_in_once(service: Running) -> None:
    ident = (await key_of(service, "admin")).split("_")[2]
    ticket, _ = await sessions.issue(service.hub.db, "feed", "console", ident)
    async with visitor(service) as it, visitor(service) as thief:
        await it.go(f"/console/enter/{ticket}")
        assert it.at == "/console/"
        assert "not valid any more" in await thief.go(f"/console/enter/{ticket}")
        assert thief.status == 403
        ticket, _ = await sessions.issue(service.hub.db, "feed", "connect", ident)
        assert "not valid any more" in await thief.go(f"/console/enter/{ticket}")


def test_a_cookie_that_was_changed_moved_or_is_over_is_none() -> None:
    keys, session = Keyring.parse(Secret(f"1:{new_key()}")), sessions.begin("console", "k", now=0)
    sealed = keys.seal(json.encode(session), account="", provider="console", field="session")
    text = urlsafe_b64encode(sealed).decode()
    assert sessions.opened(keys, "console", text, now=1) == session
    assert sessions.opened(keys, "connect", text, now=1) is None
    assert sessions.opened(keys, "console", text, now=sessions.LIFE["console"] + 1) is None
    assert sessions.opened(keys, "console", text[:-8] + "AAAAAAA=", now=1) is None
    other = Keyring.parse(Secret(f"1:{new_key()}"))
    assert sessions.opened(other, "console", text, now=1) is None


async def test_every_form_needs_the_token_of_its_own_session(service: Running) -> None:
    pages = front(None, {"feed": service.hub}, {}, mounted=False)._pages  # type: ignore[arg-type]  # nothing is handed on
    stands_for = {"service": "feed", "letter_id": "1", "act": "sync", "account_id": str(uuid4())}
    paths = [
        route.path_format.format_map(stands_for)
        for route in pages.routes
        if isinstance(route, HTTPRoute) and "POST" in route.methods
    ]
    paths.remove("/connect/links")  # takes a bearer's token, and no cookie
    assert len(paths) >= 7
    async with operator(service) as it, operator(service) as other:
        await other.go("/console/connect")
        theirs = re.findall(rf'name="{sessions.FIELD}" value="([^"]+)"', other.text)[0]
        await it.go("/console/connect")
        own = re.findall(rf'name="{sessions.FIELD}" value="([^"]+)"', it.text)[0]
        for path in paths:
            for data in ({}, {sessions.FIELD: theirs}, {sessions.FIELD: ""}):
                assert await it.post(path, data=data) in (303, 400, 403), path
                if path.startswith("/console/") and path != "/console/sign-in":
                    assert await it.post(path, data=data) == 403, path
        headers = {"sec-fetch-site": "cross-site"}
        data = {sessions.FIELD: own, "user": "ana"}
        assert await it.post("/console/connect", data=data, headers=headers) == 403
        assert await it.post("/console/connect", data=data) == 200


class Inline(HTMLParser):
    """What a strict policy would refuse: style and on* attributes, inline scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        self.found += [f"{tag} {it}" for it in names if it == "style" or it.startswith("on")]


async def hostile(service: Running, user: str = "ana") -> None:
    """Put what a stranger could write wherever a page shows something."""
    it = await bench(service)
    ident = await it.account(user)
    await it.rows(
        "update connected_account set name = %s, email = %s, error_message = %s, status = 'error'",
        EVIL,
        EVIL,
        EVIL,
    )
    await it.rows(
        "insert into dead_letter (kind, provider, what, body, error) values ('event', 'feed', %s, 'x', %s)",
        EVIL,
        EVIL,
    )
    await it.rows(
        "insert into subscription (account_id, name, resource, status, last_error) values (%s, %s, %s, 'failed', %s)",
        ident,
        EVIL,
        EVIL,
        EVIL,
    )
    await it.rows(
        "insert into sync_run (account_id, mode, stream, status, error) values (%s, 'full', %s, 'failed', %s)",
        ident,
        EVIL,
        EVIL,
    )
    body = json.encode({"id": EVIL, "title": EVIL, "author": {"name": EVIL}})
    await service.nc.jetstream().publish(
        "self.events.note.feed.ana", body, headers={"ce-id": "e-1"}
    )


async def test_what_strangers_wrote_is_shown_as_text_under_a_policy_without_inline(
    service: Running,
) -> None:
    await hostile(service)
    async with operator(service) as it:
        account = re.findall(
            r"/console/accounts/feed/[0-9a-f-]+", await it.go("/console/accounts")
        )[0]
        for path in [
            *(f"/console/{page}" for page in PAGES),
            account,
            "/console/nothing",
        ]:
            text = await it.go(path)
            assert Inline(text).found == [], path
            assert "<script>alert" not in text
            assert "<img" not in text
            policy = it.answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert it.answer.headers["cache-control"] == "no-store"
        for path in (
            "/console/accounts",
            "/console/events",
            "/console/dead-letters",
            "/console/subscriptions",
            account,
        ):
            assert "&lt;script&gt;alert" in await it.go(path), path
        for secret in (service.hub.settings.encryption_keys, service.hub.settings.database.url):
            assert secret.reveal() not in "".join(
                [await it.go(f"/console/{page}") for page in PAGES]
            )


async def test_a_key_of_one_user_sees_that_user_alone(service: Running) -> None:
    it = await bench(service)
    mine, theirs = await it.account("ana"), await it.account("bob")
    for ident in (mine, theirs):
        await it.rows(
            "insert into sync_run (account_id, mode, status) values (%s, 'full', 'success')", ident
        )
        await it.rows("insert into subscription (account_id, name) values (%s, 'hook')", ident)
    for user in ("ana", "bob"):
        await service.nc.jetstream().publish(f"self.events.note.feed.{user}", b"{}")
    async with operator(service, user_id="ana") as one, operator(service) as everybody:
        for page in ("accounts", "syncs", "subscriptions", "events", f"accounts/feed/{theirs}"):
            assert "bob" not in await one.go(f"/console/{page}"), page
            assert "bob" in await everybody.go(f"/console/{page}"), page
        await one.go("/console/connect")
        await one.send(f"/console/accounts/feed/{theirs}/pause")
        assert one.status == 404


async def test_an_account_is_paused_resumed_synced_and_disconnected(service: Running) -> None:
    ident = await (await bench(service)).account()
    async with operator(service) as it:
        at = f"/console/accounts/feed/{ident}"
        await it.go(at)
        assert "Sync is paused" in await it.send(f"{at}/pause")
        assert "Sync goes on" in await it.send(f"{at}/resume")
        assert "under way" in await it.send(f"{at}/sync")
        assert "connection is closed" in await it.send(f"{at}/disconnect")
        await it.go("/console/connect")
        await it.send(f"{at}/burn")
        assert it.status == 404


async def test_what_a_key_may_not_do_its_console_does_not_do(service: Running) -> None:
    ident = await (await bench(service)).account()
    async with operator(service, "admin") as it:
        await it.go("/console/connect")
        assert "lacks the scope sync:run" in await it.send(f"/console/accounts/feed/{ident}/sync")
        await it.go("/console/connect")
        assert "lacks the scope connections:write" in await it.send("/console/connect", user="ana")


async def test_a_dead_letter_is_replayed_and_its_trace_tells_so(service: Running) -> None:
    headers = {"signature": "s", "id": "d-9"}
    await service.http.post("/webhook", content=b"[", headers=headers)
    async with operator(service) as it:

        async def buried() -> bool:
            return "d-9" in await it.go("/console/dead-letters")

        await until(buried)
        assert "dead letter" in await it.go("/console/")
        await it.go("/console/dead-letters")
        (where,) = re.findall(r'action="(/console/dead-letters/feed/\d+/replay)"', it.text)
        assert "in the inbox again" in await it.send(where)
        older = where.split("/")[-2]
        assert "no dead letters" in await it.go(
            f"/console/dead-letters?service=feed&before={older}"
        )
        assert "has been replayed" in await it.go("/console/trace?id=d-9")
        assert "Nobody knows that id" in await it.go("/console/trace?id=d-10")
        assert it.status == 200


async def test_events_come_by_themselves_and_end_with_the_process(service: Running) -> None:
    async with operator(service) as it:
        await it.go("/console/events")
        (where,) = re.findall(r'data-stream="([^"]+)"', it.text)
        where = where.replace("&amp;", "&").replace("source=", "source=feed")
        async with it.http.stream("GET", where) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.aiter_lines()
            assert await anext(lines) == "retry: 2000"
            await Bench(service.hub.db, service.hub.provider).account()
            note = json.encode(Note("a", "<b>hello"))
            await service.http.post("/webhook", content=note, headers={"signature": "s", "id": "1"})
            async with asyncio.timeout(15):
                row = [line async for line in until_data(lines)][-1]
            assert "&lt;b&gt;hello" in row
            assert "/console/trace?id=" in row
            service.server.should_exit = True
            async with asyncio.timeout(10):
                assert not [line async for line in lines if line.startswith("data")]


async def test_a_stream_ends_now_and_then_and_there_are_only_so_many(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with operator(service) as it:
        monkeypatch.setattr(live, "LONGEST", 0.0)
        await it.go("/console/events/stream")
        assert it.text == "retry: 2000\n\n"
        monkeypatch.setattr(live, "WATCHERS", 0)
        assert "pages watch already" in await it.go("/console/events/stream")
        assert it.status == 503


async def until_data(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    async for line in lines:
        yield line
        if line.startswith("data: "):
            return


async def test_a_filter_that_no_subject_can_hold_is_answered_with_a_sentence(
    service: Running,
) -> None:
    async with operator(service) as it:
        assert "cannot be part of a subject" in await it.go("/console/events?type=*.>")
        assert it.status == 400
        assert "choose from" in await it.go("/console/accounts?status=good")
        assert "There is no service" in await it.go("/console/accounts?service=nobody")


def test_the_console_is_off_in_production_unless_it_is_asked_for() -> None:
    assert console_wanted({}, "dev")
    assert not console_wanted({}, "prod")
    assert console_wanted({"CONSOLE": "on"}, "prod")
    assert not console_wanted({"CONSOLE": "off"}, "dev")


async def test_pages_stand_beside_the_service_and_take_nothing_from_it(service: Running) -> None:
    assert PREFIXES == ("/console", "/connect")
    assert (await service.http.get("/health")).json()["status"] == "ok"
    assert (await service.http.get("/consoles")).headers[
        "content-type"
    ] == "application/problem+json"
    style = await service.http.get("/connect/static/console.css")
    assert "immutable" in style.headers["cache-control"]
    assert (await service.http.get("/connect/static/app.py")).status_code == 404


async def test_the_theme_that_was_chosen_is_there_from_the_first_byte(service: Running) -> None:
    async with visitor(service) as it:
        assert "data-theme" not in (await it.go("/console/sign-in")).split("<body")[0]
        it.http.cookies.set("fleet_theme", "dark")
        assert '<html lang="en" data-theme="dark">' in await it.go("/console/sign-in")
        it.http.cookies.set("fleet_theme", EVIL.replace('"', "").replace(";", ""))
        assert "data-theme" not in (await it.go("/console/sign-in")).split("<body")[0]
