"""Migrations: once each, all or nothing, one process at a time."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from importlib.resources import files
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from shared.errors import ConfigError
from shared.store.database import Database
from shared.store.migrate import migrate, pending, shipped

pytestmark = pytest.mark.anyio


@pytest.fixture
def empty_url(postgres_url: str) -> Iterator[str]:
    """A database in which nothing was ever done."""
    name = f"empty_{uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f"create database {name}".encode())
        yield postgres_url.rpartition("/")[0] + "/" + name
        admin.execute(f"drop database {name} with (force)".encode())


@pytest.fixture
async def empty(empty_url: str, anyio_backend: str) -> AsyncIterator[Database]:
    """The same, opened."""
    db = Database(empty_url, max_connections=2)
    await db.open()
    yield db
    await db.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two small migrations."""
    (tmp_path / "0001_one.sql").write_text("create table one (n int);\ninsert into one values (1);")
    (tmp_path / "0002_two.sql").write_text("create table two (n int)")
    return tmp_path


async def count(db: Database, table: str) -> int:
    """How many rows a table has."""
    async with db.connection() as conn:
        rows = await (await conn.execute(f"table {table}".encode())).fetchall()
    return len(rows)


async def test_the_shipped_migrations_build_the_ledger_and_a_second_call_does_nothing(
    empty: Database,
) -> None:
    names = [migration.name for migration in shipped()]
    assert await pending(empty) == names
    assert await migrate(empty) == names
    assert await pending(empty) == []
    assert await migrate(empty) == []
    assert await count(empty, "connected_account") == 0
    assert await count(empty, "schema_migration") == len(names)


async def test_replicas_that_start_together_apply_each_migration_once(
    empty: Database, empty_url: str, folder: Path
) -> None:
    others = [Database(empty_url, max_connections=1) for _ in range(3)]
    for other in others:
        await other.open()
    done = await asyncio.gather(*(migrate(db, folder) for db in (empty, *others)))
    for other in others:
        await other.close()
    assert sorted(name for names in done for name in names) == ["0001_one.sql", "0002_two.sql"]
    assert await count(empty, "one") == 1


async def test_a_failing_migration_leaves_nothing_behind_and_frees_the_lock(
    empty: Database, folder: Path
) -> None:
    (folder / "0003_three.sql").write_text("create table three (n int); select nonsense;")
    with pytest.raises(ConfigError, match=r"0003_three\.sql failed: column \"nonsense\""):
        await migrate(empty, folder)
    assert await pending(empty, folder) == ["0003_three.sql"]
    (folder / "0003_three.sql").write_text("create table three (n int)")
    assert await migrate(empty, folder) == ["0003_three.sql"]


async def test_an_edited_migration_is_refused(empty: Database, folder: Path) -> None:
    await migrate(empty, folder)
    (folder / "0001_one.sql").write_text("create table one (n bigint)")
    with pytest.raises(ConfigError, match=r"0001_one\.sql was changed after it was applied"):
        await migrate(empty, folder)
    with pytest.raises(ConfigError, match=r"0001_one\.sql was changed"):
        await pending(empty, folder)


async def test_a_database_newer_than_the_code_is_fine(empty: Database, folder: Path) -> None:
    await migrate(empty, folder)
    (folder / "0002_two.sql").unlink()
    assert await migrate(empty, folder) == []


def test_two_files_with_one_number_and_odd_names_are_refused(folder: Path) -> None:
    (folder / "0002_again.sql").write_text("")
    (folder / "more.sql").write_text("")
    with pytest.raises(ConfigError) as caught:
        shipped(folder)
    assert caught.value.problems == (
        "0002_again.sql and 0002_two.sql have the same number",
        "migration more.sql must be called like 0002_what_it_does.sql",
    )


def test_the_shipped_migrations_are_numbered_without_gaps() -> None:
    numbers = [migration.number for migration in shipped()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert files("shared.store").joinpath("migrations").is_dir()
