"""The whole way on a Microsoft that is played here: consent, products, notifications, what is forgotten."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec import Struct, json

from services.microsoft.provider import provider
from services.microsoft.simulator import Microsoft, app
from shared.bus import stream
from shared.errors import Refused
from shared.http.roleplay import consent, post
from shared.simulation import Fault
from tests.fakes.service import Running, running
from tests.fakes.simulated import listening, told, until
from tests.integration.test_google import finished

pytestmark = pytest.mark.anyio

SECRET = "what our subscriptions carry"


class Place(Struct):
    """Microsoft, a service that takes it for real, and a caller of that."""

    microsoft: Microsoft
    service: Running
    key: dict[str, str]

    async def connect(self, **answer: str) -> dict[str, Any]:
        """Sam connects, with what is left out; the run that follows, when it is over."""
        wish = {"user_id": "sam"}
        asked = await self.service.http.post("/oauth/authorize", json=wish, headers=self.key)
        await asyncio.to_thread(consent, asked.json()["authorization_url"], consent="yes", **answer)
        (run,) = (await self.service.http.get("/sync/runs", headers=self.key)).json()["runs"]
        return await finished(self.service, self.key, run["id"])

    async def synced(self) -> None:
        """A finished run over everything."""
        body = {"user_id": "sam"}
        started = await self.service.http.post("/sync", json=body, headers=self.key)
        run = await finished(self.service, self.key, started.json()["run_ids"][0])
        assert (run["status"], run["error"]) == ("success", "")

    async def count(self, statement: str) -> int:
        """The one figure that a statement gives."""
        async with self.service.hub.db.connection() as conn:
            row = await (await conn.execute(statement.encode())).fetchone()
        assert row
        return int(row[0])

    async def items(self) -> dict[str, dict[str, Any]]:
        """The last version of every item in the stream, once nothing waits to be published."""

        async def out() -> bool:
            return await self.count("select count(*) from outbox") == 0

        await until(out)
        count = (await self.service.nc.jetstream().stream_info(stream.NAME)).state.messages
        heard = await self.service.events(count) if count else []
        told = [json.decode(it.data) for it in heard if it.subject.startswith("self.events.")]
        return {it["id"]: it for it in told}

    async def subscribed(self) -> None:
        """Wait until everything is watched, and known to be."""
        statement = "select count(*) from subscription where status = 'active'"

        async def active() -> bool:
            return await self.count(statement) == len(provider.subscriptions)

        await until(active)
        assert len(self.microsoft.world.bell.subscriptions) == len(provider.subscriptions)

    async def heard(self, ident: str, **facts: Any) -> None:
        """Wait until the last version of an item says this."""

        async def said() -> bool:
            last = (await self.items()).get(ident, {})
            flat = {**last, **last.get("metadata", {})}
            return bool(last) and all(flat.get(name) == it for name, it in facts.items())

        await until(said)


@asynccontextmanager
async def placed(database_url: str, nats_url: str) -> AsyncIterator[Place]:
    microsoft = app(post, secret=SECRET, mails=23)
    async with (
        listening(microsoft) as address,
        running(provider, database_url, nats_url, build=told(microsoft, address)) as service,
    ):
        yield Place(microsoft, service, await service.key())
        assert microsoft.unknown == []


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Subscriptions are looked after at once, and soon again where the database was too slow."""
    monkeypatch.setattr("shared.service.worker.SUBSCRIPTIONS", 0.1)
    monkeypatch.setattr("shared.sync.subscriptions.LEASE", 3.0)


async def test_mails_are_walked_heard_moved_and_thrown_away(
    database_url: str, nats_url: str
) -> None:
    async with placed(database_url, nats_url) as it:
        it.microsoft.fail(Fault("limited"))
        run = await it.connect()
        assert (run["status"], run["error"]) == ("success", "")
        assert 429 in {call.status for call in it.microsoft.calls}
        assert Counter(one["source"] for one in (await it.items()).values())["outlook"] == 23
        world = it.microsoft.world
        await it.subscribed()
        assert world.bell.handshakes >= 2 * len(world.bell.subscriptions)

        ident = await world.arrive("News", "Hello.")
        await it.heard(ident, title="News", content="Hello.", is_read="false")
        await world.change(ident, isRead=True)
        await it.heard(ident, title="News", is_read="true")
        await world.move(ident, "archive")
        await it.heard(ident, folder_id="archive", deleted=None)
        await world.move(ident, "deleteditems")
        await it.heard(ident, deleted=True)
        await world.move(ident, "inbox")
        await it.heard(ident, title="News", deleted=None)
        await world.delete(ident)
        await it.heard(ident, deleted=True)

        refreshes = it.microsoft.consent.refreshes
        it.microsoft.fail(Fault("expired"))
        await it.synced()
        assert it.microsoft.consent.refreshes == refreshes + 1
        assert len(it.microsoft.consent.grants) == 1  # each refresh token was used once

        (account,) = (await it.service.http.get("/accounts", headers=it.key)).json()["accounts"]
        await it.service.http.delete(f"/accounts/{account['id']}", headers=it.key)
        await until(lambda: not world.bell.subscriptions)


