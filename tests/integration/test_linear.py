"""The whole way on a Linear that is played here: consent, full walk, webhooks, limits, rotation, writes."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.linear.provider import provider
from services.linear.simulator import Linear, app
from services.linear.simulator.world import DONE, ENG, OPS
from shared.http.roleplay import post
from shared.simulation import Fault
from tests.fakes.place import Place, connected
from tests.fakes.simulated import until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

SECRET = "what both sides sign with"
ISSUES = 30
"""In each of two teams: more than a page."""


@asynccontextmanager
async def hearing(linear: Linear, *engines: str, **wish: Any) -> AsyncIterator[Place]:
    """A service that Ana has just connected her workspace to, and that the app's webhook leads to."""
    async with connected(provider, linear, *engines, **wish) as it:
        linear.world.deliveries.callback_url = f"{it.service.http.base_url}/webhook"
        yield it


@pytest.fixture
def linear() -> Linear:
    return app(post, "", SECRET, issues=ISSUES)


@pytest.fixture
async def place(
    linear: Linear, database_url: str, nats_url: str, anyio_backend: str
) -> AsyncIterator[Place]:
    async with hearing(linear, database_url, nats_url) as it:
        run = await it.walked()
        assert run["status"] == "success", run
        yield it


async def test_everything_there_is_is_told_once(place: Place, linear: Linear) -> None:
    tables = linear.world.tables
    theirs = [f"issue:{it}" for it in tables["issues"]]
    theirs += [f"comment:{it}" for it in tables["comments"]]
    theirs += [f"project:{it}" for it in tables["projects"]]
    theirs += [f"project_update:{it}" for it in tables["projectUpdates"]]
    theirs += [f"project_update:{it}" for it in tables["initiativeUpdates"]]
    theirs += [f"attachment:{it}" for it in tables["attachments"]]
    theirs += [f"document:{it}" for it in tables["documents"]]
    theirs += [
        f"reaction:{it['id']}" for row in tables["issues"].values() for it in row["reactions"]
    ]
    found = await place.heard()
    assert Counter(it["id"] for _, it in found) == Counter(theirs)
    assert {kind for kind, _ in found} == {"created"}
    again = await place.walked(mode="full")
    assert (again["status"], again["published"]) == ("success", 0)


async def test_what_happens_is_heard_and_walks_know_it(place: Place, linear: Linear) -> None:
    world = linear.world
    linear.fail(Fault("missed"))  # Linear tries again
    linear.fail(Fault("duplicated"))
    issue = await world.open_issue(ENG, title="Heard", description="cc @lee")
    said = await world.comment(issue, "And @ada answered")
    mark = await world.react(issue, "tada")
    linear.fail(Fault("reordered"))
    await world.edit("Issue", issue, title="Older")
    await world.edit("Issue", issue, title="Newest", state=DONE)
    assert (await place.about(f"issue:{issue['id']}"))[-1][1]["title"] == "Newest"
    assert (await place.walked(mode="incremental"))["published"] == 0, "the walk knows it all"
    await world.trash(issue)
    story = [(kind, it.get("title")) for kind, it in await place.about(f"issue:{issue['id']}")]
    assert story[0] == ("created", "Heard")
    assert story[-2:] == [("updated", "Newest"), ("deleted", None)]
    ((_, comment),) = await place.about(f"comment:{said['id']}")
    assert comment["parent_id"] == f"issue:{issue['id']}"
    assert [it["name"] for it in comment["mentions"]] == ["Ada Park"]
    assert [kind for kind, _ in await place.about(f"reaction:{mark['id']}")] == ["created"]


async def test_what_a_delivery_does_not_show_is_looked_up(place: Place, linear: Linear) -> None:
    world = linear.world
    (project,) = world.tables["projects"].values()
    update = await world.tell_how(project, "Late", "atRisk")
    await until(lambda: _told(place, f"project_update:{update['id']}"))
    comment = next(iter(world.tables["comments"].values()))
    mark = await world.react(comment, "eyes")
    await until(lambda: _told(place, f"reaction:{mark['id']}"))


