"""A provider that makes its webhook's secret itself hands it over once, and no stranger does it again."""

import asyncio

import msgspec
import pytest
from msgspec.structs import replace

from shared.cli import main
from shared.errors import Away
from shared.oauth.keyring import Keyring, new_key, rewrap
from shared.provider import Provider
from shared.service.entrusted import Entrusted
from shared.store import entrusted
from shared.store.database import Database
from shared.types import Delivery, Secret
from tests.fakes.feed import Note, Notebook, delivery
from tests.fakes.feed import provider as feed
from tests.fakes.service import Running, running

pytestmark = pytest.mark.anyio


def offered(it: Delivery) -> Secret | None:
    return Secret(it.body[6:].decode()) if it.body.startswith(b"token ") else None


@pytest.fixture
def provider() -> Provider:
    made = feed(Notebook())
    assert made.webhook
    return replace(made, webhook=replace(made.webhook, entrusted=offered))


async def status(service: Running, body: bytes, signature: str = "") -> int:
    headers = {"signature": signature, "id": "1"} if signature else {}
    return (await service.http.post("/webhook", content=body, headers=headers)).status_code


async def test_the_first_secret_is_kept_and_proves_what_comes_after(
    provider: Provider, database_url: str, nats_url: str
) -> None:
    note = delivery(Note("n")).body
    async with running(provider, database_url, nats_url, secrets=()) as service:
        assert await status(service, note, "first") == 404, "nothing is believed before"
        assert await status(service, b"token first") == 200
        assert await status(service, note, "second") == 401
        assert await status(service, note, "first") == 200
        assert await status(service, b"token second") == 401, "the first one stays"
        assert await status(service, note, "first") == 200


async def test_what_is_configured_is_never_replaced(
    provider: Provider, database_url: str, nats_url: str
) -> None:
    async with running(provider, database_url, nats_url) as service:
        assert await status(service, b"token first") == 401
        assert await status(service, delivery(Note("n")).body, "s") == 200


async def test_a_provider_that_hands_nothing_over_is_not_listened_to(
    database_url: str, nats_url: str
) -> None:
    async with running(feed(Notebook()), database_url, nats_url, secrets=()) as service:
        assert await status(service, b"token first") == 404


async def test_replicas_know_it_from_each_other_and_lose_it_together(
    provider: Provider, database_url: str, nats_url: str
) -> None:
    async with running(provider, database_url, nats_url, secrets=()) as service:
        clock = [0.0]
        hub = service.hub
        one, two = (Entrusted(hub.db, hub.keys, "feed", lambda: clock[0]) for _ in range(2))
        assert await two.secrets() == ()
        taken = await asyncio.gather(one.take(Secret("a")), two.take(Secret("a")))
        assert sorted(taken) == [False, True]
        assert await one.secrets() == await two.secrets() == (b"a",)
        assert await one.forget()
        assert not await one.forget()
        assert await two.secrets() == (b"a",), "for some seconds"
        clock[0] = 6.0
        assert await two.secrets() == ()
        assert await two.take(Secret("b"))


async def test_nothing_of_it_can_be_read_in_the_database(
    provider: Provider, database_url: str, nats_url: str
) -> None:
    async with running(provider, database_url, nats_url, secrets=()) as service:
        await status(service, b"token a very secret one")
        async with service.hub.db.connection() as conn:
            sealed = await entrusted.get(conn, "feed")
            row = await (
                await conn.execute("select row_to_json(a)::text from audit_log a")
            ).fetchone()
        assert sealed
        assert row
        assert b"secret" not in sealed
        assert "very secret" not in row[0]
        assert "webhook.entrusted" in row[0]


async def test_it_moves_to_the_first_key_with_everything_else(
    provider: Provider, database_url: str, nats_url: str
) -> None:
    async with running(provider, database_url, nats_url, secrets=()) as service:
        old, new = new_key(), new_key()
        both = Keyring.parse(Secret(f"2:{new},1:{old}"))
        await Entrusted(service.hub.db, Keyring.parse(Secret(f"1:{old}")), "feed").take(Secret("a"))
        alone = Entrusted(service.hub.db, Keyring.parse(Secret(f"2:{new}")), "feed")
        with pytest.raises(Away):
            await alone.secrets()
        assert [it async for it in rewrap(service.hub.db, both)] == []
        assert await alone.secrets() == (b"a",)
        assert await status(service, delivery(Note("n")).body, "a") == 503, (
            "a replica without the key"
        )


async def test_while_the_database_is_away_nothing_is_promised(
    provider: Provider, database_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise Away

    async with running(provider, database_url, nats_url, secrets=()) as service:
        monkeypatch.setattr(entrusted, "get", away)
        assert await status(service, b"token first") == 503


def test_an_operator_sees_it_and_forgets_it(
    db: Database,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    key = f"1:{new_key()}"

    async def take() -> None:
        other = Database(database_url)
        await other.open()
        await Entrusted(other, Keyring.parse(Secret(key)), "feed").take(Secret("said once"))
        await other.close()
        capsys.readouterr()

    def fleet(*words: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["fleet", "webhook-token", "feed", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), capsys.readouterr().out

    monkeypatch.setenv("POSTGRES_URL", database_url)
    monkeypatch.setenv("ENCRYPTION_KEYS", key)
    assert fleet()[0] == 1
    asyncio.run(take())
    code, out = fleet()
    assert (code, out) == (0, "said once\n")
    code, out = fleet("--json")
    assert msgspec.json.decode(out) == {"provider": "feed", "token": "said once"}
    assert fleet("--forget")[0] == 0
    assert fleet("--forget")[0] == 1
