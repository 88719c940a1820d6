"""The whole way on a Jira that is played here: consent, two sites, webhooks, limits, rotation, writes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.jira.provider import provider
from services.jira.simulator import Jira, app
from services.jira.simulator.world import MOST, Site
from shared.http.roleplay import consent, post
from shared.simulation import Fault
from tests.fakes.place import Place, connected
from tests.fakes.simulated import until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

SECRET = "what both sides sign with"
ISSUES = 6
"""On each of two sites."""


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Webhooks are looked after at once: the pause between two looks is not what is tried here."""
    monkeypatch.setattr("shared.service.worker.SUBSCRIPTIONS", 0.1)


@pytest.fixture
def jira() -> Jira:
    return app(post, "", SECRET, issues=ISSUES)


@pytest.fixture
async def place(
    jira: Jira, database_url: str, nats_url: str, anyio_backend: str
) -> AsyncIterator[Place]:
    """Ana's account, connected to both of her sites with one consent, and walked once."""
    async with connected(provider, jira, database_url, nats_url) as it:
        run = await it.walked()
        assert run["status"] == "success", run
        await until(lambda: all(site.hooks for site in sites(jira)))
        yield it


def sites(jira: Jira) -> list[Site]:
    return [*jira.world.sites.values()]


async def hears(place: Place, ident: str, kind: str, title: str | None = None) -> None:
    """Wait until that is the last that was told of an item."""

    async def heard() -> bool:
        found = await place.about(ident)
        return bool(found) and (found[-1][0], found[-1][1].get("title")) == (kind, title)

    await until(heard)


async def test_everything_on_both_sites_is_told_once(place: Place, jira: Jira) -> None:
    found = await place.heard()
    assert Counter(it["type"] for _, it in found) == {
        "issue": 2 * ISSUES,
        "comment": 2 * (ISSUES + MOST + 1),
        "worklog": 2 * ISSUES,
        "issue_change": 2 * ISSUES,
    }
    assert {kind for kind, _ in found} == {"created"}
    assert {it["id"].partition(":")[0] for _, it in found} == {site.id for site in sites(jira)}
    again = await place.walked(mode="full")
    assert (again["status"], again["published"]) == ("success", 0)
    (account,) = (await place.service.http.get("/accounts", headers=place.key)).json()["accounts"]
    assert account["name"] == "Ada Park"


async def test_what_happens_is_heard_though_the_search_does_not_know_it_yet(
    place: Place, jira: Jira
) -> None:
    world, site = jira.world, sites(jira)[1]
    world.lag = True
    jira.fail(Fault("missed"))  # Jira tries again
    jira.fail(Fault("duplicated"))
    number = await world.open_issue(site, "Heard")
    ident = f"{site.id}:issue:{number}"
    await hears(place, ident, "created", "Heard")
    said = await world.comment(site, number, "And answered")
    await hears(place, f"{site.id}:comment:{said['id']}", "created")
    jira.fail(Fault("reordered"))
    await world.edit(site, number, summary="Older")
    await world.edit(site, number, summary="Newest")
    await hears(place, ident, "updated", "Newest")
    world.index()
    assert (await place.walked(mode="incremental"))["published"] == 0, "the walk knows it all"
    await world.take_back(site, number, said)
    await hears(place, f"{site.id}:comment:{said['id']}", "deleted")
    other = await world.comment(site, number, "Gone with its issue")
    await hears(place, f"{site.id}:comment:{other['id']}", "created")
    await world.delete_issue(site, number)
    await hears(place, ident, "deleted")
    await hears(place, f"{site.id}:comment:{other['id']}", "deleted")


async def test_what_was_only_heard_of_is_missed_by_the_next_look(place: Place, jira: Jira) -> None:
    world, site = jira.world, sites(jira)[0]
    number = await world.open_issue(site, "Heard once")
    said = await world.comment(site, number, "Said once")
    await hears(place, f"{site.id}:comment:{said['id']}", "created")
    for hooks in (it.hooks for it in sites(jira)):
        hooks.clear()
    site.comments[number].remove(said)
    assert (await place.walked(mode="full"))["status"] == "success"
    await hears(place, f"{site.id}:comment:{said['id']}", "deleted")
    del site.issues[number]
    assert (await place.walked(mode="full"))["status"] == "success"
    await hears(place, f"{site.id}:issue:{number}", "deleted")


