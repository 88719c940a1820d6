"""C10: accounts are deleted while they are refreshed, walked and published: nothing of theirs is left."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest
from msgspec import Struct, structs
from psycopg import sql

from shared.bus.client import Bus
from shared.config import OAuthSettings, ProviderSettings, Settings
from shared.provider import OAuth
from shared.store import accounts, dead
from shared.types import Secret, Token
from tests.chaos import truth
from tests.chaos.provider import SECRET, identify, provider
from tests.chaos.sender import signed
from tests.chaos.size import pick
from tests.chaos.truth import Fact
from tests.chaos.world import connect
from tests.fakes.authserver import CLIENT_ID, CLIENT_SECRET, AuthServer, authserver
from tests.fakes.service import Running, running, settings

pytestmark = [pytest.mark.anyio, pytest.mark.chaos, pytest.mark.timeout(300)]

FACTS = pick(1000, 2000, 4000)
EACH = pick(2, 4, 8)
"""Accounts that are deleted at each moment."""
KEPT = ("kept-0", "kept-1")
CANARIES = ("of doomed-", "doomed-0:", "token-doomed-")
"""What a doomed account's facts say, what their ids begin with, and what opens it."""


class Site(Struct):
    """A service with expired tokens, the server that renews them slowly, and a way into the database."""

    here: Running
    server: AuthServer
    db: psycopg.Connection

    def count(self, table: str, idents: list[UUID]) -> int:
        """How many rows of a table belong to these accounts."""
        column = "id" if table == "connected_account" else "account_id"
        asked = f"select count(*) from {table} where {column} = any(%s)"
        return int(self.db.execute(asked, (idents,)).fetchall()[0][0])

    async def connect(self, feed: str, *, syncing: bool = True) -> UUID:
        """Connect an account whose token is over."""
        refresh = self.server.issue(feed)["refresh_token"]
        token = Token(f"token-{feed}", refresh, expires_at=datetime.now(UTC))
        async with self.here.hub.db.transaction() as conn:
            return await connect(conn, self.here.hub.keys, feed, syncing=syncing, token=token)

    async def until(self, so: Callable[[], object]) -> None:
        """Wait for something, for a minute at most."""
        async with asyncio.timeout(60):
            while not so():
                await asyncio.sleep(0.01)


@asynccontextmanager
async def site(database_url: str, nats_url: str, size: int) -> AsyncIterator[Site]:
    """The made-up provider of the chaos tests, whose tokens live for two seconds."""
    with truth.serving(size) as base:
        async with authserver() as server:
            server.life, server.delay = 2, 0.3
            server.shape = lambda it: (
                it | {"access_token": f"token-{server.people[it['access_token']]}"}
            )
            oauth = OAuth(
                authorize_url=server.url,
                token_url=f"{server.url}/token",
                identify=identify,
                refresh="rotating",
            )
            its = structs.replace(provider, oauth=oauth)

            def build(*where: Any) -> Settings:
                return structs.replace(
                    settings(*where, secrets=(Secret(SECRET),)),
                    provider=ProviderSettings(base_url=base, token_url=oauth.token_url),
                    oauth=OAuthSettings(
                        provider=its.name, client_id=CLIENT_ID, client_secret=Secret(CLIENT_SECRET)
                    ),
                )

            async with running(its, database_url, nats_url, build=build) as here:
                with psycopg.connect(database_url, autocommit=True) as db:
                    yield Site(here, server, db)


async def test_nothing_is_left_of_an_account_that_is_deleted_at_any_moment(
    database_url: str, nats_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The minute that it may take is the one in `Site.until`."""
    async with site(database_url, nats_url, FACTS) as it:
        kept = [await it.connect(feed) for feed in KEPT]
        doomed = [await it.connect(f"doomed-{n}") for n in range(3 * EACH)]
        refreshed, walked, queued = (doomed[n * EACH :][:EACH] for n in range(3))
        await asyncio.gather(
            *[end(it, one, lambda: it.server.busy) for one in refreshed],
            *[end(it, one, partial(it.count, "item", [one])) for one in walked],
            *[end(it, one, partial(it.count, "outbox", [one])) for one in queued],
            end(it, await asleep(it), lambda: True),
        )
        await it.until(lambda: not it.count("connected_account", doomed))
        await it.until(lambda: it.count("item", kept) == FACTS * len(kept))
        await it.until(lambda: not it.count("outbox", [*kept, *doomed]))
        found = [message.data for message in await everything(it)]
        assert sum(b'"what":"deleted"' in data for data in found) == 3 * EACH + 1
        assert sum(b"of kept-" in data for data in found) == FACTS * len(kept)
        assert not await leaks(it)
        assert not it.server.reuses
    told = capsys.readouterr()
    assert not [canary for canary in CANARIES if canary in told.out + told.err]


@pytest.mark.parametrize("sabotage", ["purge", "letters", "inbox"])
async def test_what_a_deletion_leaves_out_is_found(
    database_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch, sabotage: str
) -> None:
    """The teeth of the test above."""

    async def nothing(*_: object) -> None:
        """What a step does that was forgotten."""

    if sabotage == "purge":
        monkeypatch.setattr(Bus, "purge", nothing)
    else:
        monkeypatch.setitem(accounts.SQL._statements, f"forget_{sabotage}", "select %(id)s")
    async with site(database_url, nats_url, 50) as it:
        walked = await it.connect("doomed-0")
        await it.until(lambda: it.count("item", [walked]) == 50)
        await it.until(lambda: not it.count("outbox", [walked]))
        both = [walked, await asleep(it)]
        await asyncio.gather(*[end(it, ident, lambda: True) for ident in both])
        await it.until(lambda: not it.count("connected_account", both))
        assert await leaks(it)


async def asleep(it: Site) -> UUID:
    """An account that is switched off: a delivery waits for it, and a dead letter for somebody."""
    ident = await it.connect("doomed-99", syncing=False)
    body, headers = signed(Fact("doomed-99", 1))
    async with it.here.hub.db.transaction() as conn:
        await accounts.set_sync(conn, provider.name, ident, None, False)
        odd = b"an odd one of doomed-99"
        await dead.put(
            conn, "record", provider.name, account_id=ident, what="note", body=odd, error="odd"
        )
    answer = await it.here.http.post("/webhook", content=body, headers=headers)
    assert answer.status_code == 200
    parked = "select 1 from webhook_inbox where state = 'unrouted'"
    await it.until(lambda: it.db.execute(parked).fetchall())
    return ident


async def end(it: Site, ident: UUID, moment: Callable[[], object]) -> None:
    """Delete an account at that moment, as its user would."""
    await it.until(moment)
    answer = await it.here.http.delete(f"/accounts/{ident}", headers=await it.here.key())
    assert answer.status_code == 202


async def everything(it: Site) -> list[Any]:
    """All that the stream holds."""
    messages, _, _ = await it.here.hub.bus.fill()
    return await it.here.events(messages)


async def leaks(it: Site) -> list[str]:
    """Where something of a doomed account is found: in the stream, or in a table."""
    places = {"stream": repr([(one.subject, one.data) for one in await everything(it)])}
    it.db.execute("set bytea_output = escape")
    tables = it.db.execute("select tablename from pg_tables where schemaname = 'public'")
    for (table,) in tables.fetchall():
        rows = it.db.execute(sql.SQL("select it::text from {} it").format(sql.Identifier(table)))
        places[table] = repr(rows.fetchall())
    found = [place for place, text in places.items() if any(it in text for it in CANARIES)]
    # What waits in the inbox is compressed, and nothing should.
    return found + [place for place in ("webhook_inbox",) if places[place] != "[]"]
