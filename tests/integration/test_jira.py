"""The whole way on a Jira that is played here: consent, two sites, webhooks, limits, rotation, writes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec import Struct, json

from services.jira.provider import provider
from services.jira.simulator import Jira, app
from services.jira.simulator.world import MOST, Site, World
from shared.bus import stream
from shared.http.roleplay import consent, post
from shared.simulation import Fault
from tests.fakes.service import Running, running
from tests.fakes.simulated import listening, told, until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

SECRET = "what both sides sign with"
ISSUES = 6
"""On each of two sites."""


class Place(Struct):
    """Ana's account, walked once, and the service that listens to both of its sites."""

    jira: Jira
    service: Running
    key: dict[str, str]

    @property
    def world(self) -> World:
        return self.jira.world

    @property
    def sites(self) -> list[Site]:
        return [*self.world.sites.values()]

    async def heard(self) -> list[tuple[str, dict[str, Any]]]:
        """Every item in the stream once nothing waits: what happened to it and its decoded body."""
        await until(self._quiet)
        state = (await self.service.nc.jetstream().stream_info(stream.NAME)).state
        events = await self.service.events(state.messages) if state.messages else []
        return [
            (it.headers["ce-type"].rpartition(".")[2], json.decode(it.data))
            for it in events
            if it.subject.startswith("self.events.") and it.subject.endswith(".jira.ana")
        ]

    async def about(self, ident: str) -> list[tuple[str, dict[str, Any]]]:
        """What was told of one item, oldest first."""
        return [(kind, it) for kind, it in await self.heard() if it["id"] == ident]

    async def hears(self, ident: str, kind: str, title: str | None = None) -> None:
        """Wait until that is the last that was told of an item."""

        async def heard() -> bool:
            found = await self.about(ident)
            return bool(found) and (found[-1][0], found[-1][1].get("title")) == (kind, title)

        await until(heard)

    async def walked(self, **wish: str) -> dict[str, Any]:
        """A run from its start to its end."""
        if wish:
            body = {"user_id": "ana", **wish}
            reply = await self.service.http.post("/sync", json=body, headers=self.key)
            assert reply.status_code == 202, reply.text
        while True:
            reply = await self.service.http.get("/sync/runs", headers=self.key)
            runs: list[dict[str, Any]] = reply.json()["runs"]
            if runs and all(it["status"] not in ("queued", "running") for it in runs):
                return max(runs, key=lambda it: str(it["started_at"]))
            await asyncio.sleep(0.1)

    async def _quiet(self) -> bool:
        async with self.service.hub.db.connection() as conn:
            cursor = await conn.execute(
                "select (select count(*) from outbox) + "
                "(select count(*) from webhook_inbox where state = 'due') + "
                "(select count(*) from sync_state where next_run_at <= now())"
            )
            row = await cursor.fetchone()
        return row is not None and row[0] == 0


