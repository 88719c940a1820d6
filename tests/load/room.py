"""How much room things take on disk, indexes included: what docs/OPERATIONS.md computes sizes with."""

from services.github.events import record
from services.github.models import Repository
from services.github.provider import provider
from shared.bus import stream
from shared.service import relay
from shared.service.hub import open_process
from shared.store import inbox, ledger
from shared.store.database import Database
from shared.sync.normalize import Ignored, prepare
from shared.types import Delivery
from tests.fakes.service import settings
from tests.load.figures import Path, Row
from tests.load.issues import List
from tests.load.world import (
    ISSUES,
    WEBHOOK,
    Size,
    World,
    account,
    database,
    empty,
    fresh_stream,
)

TABLES = ("connected_account", "route", "item", "outbox", "webhook_inbox", "webhook_seen")


async def measure(world: World, size: Size) -> Path:
    """Accounts, items, events on their way, deliveries that wait or are remembered, and the stream."""
    few = max(50, size.issues // 20)
    async with database(world) as db, fresh_stream(world) as nc:
        await empty(db, *TABLES)
        accounts = [await account(db, f"user{n}", f"repo:{n}") for n in range(few)]
        per_account = await _bytes(db, "connected_account") + await _bytes(db, "route")
        normalize = prepare(provider)
        for ident in accounts[: max(1, size.issues // 1000)]:
            listed = List(ISSUES.read_bytes(), min(size.issues, 1000)).rows
            repository = Repository(1, "acme/api")
            found = [normalize(record("issues", repository, issue=it)) for it in listed]
            items = [ledger.Item(ident, it) for it in found if not isinstance(it, Ignored)]
            async with db.transaction() as conn:
                users = await ledger.lock_accounts(conn, [ident])
                await ledger.publish(conn, users, items)
        per_item, per_event = await _bytes(db, "item"), await _bytes(db, "outbox")
        body = WEBHOOK.read_bytes()
        arrived = [inbox.arrived(Delivery(body, {}), f"delivery-{n:036d}") for n in range(few * 4)]
        async with db.connection() as conn:
            await inbox.put(conn, provider.name, arrived)
        waiting, seen = await _bytes(db, "webhook_inbox"), await _bytes(db, "webhook_seen")
        given = settings(provider, world.postgres_url, world.nats_url, 1)
        async with open_process(given, name="load") as process:
            while await relay.drain(db, process.bus, process.metrics):
                pass
        info = await stream.ask(nc, f"STREAM.INFO.{stream.NAME}")
        message = info["state"]["bytes"] / info["state"]["messages"]
        await empty(db, *TABLES)
    figures = {
        "PostgreSQL: an account with its token": per_account,
        "PostgreSQL: an item, for ever": per_item,
        "PostgreSQL: an event until it is published": per_event,
        f"PostgreSQL: a delivery of {len(body) / 1000:.0f} KB until it is read": waiting,
        "PostgreSQL: a delivery's id, for 35 days": seen,
        "NATS: a message, for seven days": message,
    }
    return Path("room", [Row("room", what, it, "bytes") for what, it in figures.items()])


async def _bytes(db: Database, table: str) -> float:
    """A table's bytes for each of its rows, with its indexes."""
    async with db.connection() as conn:
        asked = f"select pg_total_relation_size('{table}')::float8, count(*) from {table}"
        row = await (await conn.execute(asked.encode())).fetchone()
    assert row
    return float(row[0]) / max(1, int(row[1]))
