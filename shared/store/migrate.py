"""The tables, brought up to date: numbered files, each applied once, each in its own transaction.

Migrations only go forward. A database that is newer than the code is fine: during a rolling deploy
the old pods keep running on it.
"""

import asyncio
import hashlib
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from importlib.resources.abc import Traversable

import psycopg
from msgspec import Struct
from psycopg import sql

from shared.errors import ConfigError
from shared.store.database import Connection, Database
from shared.store.sql import load

TRIES = 60
"""How often a migration asks for its locks before it gives up; a second and a half each, at most."""

_NAME = re.compile(r"(\d{4})_\w+\.sql")
_sql = load("migrate")

LONGEST = 3600.0
"""Seconds that one migration may take."""


class Migration(Struct, frozen=True):
    """One file: its number, its name and the statements in it."""

    number: int
    name: str
    text: bytes

    @property
    def sha256(self) -> str:
        """What tells an edited file from the one that was applied."""
        return hashlib.sha256(self.text).hexdigest()


def shipped(folder: Traversable | None = None) -> list[Migration]:
    """The migrations in the folder (this package's own when None), in order.

    Raises ConfigError for two files with one number or a file whose name does not begin with one.
    """
    folder = folder or files("shared.store").joinpath("migrations")
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".sql")), key=_by_name)
    found: dict[int, Migration] = {}
    problems = []
    for path in paths:
        match = _NAME.fullmatch(path.name)
        if not match:
            problems.append(f"migration {path.name} must be called like 0002_what_it_does.sql")
        elif int(match[1]) in found:
            problems.append(f"{found[int(match[1])].name} and {path.name} have the same number")
        else:
            found[int(match[1])] = Migration(int(match[1]), path.name, path.read_bytes())
    if problems:
        raise ConfigError(*problems)
    return list(found.values())


async def pending(db: Database, folder: Traversable | None = None, schema: str = "") -> list[str]:
    """The names of the migrations that `migrate` would apply; nothing is changed.

    Raises ConfigError when an applied file was edited since, and Away without a database.
    """
    async with db.connection() as conn, _inside(conn, schema):
        row = await (await conn.execute(_sql.exists)).fetchone()
        missing = await _missing(conn, shipped(folder)) if row and row[0] else shipped(folder)
    return [migration.name for migration in missing]


async def migrate(db: Database, folder: Traversable | None = None, schema: str = "") -> list[str]:
    """Apply what is missing and return the names; replicas that start together take turns.

    `schema` is where the folder's tables are, with a book of their own; empty: where names lead.
    Raises ConfigError when an applied file was edited since or a statement fails (the failing file
    leaves nothing behind, the ones before it stay), and Away without a database.
    """
    todo = shipped(folder)
    done = []
    async with db.connection(patience=LONGEST) as conn, _inside(conn, schema):
        # Waiting for another replica's turn may take longer than any statement should.
        await conn.execute("set statement_timeout = 0")
        await conn.execute(_sql.lock)
        try:
            if schema:
                await conn.execute(sql.SQL(_sql.create_schema).format(sql.Identifier(schema)))
            await conn.execute(_sql.create_table)
            for migration in await _missing(conn, todo):
                await _apply(conn, migration)
                done.append(migration.name)
        finally:
            if not conn.broken:
                await conn.execute(_sql.unlock)
                await conn.execute("reset statement_timeout")
    return done


@asynccontextmanager
async def _inside(conn: Connection, schema: str) -> AsyncIterator[None]:
    """Names without a schema mean this one, if any, until the end of the block."""
    if schema:
        await conn.execute(_sql.enter, (schema,))
    try:
        yield
    finally:
        if schema and not conn.broken:
            await conn.execute(_sql.leave)


async def _missing(conn: Connection, known: list[Migration]) -> list[Migration]:
    rows = await (await conn.execute(_sql.applied)).fetchall()
    applied = {number: (name, sha256) for number, name, sha256 in rows}
    edited = [
        f"migration {one.name} was changed after it was applied; "
        "restore the file and put the change into a new one"
        for one in known
        if one.number in applied and applied[one.number][1] != one.sha256
    ]
    if edited:
        raise ConfigError(*edited)
    return [one for one in known if one.number not in applied]


async def _apply(conn: Connection, migration: Migration) -> None:
    for _ in range(TRIES):
        try:
            await _try(conn, migration)
        except psycopg.errors.LockNotAvailable:
            await asyncio.sleep(random.uniform(0.1, 1.0))  # noqa: S311 - jitter
        else:
            return
    raise ConfigError(
        f"migration {migration.name} did not get its tables in {TRIES} tries; "
        "is there a transaction that does not end? Nothing was changed, run it again"
    )


async def _try(conn: Connection, migration: Migration) -> None:
    try:
        async with conn.transaction():
            await conn.execute(_sql.yield_way)
            # Without parameters one execute may hold many statements.
            await conn.execute(migration.text)
            await conn.execute(_sql.record, (migration.number, migration.name, migration.sha256))
    except psycopg.OperationalError:
        raise
    except psycopg.DatabaseError as error:
        raise ConfigError(f"migration {migration.name} failed: {str(error).strip()}") from error


def _by_name(path: Traversable) -> str:
    return path.name
