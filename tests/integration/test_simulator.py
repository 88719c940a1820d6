"""The whole way on a GitHub that is played here: consent, full walk, webhooks, what costs how much."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from msgspec import Struct, json

from services.github.provider import provider
from services.github.simulator import GitHub, app
from services.github.simulator.world import Place
from shared.bus import stream
from shared.http.roleplay import consent, post
from shared.simulation import CONTROL, Fault
from tests.fakes.service import Running, running
from tests.fakes.simulated import listening, told, until

pytestmark = pytest.mark.anyio

SECRET = "what both sides sign with"


class Connected(Struct):
    """Ana's account, its finished full walk, and everything around it."""

    github: GitHub
    service: Running
    key: dict[str, str]
    run: dict[str, Any]
    account: str
    address: str

    @property
    def place(self) -> Place:
        """The first repository."""
        return next(iter(self.github.world.places.values()))

    async def sync(self, mode: str = "incremental", stream: str = "") -> tuple[dict[str, Any], int]:
        """A finished run, and how many calls it made."""
        before = len(self.github.calls)
        body = {"account_id": self.account, "mode": mode, "stream": stream}
        started = await self.service.http.post("/sync", json=body, headers=self.key)
        run = await finished(self.service, self.key, started.json()["run_ids"][0])
        return run, len(self.github.calls) - before

    async def count(self, statement: str) -> int:
        """The one figure that a statement gives."""
        async with self.service.hub.db.connection() as conn:
            row = await (await conn.execute(statement.encode())).fetchone()
        assert row
        return int(row[0])

    async def published(self, title: str) -> list[str]:
        """How often an item with that title was told, as event types, oldest first."""
        return [kind for kind, body in await self.events() if body.get("title") == title]

    async def events(self) -> list[tuple[str, dict[str, Any]]]:
        """Every item that is in the stream: event type and decoded body."""
        await until(self._is_out)
        js = self.service.nc.jetstream()
        count = (await js.stream_info(stream.NAME)).state.messages
        heard = await self.service.events(count)
        items = [it for it in heard if it.subject.startswith("self.events.")]
        return [(it.headers["ce-type"], json.decode(it.data)) for it in items]

    async def _is_out(self) -> bool:
        inbox = "select count(*) from webhook_inbox where state = 'due'"
        return not await self.count(inbox) and not await self.count("select count(*) from outbox")


async def finished(service: Running, key: dict[str, str], run_id: str) -> dict[str, Any]:
    """The run when it is over."""
    async with asyncio.timeout(60):
        while True:
            run: dict[str, Any] = (
                await service.http.get(f"/sync/runs/{run_id}", headers=key)
            ).json()
            if run["status"] not in ("queued", "running"):
                return run
            await asyncio.sleep(0.1)


