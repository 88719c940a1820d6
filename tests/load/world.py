"""What every path is measured on: both engines as `fleet up` starts them, durable, on loopback."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import nats
from msgspec import Struct
from nats.aio.client import Client

from services.github.provider import provider
from shared.bus import stream
from shared.engines import start
from shared.oauth.keyring import Keyring, TokenSet, new_key
from shared.provider import Provider
from shared.store import accounts, routes
from shared.store.database import Database
from shared.store.migrate import migrate
from shared.types import Identity, Secret, Token

PAYLOADS = Path(__file__).parents[1] / "providers/github/payloads"
ISSUES = PAYLOADS / "api/issues.json"
WEBHOOK = PAYLOADS / "webhook/issues.opened.json"


class Size(Struct, frozen=True):
    """How much is measured: of webhooks and seconds at most, of issues, of events, and how often."""

    webhooks: int
    seconds: float
    issues: int
    rounds: int


FULL = Size(webhooks=15_000, seconds=5.0, issues=20_000, rounds=3)
KEYS = f"1:{new_key()}"
"""The key of this run's made-up tokens."""

TINY = Size(webhooks=200, seconds=1.0, issues=250, rounds=1)


class World(Struct, frozen=True):
    """The two engines; their pids are 0 when somebody else runs them."""

    postgres_url: str
    nats_url: str
    postgres: int
    nats: int
    versions: dict[str, str]


@contextmanager
def world(postgres_url: str = "", nats_url: str = "") -> Iterator[World]:
    """Engines of our own in a directory that goes away, or those named."""
    if postgres_url and nats_url:
        yield World(postgres_url, nats_url, 0, 0, {})
        return
    with TemporaryDirectory(prefix="self-load-") as root:
        Path(root).chmod(0o711)  # the user that PostgreSQL runs as must reach its own folder
        running = start(Path(root), durable=True, fixed_ports=False)
        try:
            yield World(
                running.postgres_url,
                running.nats_url,
                running.postgres.process.pid,
                running.nats.process.pid,
                {it.title: it.version for it in (running.postgres, running.nats)},
            )
        finally:
            running.stop()


@asynccontextmanager
async def database(world: World) -> AsyncIterator[Database]:
    """An open, migrated database."""
    db = Database(world.postgres_url)
    await db.open()
    await migrate(db)
    try:
        yield db
    finally:
        await db.close()


async def empty(db: Database, *tables: str) -> None:
    """Drop what an earlier round left, and let it not disturb the next one."""
    async with db.connection() as conn:
        await conn.execute(f"truncate {', '.join(tables)} cascade".encode())
        await conn.execute("checkpoint")


async def account(db: Database, user_id: str, *claims: str, provider: Provider = provider) -> UUID:
    """A connected account, as a finished OAuth flow would leave it."""
    async with db.transaction() as conn:
        ident = await accounts.claim(conn, provider.name, user_id, Identity(id=user_id), ())
        assert ident is not None
        keys = Keyring.parse(Secret(KEYS))
        token = TokenSet(Token(access="token"), since=datetime.now(UTC))
        await accounts.connect(conn, ident, keys.seal_token(ident, provider.name, token), None)
        await routes.set_routes(conn, provider.name, ident, {"identity": claims})
    return ident


@asynccontextmanager
async def fresh_stream(world: World) -> AsyncIterator[Client]:
    """A client of the bus, and no stream that an earlier round has filled."""
    nc = await nats.connect(world.nats_url)
    try:
        for name in (stream.NAME, stream.ADVISORIES):
            await stream.ask(nc, f"STREAM.DELETE.{name}")
        yield nc
    finally:
        await nc.close()


async def stored(nc: Client, subject: str = "self.events.>") -> int:
    """How many messages the stream holds on these subjects."""
    info = await stream.ask(nc, f"STREAM.INFO.{stream.NAME}", {"subjects_filter": subject})
    return sum((info.get("state", {}).get("subjects") or {}).values())
