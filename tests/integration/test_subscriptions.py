"""The keeper of subscriptions, on a real PostgreSQL and a provider that is played here."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest

from shared.errors import Away, Impossible, ItemGone, Reauthorize, Refused, Unavailable
from shared.provider import Api, Hook, Provider, Stream, Subscribing, Subscription
from shared.store import subscriptions as rows
from shared.store.database import Database
from shared.sync import subscriptions
from shared.sync.obstacles import obstacle
from shared.types import Secret

pytestmark = pytest.mark.anyio

URL = "https://hub.example/webhook"


class Remote:
    """The provider's side: what exists there, what was asked, and what goes wrong next."""

    def __init__(self, life: timedelta | None = timedelta(days=3)) -> None:
        self.life = life
        self.now = datetime.now(UTC).timestamp()
        self.hooks: dict[str, str] = {}
        self.calls: list[str] = []
        self.faults: list[Exception] = []
        self.missed = 0
        self.entered = asyncio.Event()
        self.gate: asyncio.Event | None = None

    async def _asked(self, what: str) -> None:
        self.calls.append(what)
        self.entered.set()
        if self.gate:
            await self.gate.wait()
        if self.faults:
            raise self.faults.pop(0)

    def _hook(self, name: str) -> Hook:
        ends = datetime.fromtimestamp(self.now, UTC) + self.life if self.life else None
        return Hook(name, ends, {"kept": name})

    async def create(self, it: Subscribing) -> Hook:
        await self._asked("create")
        assert it.secret.reveal() == "shh"
        name = f"h{len(self.calls)}"
        self.hooks[name] = it.resource.id
        return self._hook(name)

    async def renew(self, it: Subscribing) -> Hook:
        await self._asked("renew")
        assert it.hook
        assert it.hook.facts == {"kept": it.hook.remote_id}
        return self._hook(it.hook.remote_id)

    async def stop(self, it: Subscribing) -> None:
        await self._asked("stop")
        assert it.hook
        if self.hooks.pop(it.hook.remote_id, None) is None:
            raise ItemGone("no such hook")

    async def repair(self, _it: Subscribing) -> int:
        await self._asked("repair")
        missed, self.missed = self.missed, 0
        return missed


async def no_pages(_api: Api, _cursor: Any, _resource: Any) -> Any:
    yield


def provider(remote: Remote, *, repaired: bool = False, **facts: Any) -> Provider:
    """A provider with one subscription and two streams."""
    it = Subscription(
        name="hook",
        stream="items",
        create=remote.create,
        renew=remote.renew,
        stop=remote.stop,
        repair=remote.repair if repaired else None,
        **facts,
    )

    def stream(name: str, per_resource: bool = False) -> Stream:
        return Stream(
            name=name,
            source="github",
            cursor=msgspec.defstruct("Cursor", []),
            pages=no_pages,
            per_resource=per_resource,
        )

    return Provider(
        name="acme",
        title="Acme",
        port=1,
        base_url="",
        sources=("github",),
        normalizers={},
        streams=(stream("parts"), stream("items", per_resource=True)),
        subscriptions=(it,),
    )


class World:
    """One account of one provider, and the keeper at work on it."""

    def __init__(self, db: Database, remote: Remote, acme: Provider) -> None:
        self.db, self.remote, self.acme = db, remote, acme
        self.account = UUID(int=0)

    async def begin(self, scopes: list[str], resources: tuple[str, ...] = ()) -> None:
        """Connect the account, with resources and idle cursors."""
        (self.account,) = await self.row(
            "insert into connected_account (user_id, provider, provider_account_id, scopes)"
            " values ('ana', 'acme', '1', %s) returning id",
            scopes,
        )
        for resource in ("", *resources):
            await self.do(
                "insert into sync_state (account_id, stream, resource, next_run_at)"
                " values (%s, 'items', %s, 'infinity')",
                self.account,
                resource,
            )
        for resource in resources:
            await self.do(
                "insert into resource (account_id, stream, id, name) values (%s, 'parts', %s, 'Part')",
                self.account,
                resource,
            )
        await self.ensure()

    async def ensure(self, **options: Any) -> None:
        async with self.db.transaction() as conn:
            await subscriptions.ensure(conn, self.acme, self.account, **options)

    async def keep(self, url: str = URL, **options: Any) -> bool:
        return await subscriptions.keep(
            self.db,
            self.acme,
            api_for=lambda _id: cast(Api, None),
            callback_url=url,
            secret=Secret("shh"),
            now=lambda: self.remote.now,
            chance=lambda: 0.0,
            **options,
        )

    async def keep_all(self, **options: Any) -> int:
        passes = 0
        while await self.keep(**options):
            passes += 1
            assert passes < 20
        return passes

    async def due(self) -> None:
        """Let every row be due."""
        await self.do("update subscription set next_check_at = now(), lease_until = '-infinity'")

    async def do(self, text: str, *values: Any) -> None:
        async with self.db.connection() as conn:
            await conn.execute(cast(Any, text), values)

    async def row(self, text: str, *values: Any) -> Any:
        async with self.db.connection() as conn:
            return await (await conn.execute(cast(Any, text), values)).fetchone()

    async def states(self) -> list[rows.State]:
        async with self.db.connection() as conn:
            return await rows.of_account(conn, self.account)

    async def wait_seconds(self) -> float:
        (seconds,) = await self.row(
            "select extract(epoch from next_check_at - now())::float8 from subscription"
        )
        return float(seconds)

    async def nudged(self) -> list[str]:
        """The resources whose walk is due, and forget that they are."""
        async with self.db.connection() as conn:
            found = await (
                await conn.execute(
                    "update sync_state set next_run_at = 'infinity'"
                    " where next_run_at <= now() returning resource"
                )
            ).fetchall()
        return sorted(resource for (resource,) in found)

    async def announced(self) -> list[str]:
        async with self.db.connection() as conn:
            found = await (await conn.execute("select payload from outbox order by id")).fetchall()
        return [bytes(payload).decode() for (payload,) in found]