async def test_events_are_walked_heard_and_cancelled(database_url: str, nats_url: str) -> None:
    async with placed(database_url, nats_url) as it:
        await it.connect()
        world = it.microsoft.world
        await it.heard("AAevtstandup=", recurrence="RRULE:FREQ=WEEKLY;BYDAY=MO;WKST=SU")
        await it.subscribed()
        await world.plan("AAevtlunch=", "Late lunch")
        await it.heard("AAevtlunch=", title="Late lunch", deleted=None)
        series = world.events.rows["AAevtstandup="]
        await world.plan(**{**series, "ident": series["id"], "subject": "Sit-down"})
        await it.heard("AAevtstandup=", title="Sit-down")
        await world.cancel("AAevtlunch=")
        await it.heard("AAevtlunch=", deleted=True)


async def test_files_are_walked_heard_deleted_and_restored(
    database_url: str, nats_url: str
) -> None:
    async with placed(database_url, nats_url) as it:
        await it.connect()
        world = it.microsoft.world
        await it.heard("b!1:01PLAN", title="Plan.txt", parent_id="b!1:01ROOT")
        await it.subscribed()
        await world.save("01PLAN", "Plan B.txt")
        await it.heard("b!1:01PLAN", title="Plan B.txt", deleted=None)
        row = await world.remove("01PLAN")
        await it.heard("b!1:01PLAN", deleted=True)
        await world.save("01PLAN", **{name: row[name] for name in row if name != "id"})
        await it.heard("b!1:01PLAN", title="Plan B.txt", deleted=None)


async def test_links_that_microsoft_forgot_cost_nothing(database_url: str, nats_url: str) -> None:
    async with placed(database_url, nats_url) as it:
        await it.connect()
        world = it.microsoft.world
        await it.subscribed()
        world.bell.drop()
        gone = next(iter(world.mails["inbox"].rows))
        await world.delete(gone)
        await world.cancel("AAevtlunch=")
        unseen = await world.arrive("Unseen", "While nobody listened.")
        world.forget()
        for _ in range(2):  # the first one finds that it has to begin anew
            await it.synced()
        await it.heard(unseen, title="Unseen")
        await it.heard(gone, deleted=True)
        await it.heard("AAevtlunch=", deleted=True)
        outlook = [one for one in (await it.items()).values() if one["source"] == "outlook"]
        assert len(outlook) == 24


async def test_subscriptions_are_renewed_made_anew_and_close_the_gap(
    database_url: str, nats_url: str
) -> None:
    async with placed(database_url, nats_url) as it:
        await it.connect()
        world, all_ = it.microsoft.world, len(provider.subscriptions)
        await it.subscribed()
        await world.bell.lifecycle("reauthorizationRequired")
        await until(lambda: _renewed(it) == all_)
        url = it.service.hub.callback_url
        first = dict(world.bell.subscriptions)
        world.bell.drop()
        unseen = await world.arrive("Unseen", "While nobody was told.")
        world.bell.subscriptions |= first
        await world.bell.lifecycle("subscriptionRemoved")
        await until(lambda: len(world.bell.subscriptions) == all_)
        assert not first.keys() & world.bell.subscriptions.keys()
        assert {one["notificationUrl"] for one in world.bell.subscriptions.values()} == {url}
        await it.heard(unseen, title="Unseen")


async def test_an_administrators_consent_is_asked_for_in_a_sentence(
    database_url: str, nats_url: str
) -> None:
    async with placed(database_url, nats_url) as it:
        it.microsoft.fail(Fault("governed"))
        with pytest.raises(Refused):
            await it.connect()


def _renewed(it: Place) -> int:
    paths = {one.path for one in it.microsoft.calls if one.method == "PATCH"}
    return len({path for path in paths if path.startswith("/v1.0/subscriptions/")})
