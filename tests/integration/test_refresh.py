"""One refresh per account at a time, over all replicas; no outage of the provider ends an account."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.errors import Away, NotFound, ProviderError, Reauthorize, Refused, Unavailable
from shared.http.client import open_client
from shared.oauth import tokens as tokens_module
from shared.oauth.keyring import DecryptError, Keyring, TokenSet, new_key, rewrap
from shared.oauth.tokens import Tokens
from shared.provider import Minting
from shared.store import accounts
from shared.store.database import Connection, Database
from shared.types import Identity, Secret, Token
from tests.fakes.acme import FakeHub, acme, settings
from tests.fakes.authserver import AuthServer, authserver, said

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)


@pytest.fixture
async def server(anyio_backend: str) -> AsyncIterator[AuthServer]:
    async with authserver() as running:
        yield running


@pytest.fixture
async def hub(server: AuthServer, db: Database) -> AsyncIterator[FakeHub]:
    async with open_client() as http:
        yield make(server, db, http)


def make(server: AuthServer, db: Database, http: httpx.AsyncClient, **oauth: Any) -> FakeHub:
    provider = acme(server, **oauth)
    return FakeHub(provider, settings(provider), db, http)


async def account(
    hub: FakeHub, server: AuthServer, *, left: float = -1.0, life: float = 3600.0, **facts: Any
) -> UUID:
    """A connected account whose token has `left` seconds to live."""
    expires = datetime.now(UTC) + timedelta(seconds=left)
    reply = server.issue("u1")
    token = Token(reply["access_token"], reply["refresh_token"], expires)
    token = Token(**{name: getattr(token, name) for name in token.__struct_fields__} | facts)
    async with hub.db.transaction() as conn:
        ident = await accounts.claim(conn, "acme", "ana", Identity(id="u1"), ())
        assert ident
        held = TokenSet(token, expires - timedelta(seconds=life))
        sealed = hub.keys.seal_token(ident, "acme", held)
        await accounts.connect(conn, ident, sealed, token.expires_at)
    return ident


async def held(hub: FakeHub, ident: UUID) -> Token:
    async with hub.db.connection() as conn:
        at = await accounts.credentials(conn, ident, 0)
    assert at
    assert at.sealed
    return hub.keys.open_token(ident, "acme", at.sealed).token


@asynccontextmanager
async def replicas(hub: FakeHub, url: str, count: int = 2) -> AsyncIterator[list[Tokens]]:
    """Processes with a pool and a client of their own."""
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(count):
            own = Database(url)
            await own.open()
            stack.push_async_callback(own.close)
            http = await stack.enter_async_context(open_client())
            made.append(replace(hub, db=own, http=http).tokens())
        yield made


async def storm(hub: FakeHub, url: str, ident: UUID) -> list[str | BaseException]:
    async with replicas(hub, url) as both:
        return await asyncio.gather(
            *(one.access(ident) for one in both for _ in range(25)), return_exceptions=True
        )


async def events(hub: FakeHub) -> list[Any]:
    return [row[0] for row in await hub.rows("select payload from outbox order by id")]


async def test_fifty_callers_in_two_processes_refresh_once(
    hub: FakeHub, server: AuthServer, database_url: str
) -> None:
    server.delay = 0.1
    ident = await account(hub, server)
    answers = await storm(hub, database_url, ident)
    assert len(set(answers)) == 1, answers
    assert set(answers) <= set(server.people)
    assert (server.refreshes, server.busiest, server.reuses) == (1, 1, 0)


async def test_without_the_lease_the_same_storm_spends_a_token_twice(
    hub: FakeHub, server: AuthServer, database_url: str
) -> None:
    server.delay = 0.1
    ident = await account(hub, server)
    async with replicas(hub, database_url) as both:
        for one in both:
            one._lease = 0.0  # it has run out before the provider answers
        callers = [one.access(ident) for one in both for _ in range(25)]
        await asyncio.gather(*callers, return_exceptions=True)
    assert server.reuses > 0
    assert server.busiest > 1


@pytest.mark.parametrize("fence", [True, False])
async def test_only_the_fence_stops_a_caller_who_looked_before_the_refresh_and_acts_after_it(
    hub: FakeHub,
    server: AuthServer,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    fence: bool,
) -> None:
    """The lease is free again by then, and the refresh token that the caller saw is spent."""
    ident = await account(hub, server)
    if not fence:
        unfenced = accounts.SQL.take_lease.replace("and token_gen = %(gen)s", "")
        assert unfenced != accounts.SQL.take_lease
        monkeypatch.setattr(accounts.SQL, "take_lease", unfenced, raising=False)
    async with replicas(hub, database_url) as (slow, quick):
        lock = slow._lock

        async def late(account_id: UUID, gen: int) -> bool:
            await quick.access(ident)
            return await lock(account_id, gen)

        monkeypatch.setattr(slow, "_lock", late)
        with suppress(ProviderError):
            await slow.access(ident)
    assert server.reuses == (0 if fence else 1)


async def test_callers_whose_token_was_just_refused_share_one_refresh(
    hub: FakeHub, server: AuthServer, database_url: str
) -> None:
    server.delay = 0.05
    ident = await account(hub, server, left=3000)
    old = (await held(hub, ident)).access
    async with replicas(hub, database_url) as both:
        new = await asyncio.gather(*(one.access(ident, old) for one in both for _ in range(10)))
    assert set(new) == {(await held(hub, ident)).access}
    assert old not in new
    assert (server.refreshes, server.reuses) == (1, 0)


async def test_a_token_with_time_left_is_used_as_it_is(hub: FakeHub, server: AuthServer) -> None:
    ident = await account(hub, server, left=3000)
    assert await hub.tokens().access(ident) == (await held(hub, ident)).access
    assert server.refreshes == 0


async def test_a_token_close_to_its_end_is_refreshed_before_it(
    hub: FakeHub, server: AuthServer
) -> None:
    ident = await account(hub, server, left=200)
    assert await hub.tokens().access(ident) == (await held(hub, ident)).access
    assert server.refreshes == 1


async def test_while_another_refreshes_a_token_with_time_left_is_used(
    hub: FakeHub, server: AuthServer
) -> None:
    ident = await account(hub, server, left=200)
    old = (await held(hub, ident)).access
    server.delay = 0.3
    first = asyncio.create_task(hub.tokens().access(ident))
    await asyncio.sleep(0.1)
    assert await hub.tokens().access(ident) == old
    assert await first != old


async def test_the_old_refresh_token_stays_when_no_new_one_comes(
    hub: FakeHub, server: AuthServer
) -> None:
    server.rotate = False
    ident = await account(hub, server)
    before = await held(hub, ident)
    await hub.tokens().access(ident)
    after = await held(hub, ident)
    assert after.refresh == before.refresh
    assert after.access != before.access


async def test_no_expiry_in_the_answer_means_that_the_token_does_not_expire(
    hub: FakeHub, server: AuthServer
) -> None:
    server.life = None
    ident = await account(hub, server)
    await hub.tokens().access(ident)
    assert (await held(hub, ident)).expires_at is None
    assert (await hub.account(ident)).token_expires_at is None


FAULTS = {
    "500": said(500, {"error": "server_error"}),
    "503 that claims the grant is dead": said(503, {"error": "invalid_grant"}),
    "429": said(429, {"error": "invalid_grant"}),
    "a page": said(200, b"<html>maintenance</html>", "text/html"),
    "a page with 400": said(400, b"<html>invalid_grant</html>", "text/html"),
    "cut JSON": said(200, b'{"access_token": "a'),
    "an array": said(200, b"[]"),
    "nothing": said(200, b""),
    "not UTF-8": said(200, b"\xff\xfe"),
    "too deep": said(200, b"[" * 5000),
    "5 MB": said(200, b" " * 5_000_000),
    "half an answer": b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\nconnection: close\r\n\r\n{",
    "no HTTP": b"hello\r\n\r\n",
    "later": said(400, {"error": "temporarily_unavailable"}),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_an_outage_never_ends_an_account(
    hub: FakeHub, server: AuthServer, fault: str
) -> None:
    ident = await account(hub, server)
    server.faults = [FAULTS[fault]] * 2
    for _ in range(2):
        with pytest.raises(Unavailable):
            await hub.tokens().access(ident)
    assert (await hub.account(ident)).status == "active"
    assert (await hub.tokens().access(ident)) == (await held(hub, ident)).access
    assert not await events(hub)


async def test_an_outage_does_not_disturb_while_the_token_lives(
    hub: FakeHub, server: AuthServer
) -> None:
    ident = await account(hub, server, left=200)
    server.faults = [said(500)]
    assert await hub.tokens().access(ident) == (await held(hub, ident)).access


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (said(401, {"error": "invalid_client"}), "ACME_CLIENT_SECRET"),
        (said(400, {"error": "invalid_scope"}), "oauth.scopes"),
        (said(400, {"error": "<b>odd</b>"}), "status 400"),
        (said(200, {"error": "bad_verification_code"}), "bad_verification_code"),
        (said(302, b"", "text/plain"), "ACME_TOKEN_URL"),
        (said(200, {"access_token": "a", "token_type": "mac"}), "bearer"),
        (said(200, {"token_type": "bearer"}), "access token"),
    ],
)
async def test_our_own_mistakes_are_named_and_end_nothing(
    hub: FakeHub, server: AuthServer, reply: bytes, word: str
) -> None:
    ident = await account(hub, server)
    server.faults = [reply]
    with pytest.raises(Refused, match=word) as caught:
        await hub.tokens().access(ident)
    assert "<" not in str(caught.value)
    assert (await hub.account(ident)).status == "active"


async def test_a_form_encoded_answer_is_read(hub: FakeHub, server: AuthServer) -> None:
    ident = await account(hub, server)
    body = b"access_token=new&expires_in=60&token_type=bearer&scope=read%20write"
    server.faults = [said(200, body, "application/x-www-form-urlencoded")]
    assert await hub.tokens().access(ident) == "new"
    assert (await held(hub, ident)).scopes == ("read", "write")


async def test_a_dead_grant_ends_the_account_when_it_is_said_twice(
    hub: FakeHub, server: AuthServer
) -> None:
    ident = await account(hub, server)
    server.grants.clear()
    tokens = hub.tokens()
    with pytest.raises(Unavailable):
        await tokens.access(ident)
    with pytest.raises(Unavailable):
        await tokens.access(ident)
    assert server.refreshes == 1, "while the first refusal stands, nobody asks again"
    assert (await hub.account(ident)).status == "active"
    await asyncio.sleep(0.25)
    with pytest.raises(Reauthorize):
        await tokens.access(ident)
    assert (await hub.account(ident)).status == "expired"
    with pytest.raises(Reauthorize):
        await tokens.access(ident)
    assert server.refreshes == 2
    told = await events(hub)
    assert len(told) == 1
    assert b"reauth_required" in told[0]


async def test_a_grant_that_was_called_dead_by_mistake_goes_on(
    hub: FakeHub, server: AuthServer
) -> None:
    ident = await account(hub, server)
    server.faults = [said(400, {"error": "invalid_grant"})]
    with pytest.raises(Unavailable):
        await hub.tokens().access(ident)
    await asyncio.sleep(0.25)
    assert await hub.tokens().access(ident) == (await held(hub, ident)).access
    rows = await hub.rows("select refresh_refused_at from connected_account")
    assert rows == [(None,)]


async def test_a_refused_token_with_nothing_to_refresh_is_revoked(
    hub: FakeHub, server: AuthServer
) -> None:
    ident = await account(hub, server, left=3000, refresh="")
    access = await hub.tokens().access(ident)
    with pytest.raises(Reauthorize) as caught:
        await hub.tokens().access(ident, access)
    assert caught.value.revoked
    assert (await hub.account(ident)).status == "revoked"
    assert len(await events(hub)) == 1


@pytest.mark.parametrize(("days", "limited"), [(-1, True), (1, False)])
async def test_a_consent_that_ended_as_it_was_told_says_why(
    hub: FakeHub, server: AuthServer, days: int, limited: bool
) -> None:
    ends = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    ident = await account(hub, server, extra={"consent_ends_at": ends})
    server.grants.clear()
    with pytest.raises(Unavailable):
        await hub.tokens().access(ident)
    await asyncio.sleep(0.25)
    with pytest.raises(Reauthorize):
        await hub.tokens().access(ident)
    assert ("is the app published" in (await hub.account(ident)).error_message) is limited


async def test_a_token_that_ran_out_with_nothing_to_refresh_is_expired(
    hub: FakeHub, server: AuthServer
) -> None:
    ident = await account(hub, server, refresh="")
    with pytest.raises(Reauthorize):
        await hub.tokens().access(ident)
    assert (await hub.account(ident)).status == "expired"


async def test_an_old_refusal_does_not_end_an_account_that_was_connected_again(
    hub: FakeHub, server: AuthServer
) -> None:
    ident = await account(hub, server, left=3000, refresh="")
    old = await hub.tokens().access(ident)
    await account(hub, server, left=3000, refresh="")
    async with hub.db.connection() as conn:
        assert await accounts.set_status(conn, ident, "revoked", "", gen=1) is None
    assert await hub.tokens().access(ident, old) != old
    assert (await hub.account(ident)).status == "active"


async def test_a_grant_is_sent_on_no_connection_that_was_kept(
    hub: FakeHub, server: AuthServer
) -> None:
    """One that ends under it leaves nobody knowing whether the grant was spent."""
    ident, seen = await account(hub, server), []

    async def see(request: httpx.Request) -> None:
        seen.append(request.headers["connection"])

    hub.http.event_hooks["request"].append(see)
    await hub.tokens().access(ident)
    assert seen == ["close"]


async def test_a_cancelled_caller_does_not_lose_the_answer(
    hub: FakeHub, server: AuthServer
) -> None:
    ident = await account(hub, server)
    server.delay = 0.2
    tokens = hub.tokens()
    caller = asyncio.create_task(tokens.access(ident))
    await asyncio.sleep(0.1)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await tokens.drain()
    assert await hub.tokens().access(ident) == (await held(hub, ident)).access
    assert (server.refreshes, server.reuses) == (1, 0)


async def test_an_answer_survives_a_database_that_is_away_for_a_moment(
    hub: FakeHub, server: AuthServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ident = await account(hub, server)
    real, failures = accounts.store_token, [1, 2]

    async def flaky(conn: Connection, *rest: Any) -> bool:
        if failures:
            failures.pop()
            raise Away
        return await real(conn, *rest)

    monkeypatch.setattr(accounts, "store_token", flaky)
    assert await hub.tokens().access(ident) == (await held(hub, ident)).access
    assert server.reuses == 0


async def test_a_refresh_that_crashed_is_repaired_with_the_stored_token(
    hub: FakeHub, server: AuthServer
) -> None:
    """R1, R2: the lease runs out, and the next caller tries what is stored."""
    ident = await account(hub, server)
    async with hub.db.connection() as conn:
        at = await accounts.credentials(conn, ident, 0)
        assert at
        assert await accounts.take_lease(conn, ident, at.gen, 0.5)
    assert await hub.tokens().access(ident) in server.people
    assert server.refreshes == 1


async def test_callers_of_a_crashed_refresh_end_by_their_deadline(
    hub: FakeHub, server: AuthServer
) -> None:
    ident = await account(hub, server)
    async with hub.db.connection() as conn:
        assert await accounts.take_lease(conn, ident, 1, 60)
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(Unavailable):
        await hub.tokens(patience=0.3).access(ident)
    assert loop.time() - began < 2


async def test_an_answer_that_was_lost_ends_where_the_provider_has_no_leeway(
    hub: FakeHub, server: AuthServer
) -> None:
    """R3: the new token never reached the disk, so only the user can help; callers are told."""
    ident = await account(hub, server)
    server._refresh((await held(hub, ident)).refresh)
    tokens = hub.tokens()
    with pytest.raises(Unavailable):
        await tokens.access(ident)
    await asyncio.sleep(0.25)
    with pytest.raises(Reauthorize):
        await tokens.access(ident)
    assert b"reauth_required" in (await events(hub))[0]


async def test_one_refusal_is_enough_behind_a_refresh_that_died_with_the_answer(
    hub: FakeHub, server: AuthServer
) -> None:
    """R3, where only its lease is left: the user is told a minute earlier than by asking twice."""
    ident = await account(hub, server)
    spent = (await held(hub, ident)).refresh
    async with hub.db.connection() as conn:
        assert await accounts.take_lease(conn, ident, 1, 1.0)
    server._refresh(spent)
    with pytest.raises(Reauthorize):
        await hub.tokens(again=60.0).access(ident)
    assert (await hub.account(ident)).status == "expired"


async def test_a_refresh_that_only_failed_does_not_make_the_next_refusal_the_last(
    hub: FakeHub, server: AuthServer
) -> None:
    ident = await account(hub, server)
    server.faults = [said(500), said(400, {"error": "invalid_grant"})]
    for _ in range(2):
        with pytest.raises(Unavailable):
            await hub.tokens(again=60.0).access(ident)
    assert (await hub.account(ident)).status == "active"


async def test_a_refresh_that_finishes_after_a_deletion_brings_nothing_back(
    hub: FakeHub, server: AuthServer
) -> None:
    ident = await account(hub, server)
    server.delay = 0.2
    caller = asyncio.create_task(hub.tokens().access(ident))
    await asyncio.sleep(0.1)
    before = await held(hub, ident)
    async with hub.db.transaction() as conn:
        await accounts.begin_deletion(conn, "acme", ident, None)
    with pytest.raises(NotFound):
        await caller
    assert await held(hub, ident) == before
    assert await hub.tokens().stored(ident) == before.access


async def test_credentials_that_cannot_be_opened_are_an_error_and_not_expired(
    hub: FakeHub, server: AuthServer
) -> None:
    ident = await account(hub, server)
    hub.keys = Keyring.parse(Secret(f"9:{new_key()}"))
    with pytest.raises(DecryptError):
        await hub.tokens().access(ident)
    assert (await hub.account(ident)).status == "error"
    assert server.refreshes == 0


async def test_tokens_are_made_again_where_there_is_nothing_to_refresh(
    server: AuthServer, db: Database
) -> None:
    asked: list[Minting] = []

    async def mint(facts: Minting) -> Token:
        asked.append(facts)
        await asyncio.sleep(0.05)
        return Token(f"made-{len(asked)}", expires_at=datetime.now(UTC) + timedelta(hours=1))

    async with open_client() as http:
        hub = make(server, db, http, mint=mint, refresh="none")
        ident = await account(hub, server, refresh="", extra={"installation": "7"})
        tokens = hub.tokens()
        assert set(await asyncio.gather(*(tokens.access(ident) for _ in range(20)))) == {"made-1"}
        assert await tokens.access(ident, "made-1") == "made-2"
    assert len(asked) == 2
    assert asked[0].extra == {"installation": "7"}
    assert asked[0].api_url == server.url


async def test_housekeeping_renews_what_ends_soon_and_what_lay_idle_for_a_day(
    hub: FakeHub, server: AuthServer
) -> None:
    ident = await account(hub, server, left=3000)
    assert await tokens_module.due(hub.db, hub.provider) == []
    await hub.rows("update connected_account set refresh_started_at = now() - interval '25 hours'")
    assert await tokens_module.due(hub.db, hub.provider) == [ident]
    await hub.tokens().renew(ident)
    assert server.refreshes == 1
    assert await tokens_module.due(hub.db, hub.provider) == []
    await hub.rows("update connected_account set token_expires_at = now() + interval '4 minutes'")
    assert await tokens_module.due(hub.db, hub.provider) == [ident]


async def test_a_failed_renewal_in_advance_disturbs_nobody(
    hub: FakeHub, server: AuthServer
) -> None:
    ident = await account(hub, server, left=3000)
    server.faults = [said(500)]
    await hub.tokens().renew(ident)
    assert await hub.tokens().access(ident) == (await held(hub, ident)).access


async def test_keys_are_rewrapped_while_tokens_are_refreshed(
    hub: FakeHub, server: AuthServer
) -> None:
    old = new_key()
    one, both = Secret(f"1:{old}"), Secret(f"2:{new_key()},1:{old}")
    hub.keys = Keyring.parse(one)
    idents = []
    for number in range(7):
        async with hub.db.transaction() as conn:
            ident = await accounts.claim(conn, "acme", f"u{number}", Identity(id="x"), ())
            assert ident
            token = TokenSet(Token(f"at-{number}"), NOW)
            await accounts.connect(conn, ident, hub.keys.seal_token(ident, "acme", token), None)
            idents.append(ident)
    busy = await account(hub, server)
    hub.keys = Keyring.parse(both)
    tokens = hub.tokens()
    refreshed = asyncio.gather(*(tokens.access(busy) for _ in range(10)))
    assert sum([n async for n in rewrap(hub.db, hub.keys, batch=3)]) >= 7
    await refreshed
    assert [n async for n in rewrap(hub.db, hub.keys)] in ([], [1])
    assert await hub.rows("select distinct token_kid from connected_account") == [(2,)]
    assert {await tokens.access(ident) for ident in idents} == {f"at-{n}" for n in range(7)}


async def test_a_key_that_cannot_be_opened_stops_no_rewrap(
    hub: FakeHub, server: AuthServer
) -> None:
    await account(hub, server)
    await hub.rows("update connected_account set dek_wrapped = 'x', token_kid = 1")
    keys = Keyring.parse(Secret(f"2:{new_key()}"))
    assert [n async for n in rewrap(hub.db, keys)] == [0]


async def test_nothing_of_a_token_is_in_an_error(hub: FakeHub, server: AuthServer) -> None:
    ident = await account(hub, server)
    secret = (await held(hub, ident)).refresh
    server.faults = [said(400, {"error": secret, "error_description": secret})]
    with pytest.raises(ProviderError) as caught:
        await hub.tokens().access(ident)
    chain: list[BaseException] = [caught.value]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(before)
    assert not [error for error in chain if secret in repr(error) + str(error)]