async def world(
    db: Database,
    *,
    scopes: list[str] | None = None,
    resources: tuple[str, ...] = (),
    life: timedelta | None = timedelta(days=3),
    **facts: Any,
) -> World:
    """A connected account whose subscriptions are wanted."""
    remote = Remote(life)
    it = World(db, remote, provider(remote, **facts))
    await it.begin(scopes or [], resources)
    return it


async def test_what_is_wanted_is_created_once_and_its_stream_runs(db: Database) -> None:
    it = await world(db)
    await it.ensure()
    assert await it.keep()
    assert not await it.keep()
    (state,) = await it.states()
    assert (state.name, state.status, state.last_error) == ("hook", "active", "")
    assert it.remote.calls == ["create"]
    assert await it.nudged() == [""]
    (event,) = await it.announced()
    assert "subscription_renewed" in event
    assert "created" in event


async def test_every_resource_has_its_own_and_its_own_walk_closes_the_gap(db: Database) -> None:
    it = await world(db, resources=("r1", "r2"), per_resource=True)
    assert await it.keep_all() == 2
    assert sorted(it.remote.hooks.values()) == ["r1", "r2"]
    assert [state.resource for state in await it.states()] == ["r1", "r2"]
    assert await it.nudged() == ["r1", "r2"]


async def test_a_subscription_is_renewed_after_two_thirds_of_its_life(db: Database) -> None:
    it = await world(db, life=timedelta(hours=3))
    await it.keep()
    assert await it.wait_seconds() == pytest.approx(7200, abs=5)
    await it.nudged()
    it.remote.now += 7100
    await it.due()
    await it.keep()
    assert it.remote.calls == ["create"]
    it.remote.now += 200
    await it.due()
    await it.keep()
    assert it.remote.calls == ["create", "renew"]
    assert await it.nudged() == []
    assert await it.wait_seconds() == pytest.approx(7200, abs=5)
    assert "renewed" in (await it.announced())[-1]
    assert len(it.remote.hooks) == 1


async def test_a_renewal_that_came_late_runs_the_stream(db: Database) -> None:
    it = await world(db)
    await it.keep()
    await it.nudged()
    it.remote.now += timedelta(days=4).total_seconds()
    await it.due()
    await it.keep()
    assert it.remote.calls == ["create", "renew"]
    assert await it.nudged() == [""]


async def test_what_the_provider_forgot_is_created_again(db: Database) -> None:
    it = await world(db)
    await it.keep()
    await it.nudged()
    it.remote.now += timedelta(days=2.5).total_seconds()
    it.remote.faults = [ItemGone("no such hook")]
    await it.due()
    await it.keep()
    assert it.remote.calls == ["create", "renew", "create"]
    assert await it.nudged() == [""]


async def test_a_hook_that_a_check_finds_deleted_is_made_anew_and_closes_the_gap(
    db: Database,
) -> None:
    it = await world(db, repaired=True)
    await it.keep()
    await it.nudged()
    it.remote.faults = [ItemGone("no such hook")]
    await it.due()
    await it.keep()
    assert it.remote.calls == ["create", "repair", "create"]
    assert await it.nudged() == [""]