@asynccontextmanager
async def connected(
    database_url: str, nats_url: str, *, repositories: int, issues: int, expiring: bool = True
) -> AsyncIterator[Connected]:
    """Ana connects by OAuth, and the walk that follows from it is over."""
    github = app(post, "", SECRET, repositories=repositories, issues=issues)
    github.consent.expiring = expiring
    async with (
        listening(github) as address,
        running(provider, database_url, nats_url, build=told(github, address)) as service,
    ):
        key = await service.key()
        asked = await service.http.post("/oauth/authorize", json={"user_id": "ana"}, headers=key)
        await asyncio.to_thread(consent, asked.json()["authorization_url"], consent="yes")
        (account,) = (await service.http.get("/accounts", headers=key)).json()["accounts"]
        (run,) = (await service.http.get("/sync/runs", headers=key)).json()["runs"]
        done = await finished(service, key, run["id"])
        it = Connected(github, service, key, done, account["id"], address)
        await until(lambda: all(place.hooks for place in github.world.places.values()))
        yield it
        assert github.unknown == []


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hooks are looked after at once: the pause between two looks is not what is tried here."""
    monkeypatch.setattr("shared.service.worker.SUBSCRIPTIONS", 0.1)


@pytest.fixture
async def small(database_url: str, nats_url: str, anyio_backend: str) -> AsyncIterator[Connected]:
    async with connected(database_url, nats_url, repositories=1, issues=10) as it:
        yield it


async def test_everything_that_is_there_is_told_once(database_url: str, nats_url: str) -> None:
    async with connected(database_url, nats_url, repositories=2, issues=10) as it:
        adds_up(it)
        assert Counter(kind for kind, _ in await it.events()) == there(it)


def adds_up(it: Connected) -> None:
    """Nothing that was listed is unaccounted for."""
    run = it.run
    assert run["status"] == "success", run["error"]
    told_of = run["published"] + run["unchanged"] + sum(run["excluded"].values())
    assert run["listed"] == told_of


def there(it: Connected) -> Counter[str]:
    """What a first walk should tell, by event type."""
    places = list(it.github.world.places.values())
    return Counter(
        {
            "self.repository.created": len(places),
            "self.issue.created": sum(len(it.issues) - len(it.pulls) for it in places),
            "self.pull_request.created": sum(len(it.pulls) for it in places),
            "self.comment.created": sum(len(it.comments) + len(it.discussions) for it in places),
            "self.review.created": sum(map(len, (r for it in places for r in it.reviews.values()))),
            "self.review_comment.created": sum(len(it.review_comments) for it in places),
            "self.commit.created": sum(len(it.commits) for it in places),
            "self.release.created": sum(len(it.releases) for it in places),
            "self.discussion.created": sum(len(it.discussions) for it in places),
        }
    )


async def test_a_change_is_heard_by_webhook_and_not_told_again_by_a_walk(small: Connected) -> None:
    world, place = small.github.world, small.place
    made = await world.open_issue(place, "Just now")
    await until(lambda: _is(small, "Just now", ["self.issue.created"]))
    await world.edit_issue(place, made["number"], title="Later")
    await until(lambda: _is(small, "Later", ["self.issue.updated"]))
    run, _ = await small.sync()
    assert run["published"] == 0, "the walk knows what the webhooks told"
    await world.delete_issue(place, made["number"])
    await until(lambda: _told(small, "self.issue.deleted"))


async def test_duplicated_and_reordered_deliveries_change_nothing(small: Connected) -> None:
    world, place = small.github.world, small.place
    small.github.fail(Fault("duplicated"))
    made = await world.open_issue(place, "Twice")
    small.github.fail(Fault("reordered"))
    await world.edit_issue(place, made["number"], title="Older")
    await world.edit_issue(place, made["number"], title="Newest")
    await until(lambda: _is(small, "Newest", ["self.issue.updated"]))
    assert await small.published("Twice") == ["self.issue.created"]
    assert await small.published("Older") == [], "what came late is no news"


async def test_a_missed_delivery_is_found_and_sent_again(small: Connected) -> None:
    small.github.fail(Fault("missed"))
    await small.github.world.open_issue(small.place, "Nobody heard")
    (missed,) = [it for it in small.place.deliveries if it["status"] != "OK"]
    async with small.service.hub.db.connection() as conn:
        await conn.execute("update subscription set next_check_at = now()")
    await until(lambda: small.place.deliveries[-1]["redelivery"])
    assert small.place.deliveries[-1]["guid"] == missed["guid"]
    await until(lambda: _is(small, "Nobody heard", ["self.issue.created"]))
    assert await small.count("select sum(repaired) from subscription") == 1


async def test_an_expired_token_is_rotated_once_for_all_walks(small: Connected) -> None:
    small.github.fail(Fault("expired"))
    run, _ = await small.sync("full")
    assert run["status"] == "success", run["error"]
    assert (small.github.consent.refreshes, small.github.consent.reuses) == (1, 0)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", path="/repos/mona/demo-1/issues", status=502),
        Fault("status", path="/repos/mona/demo-1/issues", status=429, headers={"retry-after": "1"}),
        Fault("truncated", path="/repos/mona/demo-1/issues"),
    ],
    ids=["502", "429", "half an answer"],
)
async def test_a_walk_gets_over_a_fault(small: Connected, fault: Fault) -> None:
    small.place.issues[1].update(title="Changed unheard", updated_at=small.github.world.stamp())
    small.github.fail(fault)
    run, _ = await small.sync(stream="issues")
    if run["status"] == "failed":
        run, _ = await small.sync(stream="issues")
    assert run["status"] == "success", run["error"]
    assert await small.published("Changed unheard") == ["self.issue.updated"]


async def test_one_percent_changed_costs_about_one_percent_of_the_calls(
    database_url: str, nats_url: str
) -> None:
    async with connected(database_url, nats_url, repositories=1, issues=1000) as it:
        full = len(it.github.calls)
        nothing, idle = await it.sync()
        assert (nothing["status"], nothing["published"]) == ("success", 0)
        place, world = it.place, it.github.world
        for rows in (place.issues, place.comments):
            for row in list(rows.values())[::100]:
                row.update(body="changed", updated_at=world.stamp())
        for number in list(place.pulls)[::100]:
            place.pulls[number].update(body="changed", updated_at=world.stamp())
        changed, cost = await it.sync()
        assert changed["published"] >= 20
        assert idle <= 9, "one question for each stream"
        assert cost - idle <= full * 0.025, f"{cost - idle} calls more, of {full} for everything"


async def test_16_a_token_that_does_not_expire_serves_until_it_is_revoked(
    database_url: str, nats_url: str
) -> None:
    async with connected(database_url, nats_url, repositories=1, issues=2, expiring=False) as it:
        adds_up(it)
        it.github.consent.tokens.clear()
        await it.service.http.post("/sync", json={"account_id": it.account}, headers=it.key)

        async def told_so() -> bool:
            where = f"/accounts/{it.account}"
            account = (await it.service.http.get(where, headers=it.key)).json()
            return account["status"] == "revoked" and "connect again" in account["error_message"]

        await until(told_so)
        assert it.github.consent.refreshes == 0, "there is nothing to refresh with"


async def test_19_a_renamed_repository_is_followed_and_known_by_its_new_name(
    small: Connected,
) -> None:
    small.github.fail(Fault("missed"))
    await small.github.moves.rename(small.place, "acme/renamed")
    small.place.issues[1].update(title="Under another name", updated_at=small.github.world.stamp())
    run, _ = await small.sync()
    assert run["status"] == "success", run["error"]
    await until(lambda: _is(small, "Under another name", ["self.issue.updated"]))
    await until(lambda: _is(small, "acme/renamed", ["self.repository.updated"]))
    assert await small.count("select count(*) from resource where name = 'acme/renamed'") == 1
    assert any(call.status == 301 for call in small.github.calls)
    assert await small.count("select count(*) from resource") == 1, "it is still the same one"


async def test_what_nobody_plays_is_loud(small: Connected) -> None:
    async with httpx.AsyncClient(base_url=small.address, trust_env=False) as client:
        token = next(iter(small.github.consent.tokens))
        told_so = await client.get("/gists", headers={"authorization": f"Bearer {token}"})
        assert (told_so.status_code, small.github.unknown) == (501, ["GET /gists"])
        small.github.unknown.clear()
        stranger = await client.get("/user", headers={"authorization": "Bearer guessed"})
        assert stranger.status_code == 401
        story = (await client.get(CONTROL)).json()["story"]
        assert list(story) == ["opened", "commented", "edited", "deleted"]
        for step in story:
            assert (await client.post(f"{CONTROL}/story/{step}")).is_success
        bad = await client.post(f"{CONTROL}/faults", json={"kind": "gremlins"})
        assert bad.status_code == 400
    await until(lambda: _told(small, "self.issue.deleted"))


async def _is(it: Connected, title: str, kinds: list[str]) -> bool:
    return await it.published(title) == kinds


async def _told(it: Connected, kind: str) -> bool:
    return any(told_of == kind for told_of, _ in await it.events())
