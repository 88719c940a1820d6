"""A whole deployment that may be broken at any moment: two engines, a truth, replicas of a service."""

import os
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import anyio
import httpx
import nats
import nats.errors
import psycopg
from msgspec import Struct

from shared.engines import nats as nats_engine
from shared.engines import postgres as postgres_engine
from shared.engines.process import ports
from shared.oauth.keyring import Keyring, TokenSet, new_key
from shared.store import accounts, routes, runs
from shared.store.database import Connection, Database
from shared.store.migrate import migrate
from shared.types import Identity, Secret, Token
from tests.chaos import truth
from tests.chaos.machines import Machine, replica
from tests.chaos.provider import SECRET, provider

STREAM = "SELF_EVENTS"
SEED = int(os.environ["SEED"])
"""What the dice begin with; a failing run is repeated by `make chaos SEED=`."""


RESTING = """
select not exists (select from webhook_inbox where state = 'due')
   and not exists (select from sync_run where status in ('queued', 'running'))
   and not exists (select from outbox)
"""


class World(Struct):
    """What is running, and where."""

    postgres: Machine
    nats: Machine
    replicas: list[Machine]
    urls: list[str]
    postgres_url: str
    nats_url: str
    keys: Keyring

    @property
    def machines(self) -> list[Machine]:
        """Everything that can be killed."""
        return [*self.replicas, self.nats, self.postgres]

    def told(self, verdict: object) -> str:
        """What went wrong, and the replicas' last words."""
        return f"{verdict}\n" + "\n".join(f"{it.name}: {it.words()}" for it in self.replicas)

    async def published(self) -> int:
        """How many Messages the stream holds; -1 while nobody can tell."""
        try:
            nc = await nats.connect(
                self.nats_url, connect_timeout=1, allow_reconnect=False, error_cb=_silent
            )
        except (nats.errors.Error, OSError, TimeoutError):
            return -1
        try:
            jsm = nc.jsm(timeout=2)
            info = await jsm.stream_info(STREAM, subjects_filter="self.events.>")
            return sum((info.state.subjects or {}).values())
        except (nats.errors.Error, OSError, TimeoutError):
            return -1
        finally:
            await nc.close()

    async def rest(self, within: float = 60) -> int:
        """Wait until no delivery, run or event waits in the ledger; return how many Messages there are.

        It is asked when to look, never what is right. Raises TimeoutError.
        """
        deadline = time.monotonic() + within
        while not await self._resting():
            if time.monotonic() > deadline:
                raise TimeoutError(f"there is still work after {within:g} s: {self.told('')}")
            await anyio.sleep(0.1)
        return await self.published()

    async def _resting(self) -> bool:
        try:
            async with await psycopg.AsyncConnection.connect(self.postgres_url) as conn:
                row = await (await conn.execute(RESTING)).fetchone()
        except psycopg.OperationalError:
            return False
        return bool(row and row[0])

    async def reach(self, count: int, within: float) -> int:
        """Wait until so many Messages are published; return how many are, also when it took too long.

        Raises AssertionError for a replica that ended of itself.
        """
        deadline = time.monotonic() + within
        while True:
            now = await self.published()
            if now >= count or time.monotonic() > deadline:
                return now
            for each in self.replicas:
                assert each.alive, f"{each.name} ended:\n{each.words()}"
            await anyio.sleep(0.05)

    async def arrive(self, count: int, within: float = 60) -> None:
        """Wait until so many Messages are published; raises AssertionError when it takes too long."""
        found = await self.reach(count, within)
        assert found == count, self.told(f"{found} of {count} published")

    async def ready(self, url: str) -> bool:
        """Whether a replica says that it is, which it must know within five seconds."""
        async with httpx.AsyncClient(trust_env=False) as client:
            try:
                return (await client.get(f"{url}/health/ready", timeout=5)).is_success
            except httpx.ConnectError:
                return False

    async def answering(self, within: float = 60) -> None:
        """Wait until every replica is ready."""
        with anyio.fail_after(within):
            for url in self.urls:
                while not await self.ready(url):
                    await anyio.sleep(0.1)

    async def connect(self, *feeds: str, syncing: bool) -> None:
        """Connect one account a feed; with `syncing`, a full run of each is asked for."""
        await seed(self.postgres_url, self.keys, feeds, syncing=syncing)


