"""The whole way on a Google that is played here: consent, three products, pushes, and what is forgotten."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec import Struct, json

from services.google.provider import provider
from services.google.simulator import Google, app
from shared.bus import stream
from shared.http.roleplay import consent, post
from shared.simulation import Fault
from tests.fakes.service import Running, running
from tests.fakes.simulated import listening, told, until

pytestmark = pytest.mark.anyio

SECRET = "what both sides sign with"


class Connected(Struct):
    """Sam's account, whose full walk is over, and everything around it."""

    google: Google
    service: Running
    key: dict[str, str]
    account: str

    async def count(self, statement: str) -> int:
        """The one figure that a statement gives."""
        async with self.service.hub.db.connection() as conn:
            row = await (await conn.execute(statement.encode())).fetchone()
        assert row
        return int(row[0])

    async def events(self) -> list[dict[str, Any]]:
        """Every item that is in the stream, as soon as all that was written is there."""
        await until(self._is_out)
        js = self.service.nc.jetstream()
        count = (await js.stream_info(stream.NAME)).state.messages
        heard = await self.service.events(count)
        return [json.decode(it.data) for it in heard if it.subject.startswith("self.events.")]

    async def heard(self, ident: str, **facts: Any) -> None:
        """Wait until the last version of an item says this."""

        async def said() -> bool:
            last = {it["id"]: it for it in await self.events()}.get(ident, {})
            return bool(last) and all(last.get(name) == it for name, it in facts.items())

        await until(said)

    async def synced(self) -> dict[str, Any]:
        """A finished run over everything."""
        body = {"account_id": self.account}
        started = await self.service.http.post("/sync", json=body, headers=self.key)
        return await finished(self.service, self.key, started.json()["run_ids"][0])

    async def _is_out(self) -> bool:
        inbox = "select count(*) from webhook_inbox where state = 'due'"
        return not await self.count(inbox) and not await self.count("select count(*) from outbox")


async def finished(service: Running, key: dict[str, str], run_id: str) -> dict[str, Any]:
    """The run when it is over."""
    async with asyncio.timeout(60):
        while True:
            reply = await service.http.get(f"/sync/runs/{run_id}", headers=key)
            run: dict[str, Any] = reply.json()
            if run["status"] not in ("queued", "running"):
                return run
            await asyncio.sleep(0.05)