async def test_a_deletion_that_is_not_true_changes_nothing(place: Place, jira: Jira) -> None:
    site, sent = sites(jira)[0], len(jira.calls)
    number = max(site.issues)
    await jira.world.deliveries.issue(site, "jira:issue_deleted", site.issues[number])
    path = f"/ex/jira/{site.id}/rest/api/3/issue/{number}"
    await until(lambda: path in [it.path for it in jira.calls[sent:]])
    assert [kind for kind, _ in await place.about(f"{site.id}:issue:{number}")] == ["created"]


async def test_what_comes_in_the_wake_of_many_is_walked(place: Place, jira: Jira) -> None:
    world, site = jira.world, sites(jira)[0]
    for number in site.issues:
        await world.edit(site, number, flow="Secondary", labels=["bulk"])
    for number in site.issues:
        title = site.issues[number]["fields"]["summary"]
        await hears(place, f"{site.id}:issue:{number}", "updated", title)
    looked = [it for it in jira.calls if it.path.endswith(f"/issue/{max(site.issues)}")]
    assert looked == []


async def test_what_no_webhook_told_is_found_by_walks(place: Place, jira: Jira) -> None:
    world, site = jira.world, sites(jira)[0]
    first, second, *_ = site.issues
    for hooks in (it.hooks for it in sites(jira)):
        hooks.clear()
    made = world.add_issue(site, "Unheard", world.stamp())
    site.issues[first]["fields"]["summary"] = "Changed"
    world.touch(site, first, world.stamp())
    del site.issues[second]
    run = await place.walked(mode="incremental")
    assert run["status"] == "success", run
    assert [kind for kind, _ in await place.about(f"{site.id}:issue:{made}")] == ["created"]
    await hears(place, f"{site.id}:issue:{first}", "updated", "Changed")
    assert (await place.walked(mode="full"))["status"] == "success"
    await hears(place, f"{site.id}:issue:{second}", "deleted")


async def test_a_limit_an_ended_token_and_a_broken_answer_stop_nothing(
    place: Place, jira: Jira
) -> None:
    site = sites(jira)[0]
    search = f"/ex/jira/{site.id}/rest/api/3/search"
    for hooks in (it.hooks for it in sites(jira)):
        hooks.clear()
    for fault in (Fault("expired"), Fault("limited"), Fault("truncated", path=search)):
        jira.fail(fault)
    made = jira.world.add_issue(site, "Behind trouble", jira.world.stamp())
    run = await place.walked(mode="incremental")
    assert run["status"] == "success", run
    await hears(place, f"{site.id}:issue:{made}", "created", "Behind trouble")
    assert (jira.consent.refreshes, jira.consent.reuses) == (1, 0)


async def test_12_a_refresh_whose_answer_was_lost_is_repeated_in_its_time_of_grace(
    place: Place, jira: Jira
) -> None:
    jira.fail(Fault("truncated", path="/auth/"))
    jira.fail(Fault("expired"))
    place.service.hub.tokens._pause = 0.1
    assert (await place.walked(mode="incremental"))["status"] == "success"
    asked = jira.consent
    assert (asked.refreshes, asked.repeats, asked.reuses) == (1, 1, 0)


async def test_what_is_written_here_arrives_there(place: Place, jira: Jira) -> None:
    http, (site, other) = place.service.http, sites(jira)
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
    await hears(place, made.json()["id"], "updated", "From here")


async def test_disconnecting_deletes_the_webhooks_and_a_removed_app_asks_for_consent(
    place: Place, jira: Jira
) -> None:
    http, key = place.service.http, place.key
    place.service.hub.tokens._again = 0.1
    (account,) = (await http.get("/accounts", headers=key)).json()["accounts"]
    await http.delete(f"/accounts/{account['id']}", headers=key)
    await until(lambda: not any(site.hooks for site in sites(jira)))
    asked = await http.post("/oauth/authorize", json={"user_id": "ben"}, headers=key)
    await asyncio.to_thread(consent, asked.json()["authorization_url"], consent="yes")
    await place.walked()
    jira.consent.end()
    await http.post("/sync", json={"user_id": "ben", "mode": "incremental"}, headers=key)

    async def ended() -> bool:
        found = (await http.get("/accounts", headers=key)).json()["accounts"]
        return [it["status"] for it in found if it["user_id"] == "ben"] == ["expired"]

    await until(ended)