async def test_what_no_webhook_told_is_found_by_walks(place: Place, linear: Linear) -> None:
    world = linear.world
    unheard = world.add_issue(OPS, world.stamp(), title="Unheard")
    rows = [it for it in world.tables["issues"].values() if it["team"] == OPS]
    rows[1] |= {"title": "Changed", "updatedAt": world.stamp()}
    del world.tables["issues"][rows[2]["id"]]
    assert (await place.walked(mode="incremental"))["published"] == 2
    assert await place.about(f"issue:{unheard['id']}")
    full = await place.walked(mode="full")
    assert full["status"] == "success"
    assert [kind for kind, _ in await place.about(f"issue:{rows[2]['id']}")][-1] == "deleted"


async def test_a_spent_limit_and_an_ended_token_stop_nothing(place: Place, linear: Linear) -> None:
    linear.fail(Fault("expired"))
    linear.fail(Fault("limited"))
    linear.fail(Fault("truncated", path="/graphql"))
    linear.world.add_issue(ENG, linear.world.stamp(), title="Behind trouble")
    run = await place.walked(mode="incremental")
    assert (run["status"], run["published"]) == ("success", 1)
    assert linear.consent.refreshes == 1
    assert linear.consent.reuses == 0


async def test_a_refresh_whose_answer_was_lost_is_repeated_in_its_time_of_grace(
    place: Place,
    linear: Linear,
) -> None:
    linear.fail(Fault("truncated", path="/oauth/token"))
    linear.fail(Fault("expired"))
    place.service.hub.tokens._pause = 0.1
    linear.world.add_issue(ENG, linear.world.stamp(), title="Behind a lost answer")
    run = await place.walked(mode="incremental")
    assert (run["status"], run["published"]) == ("success", 1)
    asked = linear.consent
    assert (asked.refreshes, asked.repeats, asked.reuses) == (1, 1, 0)


async def test_what_is_written_here_arrives_there(place: Place) -> None:
    http, who = place.service.http, {"user_id": "ana"}
    wish = {"team_id": ENG["id"], "title": "From here", "description": "with @lee"}
    made = await http.post("/api/v1/issues", params=who, json=wish, headers=place.key)
    assert made.status_code == 201, made.text
    key = made.json()["metadata"]["identifier"]
    assert [it["name"] for it in made.json()["mentions"]] == ["Lee Fox"]
    path = f"/api/v1/issues/{key}"
    said = await http.post(
        f"{path}/comments", params=who, json={"body": "Indeed"}, headers=place.key
    )
    assert said.json()["parent_id"] == made.json()["id"]
    found = await http.get("/api/v1/issues/search", params={**who, "q": "From"}, headers=place.key)
    assert [it["id"] for it in found.json()["messages"]] == [made.json()["id"]]
    assert (await http.delete(path, params=who, headers=place.key)).status_code == 204
    await until(lambda: _gone(place, made.json()["id"]))
    missing = await http.get("/api/v1/issues/ENG-9999", params=who, headers=place.key)
    assert missing.status_code == 404


async def test_with_admin_webhooks_are_made_and_a_private_team_is_heard(
    database_url: str, nats_url: str
) -> None:
    linear = app(post, "", SECRET, issues=1)
    scopes = ["read", "write", "admin"]
    async with hearing(linear, database_url, nats_url, scopes=scopes) as place:
        hooks = linear.world.deliveries.hooks
        await until(lambda: len(hooks) == 2)
        linear.world.deliveries.callback_url = ""  # without the app's own webhook
        assert sorted(it["allPublicTeams"] for it in hooks.values()) == [False, True]
        await place.walked()
        issue = await linear.world.open_issue(OPS, title="Among us")
        await until(lambda: _told(place, f"issue:{issue['id']}"))
        removed = await place.service.http.get("/accounts", headers=place.key)
        account = removed.json()["accounts"][0]["id"]
        await place.service.http.delete(f"/accounts/{account}", headers=place.key)
        await until(lambda: not hooks and not linear.consent.tokens)
        assert linear.consent.revoked == ["refresh_token", "access_token"]


async def test_a_revoked_app_asks_for_a_new_consent(place: Place, linear: Linear) -> None:
    linear.consent.end()
    await linear.world.deliveries.send({"type": "OAuthApp", "action": "revoked"})

    async def ended() -> bool:
        reply = await place.service.http.get("/accounts", headers=place.key)
        return bool(reply.json()["accounts"][0]["status"] in ("expired", "revoked"))

    place.service.hub.tokens._again = 0.1
    await until(ended)


async def _told(place: Place, ident: str) -> bool:
    return bool(await place.about(ident))


async def _gone(place: Place, ident: str) -> bool:
    return [kind for kind, _ in await place.about(ident)][-1:] == ["deleted"]