@asynccontextmanager
async def connected(
    database_url: str, nats_url: str, **answer: str
) -> AsyncIterator[tuple[Connected, dict[str, Any]]]:
    """Sam connects, with what he leaves out, and the walk that follows is over."""
    google = app(post, "", SECRET, mails=12)
    for kind in ("limited", "crowded"):
        google.fail(Fault(kind))
    async with (
        listening(google) as address,
        running(provider, database_url, nats_url, build=told(google, address)) as service,
    ):
        google.world.callback_url = service.hub.callback_url
        key = await service.key()
        asked = await service.http.post("/oauth/authorize", json={"user_id": "sam"}, headers=key)
        await asyncio.to_thread(consent, asked.json()["authorization_url"], consent="yes", **answer)
        (account,) = (await service.http.get("/accounts", headers=key)).json()["accounts"]
        (run,) = (await service.http.get("/sync/runs", headers=key)).json()["runs"]
        done = await finished(service, key, run["id"])
        yield Connected(google, service, key, account["id"]), done
        assert google.unknown == []


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watches and channels are looked after at once."""
    monkeypatch.setattr("shared.service.worker.SUBSCRIPTIONS", 0.1)


async def test_three_products_are_walked_and_heard(database_url: str, nats_url: str) -> None:
    async with connected(database_url, nats_url) as (it, run):
        assert (run["status"], run["error"]) == ("success", "")
        read = Counter(call.path.rpartition("/")[0] for call in it.google.calls)
        assert read["/batch/gmail"] == 2
        assert read["/gmail/v1/users/me/messages"] == 3  # what the batch had no room for
        world = it.google.world
        asked = [call.path for call in it.google.calls]
        assert asked[:3] == ["/o/oauth2/v2/auth", "/token", "/oauth2/v3/certs"]
        sources = Counter(item["source"] for item in await it.events())
        assert sources == {"gmail": 12, "google_calendar": 2, "google_drive": 2}
        await it.heard("plan", content="The text of Plan")
        told_of = (await it.service.events(1, "self.integrations.gmail.>"))[0]
        assert b"consent_ends_at" in told_of.data  # an app in testing: for seven days
        await until(lambda: world.watched and len(world.channels) == 2)

        ident = await world.arrive("News", "Hello.")
        await it.heard(ident, title="News", content="Hello.")
        await world.label(ident, ["INBOX", "STARRED"])
        await until(lambda: world.pushes == 2)
        await world.plan("lunch", "Lunch")
        await it.heard("sam@acme.test:lunch", title="Lunch")
        await world.plan("lunch", "Lunch", status="cancelled")
        await it.heard("sam@acme.test:lunch", deleted=True)
        await world.save("note", "Note")
        await it.heard("note", title="Note")
        await world.remove("note")
        await it.heard("note", deleted=True)
        await world.delete(ident)
        await it.heard(ident, deleted=True)

        await it.service.http.delete(f"/accounts/{it.account}", headers=it.key)
        await until(lambda: not it.google.consent.grants)
        assert not world.watched
        assert not world.channels


async def test_histories_that_google_forgot_cost_nothing(database_url: str, nats_url: str) -> None:
    async with connected(database_url, nats_url) as (it, _):
        world = it.google.world
        await until(lambda: world.watched and len(world.channels) == 2)
        world.callback_url = ""
        world.channels.clear()
        gone = next(iter(world.mails))
        await world.delete(gone)
        unseen = await world.arrive("Unseen", "While nobody listened.")
        await world.plan("holiday", "Holiday", status="cancelled")
        world.forget()
        for _ in range(2):  # the first one finds that it has to begin anew
            assert (await it.synced())["status"] == "success"
        await it.heard(unseen, title="Unseen")
        await it.heard(gone, deleted=True)
        await it.heard("sam@acme.test:holiday", deleted=True)
        ids = [item["id"] for item in await it.events() if item["source"] == "gmail"]
        assert len(ids) == 12 + 2


async def test_limits_new_keys_and_watches_that_end_lose_nothing(
    database_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.google.pubsub.PAUSE", 0.0)  # between two looks for new keys
    async with connected(database_url, nats_url) as (it, run):
        assert run["status"] == "success"
        assert 403 in {call.status for call in it.google.calls}
        world = it.google.world
        await until(lambda: world.watched and len(world.channels) == 2)
        it.google.fail(Fault("rotated"))
        ident = await world.arrive("Signed", "With a new key.")
        await it.heard(ident, title="Signed")

        it.google.fail(Fault("unwatched"))
        unseen = await world.arrive("Unseen", "While nobody was told.")
        late = "expires_at = now() - interval '1 hour', renew_at = now(), next_check_at = now()"
        await it.count(f"with it as (update subscription set {late} returning 1) select 1 from it")
        await until(lambda: world.watched and len(world.channels) == 2)
        await it.heard(unseen, title="Unseen")


async def test_a_product_that_was_left_out_rests_and_says_so(
    database_url: str, nats_url: str
) -> None:
    async with connected(database_url, nats_url, without="drive") as (it, run):
        assert run["status"] == "success"
        assert {item["source"] for item in await it.events()} == {"gmail", "google_calendar"}
        statement = "select count(*) from subscription where name = 'drive' and status = 'skipped'"
        await until(lambda: _is(it, statement, 1))
        asked = [call.path for call in it.google.calls if call.path.startswith("/drive/")]
        assert asked == []
        reply = await it.service.http.get("/accounts", headers=it.key)
        (account,) = reply.json()["accounts"]
        assert account["status"] == "active"


async def _is(it: Connected, statement: str, wanted: int) -> bool:
    return await it.count(statement) == wanted
