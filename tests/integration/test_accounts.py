"""Accounts are their owners' alone, and closing one leaves nothing but its tombstone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar, Response
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from msgspec import structs

from shared.errors import Away, BadRequest, NotFound, Reauthorize, Unavailable
from shared.http.client import open_client
from shared.oauth import deletion, flow
from shared.oauth.deletion import Closing
from shared.provider import Api, Minting, Revocation
from shared.service import account_routes
from shared.service.callers import Authentication, Callers, Forbidden, create_key
from shared.store import audit, dead, outbox, routes
from shared.store.accounts import Account
from shared.store.database import Database
from shared.types import Identity, Token
from tests.fakes.acme import FakeHub, acme, settings
from tests.fakes.authserver import AuthServer, authserver

pytestmark = pytest.mark.anyio

MINE = ("connections:read", "connections:write")


@pytest.fixture
async def server(anyio_backend: str) -> AsyncIterator[AuthServer]:
    async with authserver() as running:
        yield running


@pytest.fixture
async def hub(server: AuthServer, db: Database) -> AsyncIterator[FakeHub]:
    async with open_client() as http:
        provider = acme(server)
        yield FakeHub(provider, settings(provider), db, http)


async def connected(
    hub: FakeHub, server: AuthServer, user: str = "ana", person: str = "u1"
) -> Account:
    reply = server.issue(person)
    expires = datetime.now(UTC) + timedelta(hours=1)
    token = Token(reply["access_token"], reply["refresh_token"], expires)
    identity = Identity(person, routes=(f"user:{person}",))
    return await flow.connect(hub, user, token, identity, scopes=(), actor="test")


def answer(status: int) -> Any:
    return lambda _, error: Response({"detail": str(error)}, status_code=status)


@asynccontextmanager
async def service(
    hub: FakeHub, *scopes: str, user: str | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """The routes, asked by a caller with these scopes."""
    app = Litestar(
        [*account_routes.ROUTES],
        dependencies={"hub": Provide(lambda: hub, sync_to_thread=False)},
        middleware=[DefineMiddleware(Authentication, callers=Callers(hub.db))],
        exception_handlers={
            NotFound: answer(404),
            BadRequest: answer(400),
            Forbidden: answer(403),
            Unavailable: answer(502),
        },
        openapi_config=None,
    )
    key = await create_key(hub.db, "test", scopes, user_id=user, days=1, env="dev")
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type] # the two spell ASGI apart
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://acme", headers=headers
    ) as client:
        yield client


async def test_what_is_shown_of_an_account_has_no_token_in_it(
    hub: FakeHub, server: AuthServer
) -> None:
    account = await connected(hub, server)
    async with service(hub, *MINE, user="ana") as ana:
        shown = (await ana.get(f"/accounts/{account.id}")).json()
    names = "id provider user_id provider_account_id name email status error_message scopes"
    names += " sync_enabled last_sync_at token_expires_at created_at"
    assert " ".join(shown) == names


async def test_somebody_elses_account_looks_like_none_at_all(
    hub: FakeHub, server: AuthServer
) -> None:
    foreign = (await connected(hub, server, "ben")).id
    async with service(hub, *MINE, user="ana") as ana:
        for method, body in (("GET", None), ("DELETE", None), ("PATCH", {"sync_enabled": False})):
            theirs = await ana.request(method, f"/accounts/{foreign}", json=body)
            none = await ana.request(method, f"/accounts/{uuid4()}", json=body)
            assert theirs.status_code == none.status_code == 404
            assert theirs.content == none.content
        assert (await ana.get("/accounts")).json()["accounts"] == []
        assert (await ana.get("/accounts", params={"user_id": "ben"})).status_code == 403
    kept = await hub.account(foreign)
    assert (kept.status, kept.sync_enabled) == ("active", True)


async def test_another_providers_account_looks_like_none_at_all(
    hub: FakeHub, server: AuthServer
) -> None:
    account = await connected(hub, server)
    other = replace(hub, provider=structs.replace(hub.provider, name="other"))
    async with service(other, *MINE, "admin") as admin:
        assert (await admin.get(f"/accounts/{account.id}")).status_code == 404
        assert (await admin.delete(f"/accounts/{account.id}")).status_code == 404


async def test_a_trusted_backend_names_the_user_and_an_administrator_need_not(
    hub: FakeHub, server: AuthServer
) -> None:
    ana, ben = await connected(hub, server), await connected(hub, server, "ben")
    async with service(hub, *MINE, "impersonate") as backend:
        assert (await backend.get("/accounts")).status_code == 400
        page = await backend.get("/accounts", params={"user_id": "ben"})
        assert [it["id"] for it in page.json()["accounts"]] == [str(ben.id)]
        wrong = await backend.get(f"/accounts/{ana.id}", params={"user_id": "ben"})
        assert wrong.status_code == 404
    async with service(hub, *MINE, "admin") as admin:
        page = await admin.get("/accounts")
        assert {it["id"] for it in page.json()["accounts"]} == {str(ana.id), str(ben.id)}


@pytest.mark.parametrize(
    ("method", "path", "lacking"),
    [
        ("GET", "/accounts", "connections:read"),
        ("GET", f"/accounts/{UUID(int=1)}", "connections:read"),
        ("PATCH", f"/accounts/{UUID(int=1)}", "connections:write"),
        ("DELETE", f"/accounts/{UUID(int=1)}", "connections:write"),
        ("POST", "/accounts", "connections:write"),
    ],
)
async def test_every_route_asks_for_its_scope(
    hub: FakeHub, method: str, path: str, lacking: str
) -> None:
    async with service(hub, "admin", *(set(MINE) - {lacking}), user="ana") as ana:
        assert (await ana.request(method, path, json={})).status_code == 403


async def test_a_long_list_comes_in_pages(hub: FakeHub, server: AuthServer) -> None:
    made = {str((await connected(hub, server, "ana", f"u{n}")).id) for n in range(5)}
    seen: list[str] = []
    async with service(hub, *MINE, user="ana") as ana:
        query: dict[str, Any] = {"limit": 2}
        for expected in (2, 2, 1):
            page = (await ana.get("/accounts", params=query)).json()
            assert len(page["accounts"]) == expected
            seen += [it["id"] for it in page["accounts"]]
            query["cursor"] = page["next_cursor"]
        assert page["next_cursor"] is None
        for cursor in ("x", "AAAA", "é", "=" * 50):
            odd = await ana.get("/accounts", params={"cursor": cursor})
            assert odd.status_code == 400
        expired = await ana.get("/accounts", params={"status": "expired"})
        assert expired.json()["accounts"] == []
    assert len(seen) == 5
    assert set(seen) == made


async def test_sync_is_switched_off_and_on(hub: FakeHub, server: AuthServer) -> None:
    account = await connected(hub, server)
    async with service(hub, *MINE, user="ana") as ana:
        for wish in (False, True):
            answer = await ana.patch(f"/accounts/{account.id}", json={"sync_enabled": wish})
            assert answer.json()["sync_enabled"] is wish
        odd = await ana.patch(f"/accounts/{account.id}", json={"status": "active"})
        assert odd.status_code == 400


async def test_a_token_that_exists_already_is_checked_and_taken(
    hub: FakeHub, server: AuthServer
) -> None:
    token = server.issue("u7")["access_token"]
    async with service(hub, *MINE, "impersonate") as backend:
        wish = {"user_id": "ana", "access_token": token, "routes": ["repo:5", "*"]}
        answer = await backend.post("/accounts", json=wish)
        assert answer.status_code == 201
        assert answer.json()["provider_account_id"] == "u7"
        assert token not in answer.text
    assert await hub.tokens().access(UUID(answer.json()["id"])) == token
    assert set(await hub.rows("select key, origin from route")) == {
        ("repo:5", "caller"),
        ("*", "caller"),
        ("user:u7", "identity"),
    }


async def test_what_is_found_out_with_the_identity_is_kept_beside_the_token(
    hub: FakeHub, server: AuthServer
) -> None:
    async def identify(_: Api) -> Identity:
        return Identity("u7", extra={"place": "7"})

    assert hub.provider.oauth
    oauth = structs.replace(hub.provider.oauth, identify=identify)
    hub.provider = structs.replace(hub.provider, oauth=oauth)
    token = server.issue("u7")["access_token"]
    async with service(hub, *MINE, "impersonate") as backend:
        answer = await backend.post("/accounts", json={"user_id": "ana", "access_token": token})
    assert answer.status_code == 201, answer.text
    kept = await hub.tokens().extra(UUID(answer.json()["id"]))  # noqa: S610 - no Django here
    assert kept == {"place": "7"}


@pytest.mark.parametrize(
    ("wish", "status", "word"),
    [
        ({"access_token": "stolen"}, 400, "does not accept this token"),
        ({}, 400, "access_token"),
        ({"access_token": "GOOD", "user_id": "a.b"}, 400, "user_id"),
        ({"access_token": "GOOD", "user_id": None}, 400, "user_id"),
        ({"access_token": "GOOD", "routes": ["repo:>"]}, 400, "routes"),
        ({"access_token": "GOOD", "routes": ["repo:" + "a" * 101]}, 400, "routes"),
        ({"access_token": "GOOD", "expires_at": "2020-01-01T00:00:00Z"}, 400, "over already"),
        ({"access_token": "GOOD", "expires_at": "2099-01-01T00:00:00"}, 400, "time zone"),
        ({"access_token": "GOOD", "admin": True}, 400, ""),
        ({"extra": {"installation": "7"}}, 403, "admin"),
    ],
)
async def test_a_wish_that_cannot_be_met_says_why(
    hub: FakeHub, server: AuthServer, wish: dict[str, Any], status: int, word: str
) -> None:
    good = server.issue("u1")["access_token"]
    body = {"user_id": "ana"} | wish
    body |= {"access_token": good} if body.get("access_token") == "GOOD" else {}
    async with service(hub, *MINE, "impersonate") as backend:
        answer = await backend.post("/accounts", json=body)
    assert answer.status_code == status
    assert word in answer.text
    assert "stolen" not in answer.text
    assert await hub.rows("select 1 from connected_account") == []


async def test_a_user_may_not_claim_others_webhooks(hub: FakeHub, server: AuthServer) -> None:
    token = server.issue("u1")["access_token"]
    async with service(hub, *MINE, user="ana") as ana:
        wish = {"access_token": token, "routes": ["*"]}
        assert (await ana.post("/accounts", json=wish)).status_code == 403
        assert (await ana.post("/accounts", json={"access_token": token})).status_code == 201


async def test_a_trusted_backend_connects_what_a_token_is_made_from(
    server: AuthServer, db: Database
) -> None:
    async def mint(facts: Minting) -> Token:
        if facts.extra["installation"] != "7":
            raise Reauthorize
        return Token(server.issue("org")["access_token"])

    async with open_client() as http:
        provider = acme(server, mint=mint)
        hub = FakeHub(provider, settings(provider), db, http)
        async with service(hub, *MINE, "admin") as admin:
            body = {"user_id": "ana", "extra": {"installation": "7"}}
            made = await admin.post("/accounts", json=body)
            assert (made.status_code, made.json()["provider_account_id"]) == (201, "org")
            body = {"user_id": "ana", "extra": {"installation": "8"}}
            assert (await admin.post("/accounts", json=body)).status_code == 400


def closing(hub: FakeHub, **facts: Any) -> tuple[Closing, list[str]]:
    """A deletion that notes what it does."""
    done: list[str] = []

    async def stop(account_id: UUID) -> None:
        done.append("stop")
        await hub.tokens().stored(account_id)

    async def purge(account: Account) -> None:
        done.append("purge")

    async def sleep(seconds: float) -> None:
        done.append(f"sleep {seconds:g}") if seconds else None

    parts: dict[str, Any] = {
        "provider": hub.provider,
        "client_id": hub.settings.oauth.client_id,
        "db": hub.db,
        "keys": hub.keys,
        "client_api": hub.client_api,
        "bare_api": hub.bare_api,
        "stop_subscriptions": stop,
        "purge": purge,
        "sleep": sleep,
    }
    return Closing(**parts | facts), done


async def test_after_the_answer_only_the_tombstone_is_left(
    hub: FakeHub, server: AuthServer
) -> None:
    account, other = await connected(hub, server), await connected(hub, server, "ben")
    for ident in (account.id, other.id):
        await hub.rows(
            "insert into item (account_id, source, id, type, revision, digest)"
            " values (%s, 'slack', 'i', 'message', '1', 'x')",
            ident,
        )
    async with service(hub, *MINE, user="ana") as ana:
        for _ in range(2):
            answer = await ana.delete(f"/accounts/{account.id}")
            assert (answer.status_code, answer.json()["status"]) == (202, "deleting")
        shown = await ana.get(f"/accounts/{account.id}")
        assert shown.json()["status"] == "deleting"
        paused = await ana.patch(f"/accounts/{account.id}", json={"sync_enabled": True})
        assert paused.status_code == 404
    left = await hub.rows("select payload from outbox where account_id = %s", account.id)
    assert len(left) == 1, "one tombstone, however often it was asked for"
    assert b"deleted" in left[0][0]
    for table in ("sync_state", "item", "route", "resource"):
        rows = await hub.rows(f"select account_id from {table}")
        assert account.id not in {row[0] for row in rows}, table
    assert await hub.rows("select account_id from item") == [(other.id,)]
    with pytest.raises(NotFound):
        await hub.tokens().access(account.id)


async def test_a_deletion_tells_the_provider_and_erases_everything(
    hub: FakeHub, server: AuthServer
) -> None:
    account = await connected(hub, server)
    access = await hub.tokens().access(account.id)
    await deletion.begin(hub.db, hub.provider, account.id, "ana", "test")
    parts, done = closing(hub)
    assert await deletion.resume_deletions(parts) == 1
    assert done == ["stop", "purge"]
    assert server.revoked == [access]
    assert await hub.rows("select 1 from connected_account") == []
    assert len(await hub.rows("select 1 from outbox")) == 1, "the tombstone goes out all the same"
    outcomes = [row[0] for row in await hub.rows("select action || ' ' || outcome from audit_log")]
    assert outcomes == ["connect done", "delete begun", "delete done"]
    assert await deletion.resume_deletions(parts) == 0


async def test_a_deletion_drops_what_waits_for_that_account_alone(
    hub: FakeHub, server: AuthServer
) -> None:
    """Dead letters of its own, and parked deliveries that nobody else claims."""
    mine, other = await connected(hub, server), await connected(hub, server, "bob", "u2")
    for account, keys in ((mine, ["repo:1", "repo:2"]), (other, ["repo:2"])):
        async with hub.db.transaction() as conn:
            await routes.set_routes(conn, "acme", account.id, {"test": keys})
            await dead.put(
                conn, "record", "acme", account_id=account.id, what="x", body=b"", error="odd"
            )
    for n in (1, 2, 3):
        await hub.rows(
            "insert into webhook_inbox (provider, delivery_id, method, query, headers, body, state,"
            " keys) values ('acme', %s, 'POST', '', '', '', 'unrouted', %s)",
            f"d{n}",
            [f"repo:{n}"],
        )
    await deletion.begin(hub.db, hub.provider, mine.id, None, "test")
    left = await hub.rows("select delivery_id from webhook_inbox order by 1")
    assert left == [("d2",), ("d3",)]
    assert await hub.rows("select account_id from dead_letter") == [(other.id,)]


async def test_a_provider_that_refuses_keeps_no_data_here(hub: FakeHub, server: AuthServer) -> None:
    account = await connected(hub, server)
    await deletion.begin(hub.db, hub.provider, account.id, None, "test")

    async def stop(account_id: UUID) -> None:
        raise Unavailable

    parts, done = closing(hub, stop_subscriptions=stop)
    assert await deletion.resume_deletions(parts) == 1
    assert done == ["sleep 2", "sleep 10", "purge"]
    assert await hub.rows("select 1 from connected_account") == []


async def test_a_provider_that_is_broken_keeps_no_data_here(
    server: AuthServer, db: Database
) -> None:
    async def broken(it: Revocation) -> None:
        raise ZeroDivisionError

    async with open_client() as http:
        provider = acme(server, revoke=broken)
        hub = FakeHub(provider, settings(provider), db, http)
        account = await connected(hub, server)
        await deletion.begin(db, provider, account.id, None, "test")
        assert await deletion.resume_deletions(closing(hub)[0]) == 1
        assert await hub.rows("select 1 from connected_account") == []


@pytest.mark.parametrize("step", ["stop_subscriptions", "purge"])
async def test_a_crash_in_the_middle_goes_on_from_the_row(
    hub: FakeHub, server: AuthServer, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(deletion, "LEASE", 0.3)
    account = await connected(hub, server)
    await deletion.begin(hub.db, hub.provider, account.id, None, "test")

    async def die(_: Any) -> None:
        raise asyncio.CancelledError

    parts, _ = closing(hub, **{step: die})
    with pytest.raises(asyncio.CancelledError):
        await deletion.resume_deletions(parts)
    parts, done = closing(hub)
    assert await deletion.resume_deletions(parts) == 0, "the lease of the one that died stands"
    await asyncio.sleep(0.4)
    assert await deletion.resume_deletions(parts) == 1
    assert "purge" in done
    assert await hub.rows("select 1 from connected_account") == []


async def test_a_purge_that_has_to_wait_leaves_no_token(hub: FakeHub, server: AuthServer) -> None:
    account = await connected(hub, server)
    await deletion.begin(hub.db, hub.provider, account.id, None, "test")

    async def purge(_: Account) -> None:
        raise Away

    assert await deletion.resume_deletions(closing(hub, purge=purge)[0]) == 0
    assert await hub.rows("select status, token_ct, dek_wrapped from connected_account") == [
        ("deleting", None, None)
    ]


async def test_a_deletion_waits_for_a_relay_that_is_publishing(
    hub: FakeHub, server: AuthServer
) -> None:
    account = await connected(hub, server)
    async with hub.db.transaction() as conn:
        await outbox.lock_shard(conn, account.id)
        begun = asyncio.create_task(deletion.begin(hub.db, hub.provider, account.id, None, "test"))
        await asyncio.sleep(0.2)
        assert not begun.done()
    await begun


async def test_the_audit_cannot_be_changed(hub: FakeHub) -> None:
    async with hub.db.connection() as conn:
        await audit.write(conn, "test", "look", "done", user_id="ana")
        for statement in ("update audit_log set actor = 'x'", "delete from audit_log"):
            with pytest.raises(Exception, match="append only"):
                await conn.execute(statement)
