"""The whole way on a GitLab that is played here: consent, full walk, webhooks, limits, rotation, writes."""

import asyncio
import base64
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from msgspec import Struct, json

from services.gitlab.provider import provider
from services.gitlab.simulator import GitLab, app
from services.gitlab.simulator.world import Place, World
from shared.bus import stream
from shared.http.roleplay import consent, post
from shared.simulation import Fault
from tests.fakes.service import Running, running
from tests.fakes.simulated import listening, told, until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

SIGNING = "whsec_" + base64.b64encode(b"32 bytes that both sides sign by").decode()
PLAIN = "what both sides know"
GONE = "self.comment.deleted"


class Connected(Struct):
    """Ana's account, walked once, and the service that listens to it."""

    gitlab: GitLab
    service: Running
    key: dict[str, str]
    gitlab_url: str

    @property
    def world(self) -> World:
        return self.gitlab.world

    @property
    def place(self) -> Place:
        """The first project."""
        return next(iter(self.world.places.values()))

    async def walked(self, mode: str = "", stream: str = "") -> dict[str, Any]:
        """A run from its start to its end; without a mode, the one that is under way."""
        if mode:
            body = {"user_id": "ana", "mode": mode, "stream": stream}
            await self.service.http.post("/sync", json=body, headers=self.key)
        while True:
            reply = await self.service.http.get("/sync/runs", headers=self.key)
            runs: list[dict[str, Any]] = reply.json()["runs"]
            if runs and all(it["status"] not in ("queued", "running") for it in runs):
                return max(runs, key=lambda it: str(it["started_at"]))
            await asyncio.sleep(0.1)

    async def events(self) -> list[tuple[str, dict[str, Any]]]:
        """Every item in the stream once nothing waits: event type and decoded body."""
        await until(self._quiet)
        state = (await self.service.nc.jetstream().stream_info(stream.NAME)).state
        heard = await self.service.events(state.messages)
        items = [it for it in heard if it.subject.startswith("self.events.")]
        return [(it.headers["ce-type"], json.decode(it.data)) for it in items]

    async def about(self, what: str) -> list[str]:
        """What was told of whatever has that title or text, oldest first."""
        found = await self.events()
        return [kind for kind, it in found if what in (it.get("title"), it.get("content"))]

    async def hears(self, what: str, *kinds: str) -> None:
        """Wait until exactly that was told of it."""

        async def heard() -> bool:
            return await self.about(what) == list(kinds)

        await until(heard)

    async def _quiet(self) -> bool:
        return not await self.count(
            "select (select count(*) from outbox)"
            " + (select count(*) from webhook_inbox where state = 'due')"
        )

    async def count(self, statement: str) -> int:
        """The one figure that a statement gives."""
        async with self.service.hub.db.connection() as conn:
            row = await (await conn.execute(statement.encode())).fetchone()
        assert row
        return int(row[0])

    async def look_after(self) -> None:
        """Make every hook due for its check."""
        async with self.service.hub.db.connection() as conn:
            await conn.execute("update subscription set next_check_at = now()")