async def test_what_the_provider_says_needs_us_is_renewed_at_the_next_look(db: Database) -> None:
    it = await world(db)
    await it.keep()
    async with db.connection() as conn:
        await rows.hurry(conn, [it.account], "another")
    assert not await it.keep()
    async with db.connection() as conn:
        await rows.hurry(conn, [it.account], "hook")
    assert await it.keep()
    assert it.remote.calls == ["create", "renew"]
    assert not await it.keep()


async def test_what_needs_us_while_it_is_looked_after_is_looked_after_again(db: Database) -> None:
    it = await world(db)
    await it.keep()
    async with db.connection() as conn:
        await rows.hurry(conn, [it.account], "hook")
    it.remote.entered.clear()
    it.remote.gate = asyncio.Event()
    under_way = asyncio.create_task(it.keep())
    async with asyncio.timeout(20):
        await it.remote.entered.wait()
    async with db.connection() as conn:
        await rows.hurry(conn, [it.account], "hook")
    it.remote.gate.set()
    await under_way
    assert await it.keep()
    assert it.remote.calls == ["create", "renew", "renew"]


async def test_one_that_never_expires_is_left_alone(db: Database) -> None:
    it = await world(db, life=None)
    await it.keep()
    it.remote.now += timedelta(days=300).total_seconds()
    await it.due()
    await it.keep()
    assert it.remote.calls == ["create"]


async def test_what_was_missed_is_asked_for_and_the_stream_runs_only_then(db: Database) -> None:
    it = await world(db, repaired=True, every=120.0)
    await it.keep()
    await it.nudged()
    assert await it.wait_seconds() == pytest.approx(120, abs=5)
    await it.due()
    await it.keep()
    assert await it.nudged() == []
    it.remote.missed = 3
    await it.due()
    await it.keep()
    assert it.remote.calls == ["create", "repair", "repair"]
    assert await it.nudged() == [""]
    (state,) = await it.states()
    assert state.repaired == 3
    assert len(await it.announced()) == 1


@pytest.mark.parametrize(
    ("error", "seconds"),
    [(Unavailable("it is down"), 30), (Refused("it said no"), 3600), (KeyError("canary"), 30)],
)
async def test_a_failure_is_told_and_tried_again_later(
    db: Database, error: Exception, seconds: float
) -> None:
    it = await world(db)
    it.remote.faults = [error]
    assert await it.keep()
    (state,) = await it.states()
    assert state.status == "failed"
    assert state.last_error
    assert "canary" not in state.last_error
    assert await it.wait_seconds() == pytest.approx(seconds, abs=5)
    assert await it.nudged() == []
    await it.due()
    await it.keep()
    (state,) = await it.states()
    assert (state.status, state.last_error) == ("active", "")


async def test_waits_grow_with_every_failure(db: Database) -> None:
    it = await world(db)
    waits = []
    for _ in range(7):
        it.remote.faults = [Unavailable("down")]
        await it.due()
        await it.keep()
        waits.append(round(await it.wait_seconds(), -1))
    assert waits == [30, 60, 120, 240, 480, 900, 900]


async def test_a_renewal_that_fails_leaves_what_still_lives_active(db: Database) -> None:
    it = await world(db)
    await it.keep()
    it.remote.now += timedelta(days=2.5).total_seconds()
    it.remote.faults = [Unavailable("down"), Reauthorize()]
    await it.due()
    await it.keep()
    (state,) = await it.states()
    assert (state.status, state.last_error) == ("active", "down")
    it.remote.now += timedelta(days=1).total_seconds()
    await it.due()
    await it.keep()
    assert [state.status for state in await it.states()] == ["failed"]


@pytest.mark.parametrize(
    ("scopes", "url", "options", "reason"),
    [
        (["read"], URL, {}, "admin"),
        (["admin"], "http://hub.example/webhook", {}, "https"),
        (["admin"], "https://localhost/webhook", {}, "https"),
        (["admin"], "https://10.0.0.1/webhook", {}, "https"),
        (["admin"], "http://localhost:8001/webhook", {}, "https"),
        (["admin"], "http://hub.example/webhook", {"dev": True}, "https"),
        (["admin"], URL, {}, ""),
        ([], URL, {}, ""),
        (["admin"], "http://localhost:8001/webhook", {"dev": True}, ""),
        (["admin"], "http://127.0.0.1:8001/webhook", {"dev": True}, ""),
    ],
)
async def test_what_is_not_possible_is_skipped_with_its_reason(
    db: Database, scopes: list[str], url: str, options: dict[str, Any], reason: str
) -> None:
    it = await world_with_scope(db, scopes)
    await it.keep(url, **options)
    (state,) = await it.states()
    assert state.status == ("skipped" if reason else "active")
    assert reason in state.last_error
    assert len(it.remote.calls) == (0 if reason else 1)