def direct(url: str) -> str:
    """Nothing stands between a replica and what is at the URL."""
    return url


@asynccontextmanager
async def world(
    *,
    feeds: Sequence[str],
    size: int,
    syncing: bool,
    sabotage: str = "",
    through: Callable[[str], str] = direct,
    environ: Mapping[str, str] | None = None,
) -> AsyncIterator[World]:
    """Start everything; with `syncing`, a full run of every feed is asked for.

    `through` says where a replica finds the provider, PostgreSQL and NATS, asked in this order;
    `environ` is what else its environment holds.
    """
    with TemporaryDirectory(prefix="self-chaos-") as root, truth.serving(size, hiccup=97) as base:
        place = Path(root)
        os.chmod(place, 0o711)  # noqa: S103 - the user that PostgreSQL runs as passes through
        postgres = postgres_engine.start(place, durable=False, fixed_ports=False)
        bus = nats_engine.start(place, fixed_ports=False)
        keys = f"1:{new_key()}"
        reached = [through(url) for url in (base, postgres.url, bus.url)]
        free = ports(0, fixed=False)
        numbers = [next(free), next(free)]
        here = World(
            postgres=Machine.of(postgres, place / "postgres.log"),
            nats=Machine.of(bus, place / "nats.log"),
            replicas=[
                Machine(
                    f"replica {number}",
                    replica(
                        port,
                        os.environ
                        | {
                            "CHAOS_API_URL": reached[0],
                            "POSTGRES_URL": reached[1],
                            "NATS_URL": reached[2],
                            "ENCRYPTION_KEYS": keys,
                            "CHAOS_CLIENT_ID": "client",
                            "CHAOS_CLIENT_SECRET": "client secret",
                            "CHAOS_WEBHOOK_SECRET": SECRET,
                            "CHAOS_SABOTAGE": sabotage,
                        }
                        | dict(environ or {}),
                    ),
                    place / f"replica{number}.log",
                )
                for number, port in enumerate(numbers)
            ],
            urls=[f"http://127.0.0.1:{port}" for port in numbers],
            postgres_url=postgres.url,
            nats_url=bus.url,
            keys=Keyring.parse(Secret(keys)),
        )
        try:
            await here.connect(*feeds, syncing=syncing)
            for each in here.replicas:
                each.start()
            yield here
        finally:
            for machine in here.machines:
                if machine.alive:
                    machine.kill()


async def seed(url: str, keys: Keyring, feeds: Sequence[str], *, syncing: bool) -> None:
    """One account a feed, connected."""
    db = Database(url)
    await db.open()
    await migrate(db)
    async with db.transaction() as conn:
        for feed in feeds:
            await connect(conn, keys, feed, syncing=syncing)
    await db.close()


async def connect(
    conn: Connection, keys: Keyring, feed: str, *, syncing: bool, token: Token | None = None
) -> UUID:
    """Put one account into the ledger, as a finished OAuth flow would."""
    account = await accounts.claim(
        conn, provider.name, f"user-{feed}", Identity(id=feed, name=feed), ()
    )
    assert account is not None
    held = TokenSet(token or Token(access=f"token-{feed}"), since=datetime.now(UTC))
    sealed = keys.seal_token(account, provider.name, held)
    await accounts.connect(conn, account, sealed, held.token.expires_at)
    await routes.set_routes(conn, provider.name, account, {"identity": [f"feed:{feed}"]})
    if syncing:
        await runs.start_run(conn, streams=provider.streams, account_id=account, mode="full")
    return account


async def _silent(_: Exception) -> None:
    """A connection that breaks is what this is about."""
