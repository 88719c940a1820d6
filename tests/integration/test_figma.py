"""The whole way on a Figma that is played here: consent, following, walks, webhooks, limits, writes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec import Struct, json, structs

from services.figma.hooks import OF_FILE, OF_MANY
from services.figma.provider import provider
from services.figma.simulator import Figma, app
from services.figma.simulator.world import LEE, TEAM, World
from shared.bus import stream
from shared.http.roleplay import consent, post
from shared.simulation import Fault
from tests.fakes.service import Running, running
from tests.fakes.simulated import listening, told, until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

SECRET = "what both sides know"
UNMETERED = structs.replace(provider, quotas={})
"""The limits that are tried here are Figma's, not the ones that we keep to spare it."""
IDLE = """
select (select count(*) from outbox) + (select count(*) from webhook_inbox where state = 'due')
     + (select count(*) from sync_state where next_run_at <= now() or lease_until > now())
"""


class Place(Struct):
    """Ana's account, which follows something, and the service that listens for it."""

    figma: Figma
    service: Running
    key: dict[str, str]

    @property
    def world(self) -> World:
        return self.figma.world

    @property
    def first(self) -> str:
        """The key of the first file."""
        return next(iter(self.world.files))

    async def heard(self) -> list[tuple[str, dict[str, Any]]]:
        """Every item in the stream once nothing waits: event type and decoded body."""
        await until(self.idle)
        state = (await self.service.nc.jetstream().stream_info(stream.NAME)).state
        events = await self.service.events(state.messages) if state.messages else []
        return [
            (it.headers["ce-type"].rpartition(".")[2], json.decode(it.data))
            for it in events
            if it.subject.startswith("self.events.")
        ]

    async def about(self, ident: str) -> list[str]:
        """What happened to one item, oldest first."""
        return [kind for kind, it in await self.heard() if it["id"] == ident]

    async def follow(self, link: str, *, heard: bool = False) -> None:
        """Follow a place and wait until all of it was walked; `heard`: until its webhooks are there."""
        followed = (await self.post("/following", {"link": link}))["place"]

        async def active() -> bool:
            states = await self.rows(
                f"select status from subscription where resource = '{followed}'"
            )
            return states == [("active",)]

        await until(active if heard else self.idle)
        await until(self.idle)

    async def walked(self, **wish: str) -> dict[str, Any]:
        """A run from its start to its end."""
        body = {"user_id": "ana", **wish}
        reply = await self.service.http.post("/sync", json=body, headers=self.key)
        (run,) = reply.json()["run_ids"]
        while True:
            reply = await self.service.http.get(f"/sync/runs/{run}", headers=self.key)
            found: dict[str, Any] = reply.json()
            if found["status"] not in ("queued", "running"):
                return found
            await asyncio.sleep(0.05)

    async def idle(self) -> bool:
        ((waiting,),) = await self.rows(IDLE)
        return bool(waiting == 0)

    async def rows(self, statement: str) -> list[Any]:
        async with self.service.hub.db.connection() as conn:
            cursor = await conn.execute(statement.encode())
            return await cursor.fetchall() if cursor.description else []

    async def post(self, path: str, body: Any, status: int = 201) -> Any:
        return await self.ask("POST", path, status, json=body)

    async def ask(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        params = {"user_id": "ana", **more.pop("params", {})}
        reply = await self.service.http.request(
            method, f"/api/v1{path}", params=params, headers=self.key, **more
        )
        assert reply.status_code == status, reply.text
        return reply.json() if reply.content else None


@asynccontextmanager
async def connected(figma: Figma, *engines: str, scopes: tuple[str, ...]) -> AsyncIterator[Place]:
    """A service that Ana has just connected her account to."""
    async with (
        listening(figma) as address,
        running(UNMETERED, *engines, build=told(figma, address)) as service,
    ):
        key = await service.key()
        wish = {"user_id": "ana", "scopes": [*scopes]}
        asked = await service.http.post("/oauth/authorize", json=wish, headers=key)
        await asyncio.to_thread(consent, asked.json()["authorization_url"], consent="yes")
        yield Place(figma, service, key)
        assert figma.unknown == []


@pytest.fixture
async def place(
    database_url: str, nats_url: str, anyio_backend: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Place]:
    """Of a private app, which may look into teams; webhooks are looked after without delay."""
    monkeypatch.setattr("shared.service.worker.SUBSCRIPTIONS", 0.1)
    assert provider.oauth
    scopes = (*provider.oauth.scopes, *provider.oauth.on_request)
    async with connected(app(post, "", SECRET), database_url, nats_url, scopes=scopes) as it:
        yield it


async def test_a_followed_team_is_told_once_and_whole(place: Place) -> None:
    world = place.world
    world.most = 3
    await place.follow(f"https://www.figma.com/files/team/{TEAM}/Design", heard=True)
    found = await place.heard()
    wanted = [f"{key}:file" for key in world.files]
    for key in world.files:
        wanted += [f"{key}:comment:{it['id']}" for it in world.comments[key]]
        wanted += [f"{key}:version:{it['id']}" for it in world.versions[key] if it["label"]]
    assert Counter(it["id"] for _, it in found) == Counter(wanted)
    assert {kind for kind, _ in found} == {"created"}
    (remark,) = [it for _, it in found if it.get("content") == "A remark on 0, @Lee"]
    assert remark["mentions"] == [{"id": "811", "name": "Lee"}]
    heard = sorted(it["event_type"] for it in world.hooks.values())
    assert heard == sorted(OF_MANY), "its files have none of their own"
    again = await place.walked(mode="full")
    assert (again["status"], again["published"]) == ("success", 0)


async def test_6_what_happens_is_heard_and_later_walks_tell_nothing_more(place: Place) -> None:
    world, key = place.world, place.first
    await place.follow(f"file:{key}", heard=True)
    assert sorted(it["event_type"] for it in world.hooks.values()) == sorted(OF_FILE)
    await place.follow(f"team:{TEAM}", heard=True)
    place.figma.fail(Fault("duplicated"))
    row = await world.comment(key, "Well done")
    assert await place.about(f"{key}:comment:{row['id']}") == ["created"]
    named = await world.name(key, "Handover")
    assert await place.about(f"{key}:version:{named['id']}") == ["created"]
    world.touch(key, "Another name")
    await world.tell("FILE_UPDATE", key)
    assert await place.about(f"{key}:file") == ["created", "updated"]
    styles = [{"key": "k", "name": "n"}]
    await world.tell("LIBRARY_PUBLISH", key, created_styles=styles, triggered_by=LEE)
    status: dict[str, Any] = {"node_id": "1:2", "status": "COMPLETED", "related_links": []}
    await world.tell("DEV_MODE_STATUS_UPDATE", key, triggered_by=LEE, **status)
    kinds = Counter(it["type"] for _, it in await place.heard())
    assert (kinds["dev_status"], kinds["library_publish"]) == (1, 1)
    run = await place.walked(mode="incremental")
    assert (run["status"], run["published"]) == ("success", 0), run
    assert SECRET not in str(await place.heard())


async def test_20_what_no_event_tells_is_found_by_walks(place: Place) -> None:
    world, key = place.world, place.first
    await place.follow(f"file:{key}")
    first, answer = world.comments[key]
    first["resolved_at"] = world.stamp()
    world.comments[key].remove(answer)
    run = await place.walked(mode="incremental", stream="comments")
    assert run["status"] == "success", run
    assert await place.about(f"{key}:comment:{first['id']}") == ["created", "updated"]
    assert await place.about(f"{key}:comment:{answer['id']}") == ["created", "deleted"]


async def test_21_a_file_that_gives_no_events_is_told_all_the_same(place: Place) -> None:
    await place.follow(f"team:{TEAM}")
    world, fresh = place.world, place.world.file("Of invited people")
    row = world.say(fresh, "Only here")
    world.say(place.first, "Missed")
    for _ in range(2):  # what the first one discovers, the second one walks at the latest
        run = await place.walked(mode="incremental")
        assert run["status"] == "success", run
    assert await place.about(f"{fresh}:file") == ["created"]
    assert await place.about(f"{fresh}:comment:{row['id']}") == ["created"]
    assert "Missed" in [it.get("content") for _, it in await place.heard()]


async def test_a_deleted_file_goes_with_all_that_was_on_it(place: Place) -> None:
    world, (heard, unheard, left) = place.world, [*place.world.files]
    await place.follow(f"team:{TEAM}", heard=True)
    there = {it["id"] for _, it in await place.heard()}
    await world.delete(heard)
    assert await place.about(f"{heard}:file") == ["created", "deleted"]
    remark = world.comments[heard][0]["id"]
    assert await place.about(f"{heard}:comment:{remark}") == ["created", "deleted"]
    del world.files[unheard]
    for _ in range(3):
        await place.walked(mode="incremental", stream="files")
        await until(place.idle)
    gone = {it["id"] for kind, it in await place.heard() if kind == "deleted"}
    assert gone == {it for it in there if not it.startswith(left)}
    parts = await place.rows("select id from resource where id like 'file:%'")
    assert parts == [(f"file:{left}",)], "the others are forgotten"


async def test_what_is_followed_no_more_is_walked_no_more(place: Place) -> None:
    await place.follow(f"team:{TEAM}")
    listed = (await place.ask("GET", "/following"))["items"]
    assert listed == [{"place": f"team:{TEAM}", "name": "Design"}]
    await place.ask("DELETE", f"/following/team:{TEAM}", 204)
    for _ in range(3):
        await until(place.idle)
        await place.walked(mode="incremental", stream="files")
    assert (await place.ask("GET", "/following"))["items"] == []
    parts = await place.rows("select id from resource where id <> ''")
    assert parts == []
    assert not [it for it in await place.heard() if it[0] == "deleted"], "it is there still"


async def test_14_15_a_dead_token_is_renewed_again_and_again_by_the_same_grant(
    place: Place,
) -> None:
    await place.follow(f"file:{place.first}")
    for count in (1, 2):
        place.figma.fail(Fault("expired"))
        run = await place.walked(mode="full")
        assert run["status"] == "success", run
        assert place.figma.consent.refreshes == count
    asked = [it.path for it in place.figma.calls if it.path.startswith("/v1/oauth")]
    assert asked == ["/v1/oauth/token", "/v1/oauth/refresh", "/v1/oauth/refresh"]


async def test_a_limit_of_days_parks_what_it_is_about_and_nothing_else(place: Place) -> None:
    await place.follow(f"file:{place.first}")
    place.figma.fail(Fault("spent"))
    await place.post("/sync/files", {"mode": "incremental"}, 202)
    await until(place.idle)
    statement = "select count(*) from sync_state where next_run_at > now() + interval '2 days'"
    ((parked,),) = await place.rows(statement)
    assert parked
    ((status,),) = await place.rows("select status from connected_account")
    assert status == "active"


async def test_a_caller_reads_and_writes(place: Place) -> None:
    key = place.first
    await place.follow(f"file:{key}")
    made = await place.post(f"/files/{key}/comments", {"message": "Mine", "pin": {"x": 1, "y": 2}})
    await place.walked(mode="incremental", stream="comments")
    (told,) = [it for _, it in await place.heard() if it["id"] == made["id"]]
    assert told == made, "as it is published"
    ident = made["id"].rpartition(":")[2]
    answer = await place.post(f"/files/{key}/comments", {"message": "Yes", "reply_to": ident})
    assert answer["thread_id"] == made["id"]
    found = await place.ask("GET", f"/files/{key}/comments", params={"q": "mine"})
    assert [it["id"] for it in found["messages"]] == [made["id"]]
    assert await place.ask("GET", f"/files/{key}/comments/{ident}") == made
    await place.post(f"/files/{key}/comments/{ident}/reactions", {"emoji": ":eyes:"}, 204)
    again = await place.ask("GET", f"/files/{key}/comments/{ident}")
    assert again["metadata"]["reactions"] == ":eyes: 1"
    await place.ask("DELETE", f"/files/{key}/comments/{ident}", 204)
    await place.ask("GET", f"/files/{key}/comments/{ident}", 404)
    assert (await place.ask("GET", f"/files/{key}"))["title"] == "File 0"
    page = await place.ask("GET", f"/files/{key}/versions", params={"limit": 2})
    assert [it["title"] for it in page["messages"]] == ["Second of 0"]
    more = {"cursor": page["next"], "limit": 50, "saved": "true"}
    rest = await place.ask("GET", f"/files/{key}/versions", params=more)
    assert (len(rest["messages"]), rest["next"]) == (3, "")
    drawn = await place.ask("GET", f"/files/{key}/images", params={"ids": "1:2,3:4"})
    assert {*drawn["images"]} == {"1:2", "3:4"}
    wish = {"name": "Its code", "url": "https://code.example.com/1", "node_id": "1:2"}
    link = await place.post(f"/files/{key}/dev-resources", wish)
    again = await place.post(f"/files/{key}/dev-resources", wish, 502)
    assert "already" in again["title"]
    listed = await place.ask("GET", f"/files/{key}/dev-resources", params={"ids": "1:2"})
    assert listed == [link]
    await place.ask("DELETE", f"/files/{key}/dev-resources/{link['id']}", 204)
    assert await place.ask("GET", f"/files/{key}/dev-resources") == []
    for kind in ("components", "styles"):
        (asset,) = await place.ask("GET", f"/files/{key}/{kind}")
        assert asset["name"] == f"One of {kind}"
    folders = await place.ask("GET", f"/teams/{TEAM}/folders")
    assert folders["items"] == [{"place": "folder:41", "name": "Shop"}]
    files = await place.ask("GET", "/folders/42/files")
    assert [it["name"] for it in files["items"]] == ["File 2"]


async def test_7_what_cannot_be_done_is_refused_with_a_sentence(place: Place) -> None:
    key = place.first
    wish = {"message": "And again", "reply_to": place.world.comments[key][1]["id"]}
    refused = await place.post(f"/files/{key}/comments", wish, 400)
    assert "first comment of a thread" in refused["title"]
    refused = await place.post("/following", {"link": "https://example.com/design/AbC123"}, 400)
    assert "Figma" in refused["title"]
    await place.post("/following", {"link": "file:Nobodys1"}, 404)
    assert (await place.ask("GET", "/following"))["items"] == []


async def test_23_a_dead_letter_does_not_hold_the_passcode(place: Place) -> None:
    letter = {"event_type": "FILE_DREAMT_OF", "passcode": SECRET, "note": "kept"}
    reply = await place.service.http.post("/webhook", content=json.encode(letter))
    assert reply.status_code == 200, reply.text
    await until(place.idle)
    (body,) = [bytes(it) for (it,) in await place.rows("select body from dead_letter")]
    assert b"kept" in body
    assert SECRET.encode() not in body


async def test_the_webhooks_of_a_connection_end_with_it(place: Place) -> None:
    await place.follow(f"file:{place.first}", heard=True)
    assert place.world.hooks
    reply = await place.service.http.get("/accounts", headers=place.key)
    (account,) = reply.json()["accounts"]
    await place.service.http.delete(f"/accounts/{account['id']}", headers=place.key)
    await until(lambda: not place.world.hooks)