@asynccontextmanager
async def connected(*engines: str, secret: str = SIGNING) -> AsyncIterator[Connected]:
    gitlab = app(post, "", secret, projects=1, issues=10)
    async with (
        listening(gitlab) as address,
        running(provider, *engines, build=told(gitlab, address)) as service,
    ):
        key = await service.key()
        asked = await service.http.post("/oauth/authorize", json={"user_id": "ana"}, headers=key)
        await asyncio.to_thread(consent, asked.json()["authorization_url"], consent="yes")
        it = Connected(gitlab, service, key, address)
        run = await it.walked()
        assert run["status"] == "success", run
        await until(lambda: bool(it.place.hooks))
        yield it
        assert gitlab.unknown == []


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hooks are looked after at once: the pause between two looks is not what is tried here."""
    monkeypatch.setattr("shared.service.worker.SUBSCRIPTIONS", 0.1)


@pytest.fixture
async def it(database_url: str, nats_url: str, anyio_backend: str) -> AsyncIterator[Connected]:
    async with connected(database_url, nats_url) as it:
        yield it


async def test_everything_that_is_there_is_told_once(it: Connected) -> None:
    found = await it.events()
    assert Counter(kind for kind, _ in found) == {
        "self.project.created": 1,
        "self.issue.created": 10,
        "self.comment.created": 11,
        "self.pull_request.created": 1,
        "self.commit.created": 20,
        "self.pipeline.created": 1,
        "self.release.created": 1,
    }
    assert {body["id"].split(":")[0] for _, body in found} == {"gitlab.simulated.example"}
    again = await it.walked("full")
    assert (again["status"], again["published"]) == ("success", 0)
    assert len(it.place.hooks) == 1, "the hook that is there is enough"


async def test_what_happens_is_heard_and_not_told_again_by_a_walk(it: Connected) -> None:
    for step in ("opened", "commented", "pushed", "passed"):
        await it.gitlab.story[step].act()
    await it.hears("The demo has begun", "self.issue.created")
    await it.hears("And somebody answered, cc @ana.", "self.comment.created")
    await it.hears("Change number 20", "self.commit.created")
    await it.gitlab.story["closed"].act()
    await it.hears("It goes on", "self.issue.updated")
    hook = next(iter(it.place.hooks.values()))
    assert ("signing_token" in hook, "token" in hook) == (True, False)

    async def passed() -> bool:
        states = [
            body["metadata"]["status"] for kind, body in await it.events() if "pipeline" in kind
        ]
        return states == ["running", "success"]

    await until(passed)
    assert (await it.walked("incremental"))["published"] == 0, "the walk knows what was heard"


async def test_older_servers_prove_deliveries_by_the_bare_secret(
    database_url: str, nats_url: str
) -> None:
    async with connected(database_url, nats_url, secret=PLAIN) as it:
        await it.world.open_issue(it.place, "Bare")
        await it.hears("Bare", "self.issue.created")
        (hook,) = it.place.hooks.values()
        assert hook["token"] != PLAIN, "a project's own secret says nothing of ours"
        hook["token"] = PLAIN
        await it.world.open_issue(it.place, "Forged")
        assert it.place.events[-1]["status"] == "server_failure"


async def test_duplicated_and_reordered_deliveries_change_nothing(it: Connected) -> None:
    it.gitlab.fail(Fault("duplicated"))
    made = await it.world.open_issue(it.place, "Twice")
    it.gitlab.fail(Fault("reordered"))
    await it.world.edit(it.place, "issues", made["iid"], title="Older")
    await it.world.edit(it.place, "issues", made["iid"], title="Newest")
    await it.hears("Newest", "self.issue.updated")
    assert await it.about("Twice") == ["self.issue.created"]
    assert await it.about("Older") == [], "what came late is no news"


async def test_what_is_confidential_is_asked_for_not_believed(it: Connected) -> None:
    before = len(it.gitlab.calls)
    await it.world.open_issue(it.place, "Between us", confidential=True)
    await it.hears("Between us", "self.issue.created")
    asked = [call.path for call in it.gitlab.calls[before:]]
    assert f"/api/v4/projects/{it.place.row['id']}/issues" in asked


async def test_20_a_hook_that_sleeps_is_woken_and_what_it_missed_comes_again(it: Connected) -> None:
    it.gitlab.fail(Fault("missed", times=4))
    for number in range(5):
        await it.world.open_issue(it.place, f"Missed {number}")
    (hook,) = it.place.hooks.values()
    assert hook["alert_status"] == "temporarily_disabled"
    await it.look_after()
    for number in range(4):
        await it.hears(f"Missed {number}", "self.issue.created")
    assert hook["alert_status"] == "executable"
    await it.hears("Missed 4", "self.issue.created")  # nobody sent it, and a walk found it
    assert await it.count("select sum(repaired) from subscription") == 4


async def test_16_an_expired_token_is_rotated_once_for_all_walks(it: Connected) -> None:
    it.gitlab.fail(Fault("expired"))
    run = await it.walked("full")
    assert run["status"] == "success", run["error"]
    assert (it.gitlab.consent.refreshes, it.gitlab.consent.reuses) == (1, 0)


async def test_a_walk_gets_over_a_fault(it: Connected) -> None:
    path = f"/api/v4/projects/{it.place.row['id']}/issues"
    for kind in ("limited", "status", "truncated"):
        it.place.issues[1].update(title=f"Unheard: {kind}", updated_at=it.world.stamp())
        it.gitlab.fail(Fault(kind, path=path, status=502))
        run = await it.walked("incremental", "issues")
        if run["status"] == "failed":
            run = await it.walked("incremental", "issues")
        assert run["status"] == "success", run["error"]
        assert await it.about(f"Unheard: {kind}") == ["self.issue.updated"]


async def test_what_was_deleted_is_found_by_a_full_walk(it: Connected) -> None:
    del it.place.issues[3]
    del it.place.threads["issues", 2][0]
    it.place.issues[2]["user_notes_count"] = 0
    it.place.releases.clear()
    run = await it.walked("full")
    assert run["status"] == "success", run["error"]
    kinds = Counter(kind for kind, _ in await it.events() if kind.endswith(".deleted"))
    assert kinds == {"self.issue.deleted": 1, GONE: 2, "self.release.deleted": 1}


async def test_callers_read_and_write(it: Connected) -> None:
    http, key, number = it.service.http, it.key, it.place.row["id"]
    at: dict[str, Any] = {"headers": key, "params": {"user_id": "ana"}}
    listed = await http.get(
        "/api/v1/issues",
        headers=key,
        params={"user_id": "ana", "project": "acme/demo-1", "search": "Issue 7"},
    )
    assert [one["title"] for one in listed.json()] == ["Issue 7 of acme/demo-1"], listed.text
    wish = {"title": "By a caller", "description": "/close\nPlease", "labels": ["a", "b"]}
    made = (await http.post(f"/api/v1/issues/{number}", json=wish, **at)).json()
    assert (made["content"], made["metadata"]["labels"]) == ("\\/close\nPlease", "a,b")
    path = f"/api/v1/issues/{number}/{made['metadata']['iid']}"
    said = (await http.post(f"{path}/comments", json={"body": "Done?"}, **at)).json()
    assert said["parent_id"] == made["id"]
    (heard,) = (await http.get(f"{path}/comments", **at)).json()
    assert heard["id"] == said["id"]
    done = (await http.patch(path, json={"state": "closed"}, **at)).json()
    assert done["metadata"]["state"] == "closed"
    stale = f"/api/v1/merge_requests/{number}/1/merge"
    refused = await http.post(stale, json={"sha": "0" * 40}, **at)
    assert refused.status_code == 412, refused.text
    await it.hears("By a caller", "self.issue.created", "self.issue.updated")


async def test_deleting_the_connection_stops_the_hook_and_revokes(it: Connected) -> None:
    (account,) = (await it.service.http.get("/accounts", headers=it.key)).json()["accounts"]
    await it.service.http.delete(f"/accounts/{account['id']}", headers=it.key)
    await until(lambda: not it.place.hooks and not it.gitlab.consent.tokens)


async def test_what_nobody_plays_is_loud(it: Connected) -> None:
    async with httpx.AsyncClient(base_url=it.gitlab_url, trust_env=False) as client:
        token = next(iter(it.gitlab.consent.tokens))
        asked = await client.get("/api/v4/runners", headers={"authorization": f"Bearer {token}"})
        assert (asked.status_code, it.gitlab.unknown) == (501, ["GET /api/v4/runners"])
        it.gitlab.unknown.clear()
        assert (await client.get("/api/v4/user")).status_code == 401
