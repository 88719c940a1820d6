"""C3: a storm of callers on tokens that run out, at an authorization server that forgives nothing.

The server is the certified npm `oidc-provider`: a refresh token is for single use, and one that is used
again ends the whole grant, so a single refresh too many shows.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
import pytest
from msgspec import Struct, json, structs

from shared.config import DatabaseSettings, NatsSettings
from shared.oauth.keyring import Keyring, TokenSet, new_key
from shared.oauth.tokens import Tokens
from shared.service import hub, worker
from shared.store import accounts
from shared.store.database import Database
from shared.types import Identity, Secret
from tests.chaos.callers import Order, Told
from tests.chaos.machines import ROOT, python
from tests.chaos.size import pick
from tests.fakes.service import running
from tests.fakes.strict import Strict, acme_at, strict

pytestmark = [pytest.mark.anyio, pytest.mark.chaos, pytest.mark.timeout(600)]

PEOPLE = 20
EXPIRIES = pick(40, 1000, 5000)
PROCESSES = 4


class Site(Struct):
    """Where everything is that processes of callers share."""

    server: Strict
    database_url: str
    keys: str

    @property
    def environ(self) -> dict[str, str]:
        """What a process is told."""
        return os.environ | {
            "CHAOS_AUTH_URL": self.server.url,
            "POSTGRES_URL": self.database_url,
            "ENCRYPTION_KEYS": self.keys,
        }

    async def connect(self, *people: str, over: bool = False) -> list[UUID]:
        """Connect people, and keep their tokens, which are `over` already if that is wished."""
        db, keyring, idents = Database(self.database_url), Keyring.parse(Secret(self.keys)), []
        await db.open()
        now = datetime.now(UTC)
        ended = now - timedelta(seconds=1)
        tokens = await asyncio.gather(*map(self.server.grant, people))
        for person, fresh in zip(people, tokens, strict=True):
            token = structs.replace(fresh, expires_at=ended) if over else fresh
            async with db.transaction() as conn:
                ident = await accounts.claim(conn, "acme", person, Identity(id=person), ())
                assert ident
                held = TokenSet(token, now - timedelta(hours=1) if over else now)
                sealed = keyring.seal_token(ident, "acme", held)
                await accounts.connect(conn, ident, sealed, token.expires_at)
                idents.append(ident)
        await db.close()
        return idents

    def leased(self) -> int:
        """How many refreshes are under way, or were left there by the dead."""
        with psycopg.connect(self.database_url) as conn:
            row = conn.execute(
                "select count(*) from connected_account"
                " where status = 'active' and refresh_lease_until > '-infinity'"
            ).fetchone()
            assert row
            return int(row[0])

    def statuses(self) -> dict[UUID, str]:
        """How the accounts stand."""
        with psycopg.connect(self.database_url) as conn:
            return dict(conn.execute("select id, status from connected_account").fetchall())


@asynccontextmanager
async def callers(site: Site, **environ: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process of callers, gone at the end of the block."""
    child = await asyncio.create_subprocess_exec(
        *python("tests.chaos.callers"),
        cwd=ROOT,
        env=site.environ | environ,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 24,
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


def tell(child: asyncio.subprocess.Process, order: Order) -> None:
    """Give an order."""
    assert child.stdin
    child.stdin.write(json.encode(order) + b"\n")


async def hear(child: asyncio.subprocess.Process) -> Told:
    """Wait for what came of it."""
    assert child.stdout
    return json.decode(await child.stdout.readline(), type=Told)


@pytest.fixture
async def site(peers: Path, node: Path, database_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    """The server, its answers a little late, and an empty database."""
    async with strict(peers, node, tmp_path / "oidc.log", late=0.1) as server:
        yield Site(server, database_url, f"1:{new_key()}")


class Outcome(Struct):
    """What a storm left behind; `split` are accounts whose callers did not all get one token."""

    refreshes: int
    refused: int
    ended: list[str]
    split: list[UUID]
    errors: list[str]
    newest: set[str]


async def storm(site: Site, *, people: int, rounds: int, processes: int, **environ: str) -> Outcome:
    """Let the tokens of some accounts run out again and again while everybody wants them."""
    idents = await site.connect(*[f"p{n}" for n in range(people)])
    out = Outcome(0, 0, [], [], [], set())
    async with AsyncExitStack() as stack:
        started = [callers(site, **environ) for _ in range(processes)]
        children = [await stack.enter_async_context(it) for it in started]
        for hours in range(1, rounds + 1):
            for child in children:
                tell(child, Order(idents, hours))
            told = [await hear(child) for child in children]
            got = {
                ident: set().union(*[it.tokens.get(ident, ()) for it in told]) for ident in idents
            }
            out.split += [ident for ident, tokens in got.items() if len(tokens) != 1]
            out.errors += [error for it in told for error in it.errors]
            out.newest = set().union(*got.values())
    seen = site.server.outcomes()
    out.refreshes, out.refused = seen["success"], seen["error"] + seen["revoked"]
    out.ended = [status for status in site.statuses().values() if status != "active"]
    return out


async def test_every_expiry_is_one_refresh_whoever_asks(site: Site) -> None:
    """200 callers in 4 processes; the server itself says how often it was asked."""
    seen = await storm(site, people=PEOPLE, rounds=EXPIRIES // PEOPLE, processes=PROCESSES)
    assert (seen.refreshes, seen.refused) == (EXPIRIES, 0), seen.errors
    assert not [*seen.ended, *seen.split, *seen.errors]
    async with httpx.AsyncClient(base_url=site.server.url, trust_env=False) as api:
        asked = [api.get("/me", headers={"authorization": f"Bearer {it}"}) for it in seen.newest]
        assert [it.status_code for it in await asyncio.gather(*asked)] == [200] * PEOPLE


@pytest.mark.parametrize("sabotage", ["no lease", "no fence"])
async def test_without_a_protection_the_storm_ends_accounts(site: Site, sabotage: str) -> None:
    """The teeth of the test above: the server sees a token twice, and ends the grant."""
    seen = await storm(site, people=5, rounds=2, processes=1, CHAOS_SABOTAGE=sabotage)
    assert seen.refused
    assert seen.errors


ENDS = {
    "R1": ("active", 1),
    "R2": ("expired", 1),
    "R3": ("expired", 1),
    "R4": ("active", 1),
    "lasting-R2": ("active", 2),
    "lasting-R3": ("active", 2),
}
"""Where a refresh was killed; how the account stands when another replica has looked at it, and how
often the server was asked successfully until then."""


async def test_a_refresh_that_is_killed_ends_as_documented(
    site: Site, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was sent and not stored is lost where tokens are for single use, and that is announced within
    a minute; where a token lasts, nobody notices. The full size waits for the real leases."""
    if lease := pick(3.0, 0.0):
        monkeypatch.setattr(hub, "Tokens", partial(Tokens, lease=lease))
        monkeypatch.setattr(worker, "TIDY", 0.5)
    idents = dict(zip(ENDS, await site.connect(*ENDS, over=True), strict=True))
    await asyncio.gather(*[killed(site, idents[it], it[-2:], lease or 30.0) for it in ENDS])
    its, facts = acme_at(site.server.url)
    here = structs.replace(
        facts,
        encryption_keys=Secret(site.keys),
        database=DatabaseSettings(url=Secret(site.database_url)),
        nats=NatsSettings(url=Secret(nats_url)),
    )
    async with (
        asyncio.timeout(60),
        running(its, "", nats_url, build=lambda *_: here) as another,
    ):
        tail = await another.nc.jetstream().subscribe("self.>", ordered_consumer=True)
        told = [json.decode((await tail.next_msg(timeout=60)).data) for _ in range(2)]
        assert {it["what"] for it in told} == {"reauth_required"}
        assert {UUID(it["account_id"]) for it in told} == {idents["R2"], idents["R3"]}
        while site.leased():
            await asyncio.sleep(0.2)
    assert site.statuses() == {idents[it]: status for it, (status, _) in ENDS.items()}
    seen = site.server.outcomes()
    assert seen["success"] == sum(asked for _, asked in ENDS.values())


async def killed(site: Site, account_id: UUID, point: str, lease: float) -> None:
    """Let a process begin a refresh, and die at that point of it."""
    async with callers(site, CHAOS_CRASH=point, CHAOS_LEASE=str(lease)) as child:
        tell(child, Order([account_id]))
        assert await child.wait() == -signal.SIGKILL