async def test_what_the_provider_s_code_calls_impossible_is_skipped_and_tried_again_later(
    db: Database,
) -> None:
    it = await world(db)
    it.remote.faults.append(Impossible("Only an owner may."))
    await it.keep()
    (state,) = await it.states()
    assert (state.status, state.last_error) == ("skipped", "Only an owner may.")
    assert 3500 < await it.wait_seconds() <= 3600
    await it.due()
    await it.keep()
    assert [state.status for state in await it.states()] == ["active"]


async def world_with_scope(db: Database, granted: list[str]) -> World:
    """A subscription that needs the scope `admin`."""
    remote = Remote()
    acme = provider(remote, scopes=frozenset({"admin"}))
    it = World(db, remote, acme)
    await it.begin(granted)
    return it


async def test_a_new_consent_tries_again_what_was_skipped(db: Database) -> None:
    it = await world_with_scope(db, ["read"])
    await it.keep()
    await it.do("update connected_account set scopes = '{admin}'")
    await it.ensure()
    assert not await it.keep()
    await it.ensure(afresh=True)
    assert await it.keep()
    assert [state.status for state in await it.states()] == ["active"]


async def test_a_scope_that_was_taken_away_stops_what_exists(db: Database) -> None:
    it = await world_with_scope(db, ["admin"])
    await it.keep()
    await it.do("update connected_account set scopes = '{read}'")
    await it.due()
    await it.keep()
    assert it.remote.hooks == {}
    assert [state.status for state in await it.states()] == ["skipped"]


async def test_a_resource_that_vanished_takes_its_subscription_along(db: Database) -> None:
    it = await world(db, resources=("r1", "r2"), per_resource=True)
    await it.keep_all()
    await it.do("delete from resource where id = 'r1'")
    await it.ensure()
    assert await it.keep_all() == 1
    assert list(it.remote.hooks.values()) == ["r2"]
    assert [state.resource for state in await it.states()] == ["r2"]


async def test_two_keepers_create_one_subscription(db: Database) -> None:
    it = await world(db)
    it.remote.gate = asyncio.Event()
    first = asyncio.create_task(it.keep())
    async with asyncio.timeout(20):
        await it.remote.entered.wait()
    assert not await it.keep()
    it.remote.gate.set()
    assert await first
    assert it.remote.calls == ["create"]


async def test_one_that_comes_after_its_account_went_is_stopped_again(db: Database) -> None:
    it = await world(db)
    it.remote.gate = asyncio.Event()
    keeping = asyncio.create_task(it.keep())
    async with asyncio.timeout(20):
        await it.remote.entered.wait()
    await it.do("delete from connected_account")
    it.remote.gate.set()
    assert await keeping
    assert it.remote.calls == ["create", "stop"]
    assert it.remote.hooks == {}
    assert await it.announced() == []


@pytest.mark.parametrize("status", ["expired", "revoked", "deleting"])
async def test_an_account_that_is_closed_is_left_alone(db: Database, status: str) -> None:
    it = await world(db)
    await it.do("update connected_account set status = %s", status)
    assert not await it.keep()


async def test_everything_is_stopped_at_the_end_and_what_could_not_be_is_told(
    db: Database,
) -> None:
    it = await world(db, resources=("r1", "r2", "r3"), per_resource=True)
    await it.keep_all()
    gone = next(name for name, resource in it.remote.hooks.items() if resource == "r1")
    it.remote.hooks.pop(gone)

    async def stop() -> tuple[str, ...]:
        return await subscriptions.stop_all(
            it.db,
            it.acme,
            it.account,
            api=cast(Api, None),
            callback_url=URL,
            secret=Secret("shh"),
        )

    it.remote.faults = [Unavailable("it is down")]
    left = await stop()
    assert len(left) == 1
    assert left[0].startswith("hook r")
    assert left[0].endswith("it is down")
    assert await it.states() == []
    assert await stop() == ()


async def test_a_database_that_is_away_is_not_blamed_on_the_provider(db: Database) -> None:
    it = await world(db)
    it.remote.faults = [Away()]
    with pytest.raises(Away):
        await it.keep()
    assert [state.status for state in await it.states()] == ["wanted"]


@pytest.mark.parametrize(
    "host", ["localhost", "a.localhost", "hub", "hub.local", "hub.internal", "[::1]", "192.168.1.1"]
)
def test_an_address_that_the_provider_cannot_reach_is_no_callback(host: str) -> None:
    it = provider(Remote()).subscriptions[0]
    assert obstacle(it, frozenset(), f"https://{host}/webhook", dev=False)