@asynccontextmanager
async def connected(*engines: str) -> AsyncIterator[Place]:
    """A service that Ana has just connected both of her sites to, with one consent."""
    jira = app(post, "", SECRET, issues=ISSUES)
    async with (
        listening(jira) as address,
        running(provider, *engines, build=told(jira, address)) as service,
    ):
        key = await service.key()
        asked = await service.http.post("/oauth/authorize", json={"user_id": "ana"}, headers=key)
        await asyncio.to_thread(consent, asked.json()["authorization_url"], consent="yes")
        it = Place(jira, service, key)
        run = await it.walked()
        assert run["status"] == "success", run
        await until(lambda: all(site.hooks for site in it.sites))
        yield it
        assert jira.unknown == []


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Webhooks are looked after at once: the pause between two looks is not what is tried here."""
    monkeypatch.setattr("shared.service.worker.SUBSCRIPTIONS", 0.1)


@pytest.fixture
async def place(database_url: str, nats_url: str, anyio_backend: str) -> AsyncIterator[Place]:
    async with connected(database_url, nats_url) as it:
        yield it


async def test_everything_on_both_sites_is_told_once(place: Place) -> None:
    found = await place.heard()
    assert Counter(it["type"] for _, it in found) == {
        "issue": 2 * ISSUES,
        "comment": 2 * (ISSUES + MOST + 1),
        "worklog": 2 * ISSUES,
        "issue_change": 2 * ISSUES,
    }
    assert {kind for kind, _ in found} == {"created"}
    assert {it["id"].partition(":")[0] for _, it in found} == {site.id for site in place.sites}
    again = await place.walked(mode="full")
    assert (again["status"], again["published"]) == ("success", 0)
    (account,) = (await place.service.http.get("/accounts", headers=place.key)).json()["accounts"]
    assert account["name"] == "Ada Park"


async def test_what_happens_is_heard_though_the_search_does_not_know_it_yet(place: Place) -> None:
    world, (_, site) = place.world, place.sites
    world.lag = True
    place.jira.fail(Fault("missed"))  # Jira tries again
    place.jira.fail(Fault("duplicated"))
    number = await world.open_issue(site, "Heard")
    ident = f"{site.id}:issue:{number}"
    await place.hears(ident, "created", "Heard")
    said = await world.comment(site, number, "And answered")
    await place.hears(f"{site.id}:comment:{said['id']}", "created")
    place.jira.fail(Fault("reordered"))
    await world.edit(site, number, summary="Older")
    await world.edit(site, number, summary="Newest")
    await place.hears(ident, "updated", "Newest")
    world.index()
    assert (await place.walked(mode="incremental"))["published"] == 0, "the walk knows it all"
    await world.take_back(site, number, said)
    await place.hears(f"{site.id}:comment:{said['id']}", "deleted")
    other = await world.comment(site, number, "Gone with its issue")
    await place.hears(f"{site.id}:comment:{other['id']}", "created")
    await world.delete_issue(site, number)
    await place.hears(ident, "deleted")
    await place.hears(f"{site.id}:comment:{other['id']}", "deleted")


async def test_what_was_only_heard_of_is_missed_by_the_next_look(place: Place) -> None:
    world, site = place.world, place.sites[0]
    number = await world.open_issue(site, "Heard once")
    said = await world.comment(site, number, "Said once")
    await place.hears(f"{site.id}:comment:{said['id']}", "created")
    for hooks in (it.hooks for it in place.sites):
        hooks.clear()
    site.comments[number].remove(said)
    assert (await place.walked(mode="full"))["status"] == "success"
    await place.hears(f"{site.id}:comment:{said['id']}", "deleted")
    del site.issues[number]
    assert (await place.walked(mode="full"))["status"] == "success"
    await place.hears(f"{site.id}:issue:{number}", "deleted")


async def test_a_deletion_that_is_not_true_changes_nothing(place: Place) -> None:
    site, sent = place.sites[0], len(place.jira.calls)
    number = max(site.issues)
    await place.world.deliveries.issue(site, "jira:issue_deleted", site.issues[number])
    path = f"/ex/jira/{site.id}/rest/api/3/issue/{number}"
    await until(lambda: path in [it.path for it in place.jira.calls[sent:]])
    assert [kind for kind, _ in await place.about(f"{site.id}:issue:{number}")] == ["created"]


async def test_what_comes_in_the_wake_of_many_is_walked(place: Place) -> None:
    world, site = place.world, place.sites[0]
    for number in site.issues:
        await world.edit(site, number, flow="Secondary", labels=["bulk"])
    for number in site.issues:
        title = site.issues[number]["fields"]["summary"]
        await place.hears(f"{site.id}:issue:{number}", "updated", title)
    looked = [it for it in place.jira.calls if it.path.endswith(f"/issue/{max(site.issues)}")]
    assert looked == []


async def test_what_no_webhook_told_is_found_by_walks(place: Place) -> None:
    world, site = place.world, place.sites[0]
    first, second, *_ = site.issues
    for hooks in (it.hooks for it in place.sites):
        hooks.clear()
    made = world.add_issue(site, "Unheard", world.stamp())
    site.issues[first]["fields"]["summary"] = "Changed"
    world.touch(site, first, world.stamp())
    del site.issues[second]
    run = await place.walked(mode="incremental")
    assert run["status"] == "success", run
    assert [kind for kind, _ in await place.about(f"{site.id}:issue:{made}")] == ["created"]
    await place.hears(f"{site.id}:issue:{first}", "updated", "Changed")
    assert (await place.walked(mode="full"))["status"] == "success"
    await place.hears(f"{site.id}:issue:{second}", "deleted")


async def test_a_limit_an_ended_token_and_a_broken_answer_stop_nothing(place: Place) -> None:
    jira, site = place.jira, place.sites[0]
    search = f"/ex/jira/{site.id}/rest/api/3/search"
    for hooks in (it.hooks for it in place.sites):
        hooks.clear()
    for fault in (Fault("expired"), Fault("limited"), Fault("truncated", path=search)):
        jira.fail(fault)
    made = jira.world.add_issue(site, "Behind trouble", jira.world.stamp())
    run = await place.walked(mode="incremental")
    assert run["status"] == "success", run
    await place.hears(f"{site.id}:issue:{made}", "created", "Behind trouble")
    assert (jira.consent.refreshes, jira.consent.reuses) == (1, 0)


async def test_12_a_refresh_whose_answer_was_lost_is_repeated_in_its_time_of_grace(
    place: Place,
) -> None:
    jira = place.jira
    jira.fail(Fault("truncated", path="/auth/"))
    jira.fail(Fault("expired"))
    place.service.hub.tokens._pause = 0.1
    assert (await place.walked(mode="incremental"))["status"] == "success"
    asked = jira.consent
    assert (asked.refreshes, asked.repeats, asked.reuses) == (1, 1, 0)


async def test_what_is_written_here_arrives_there(place: Place) -> None:
    http, (site, other) = place.service.http, place.sites
    at: dict[str, Any] = {"params": {"user_id": "ana", "site": other.id}, "headers": place.key}
    wish = {"project": other.project, "issuetype": "Task", "summary": "From here"}
    made = await http.post("/api/v1/issues", json=wish | {"description": "a\nb"}, **at)
    assert made.status_code == 201, made.text
    path = f"/api/v1/issues/{made.json()['metadata']['key']}"
    said = await http.post(f"{path}/comments", json={"body": "Indeed"}, **at)
    assert (said.json()["parent_id"], said.json()["content"]) == (made.json()["id"], "Indeed")
    done = await http.post(f"{path}/transitions", json={"name": "done"}, **at)
    assert done.json()["metadata"]["status_category"] == "done"
    refused = await http.post("/api/v1/issues", json=wish | {"project": site.project}, **at)
    assert (refused.status_code, "project" in refused.text) == (400, True)
    at["params"] = {"user_id": "ana"}
    assert (await http.get(path, **at)).status_code == 400, "there are two sites"
    await place.hears(made.json()["id"], "updated", "From here")


async def test_disconnecting_deletes_the_webhooks_and_a_removed_app_asks_for_consent(
    place: Place,
) -> None:
    http, key = place.service.http, place.key
    place.service.hub.tokens._again = 0.1
    (account,) = (await http.get("/accounts", headers=key)).json()["accounts"]
    await http.delete(f"/accounts/{account['id']}", headers=key)
    await until(lambda: not any(site.hooks for site in place.sites))
    asked = await http.post("/oauth/authorize", json={"user_id": "ben"}, headers=key)
    await asyncio.to_thread(consent, asked.json()["authorization_url"], consent="yes")
    await place.walked()
    place.jira.consent.end()
    await http.post("/sync", json={"user_id": "ben", "mode": "incremental"}, headers=key)

    async def ended() -> bool:
        found = (await http.get("/accounts", headers=key)).json()["accounts"]
        return [it["status"] for it in found if it["user_id"] == "ben"] == ["expired"]

    await until(ended)
