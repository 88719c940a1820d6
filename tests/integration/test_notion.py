"""The whole way on a Notion that is played here: consent, handshake, full walk, events, limits, writes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec import Struct, json, structs

from services.notion.provider import provider
from services.notion.simulator import Notion, app
from services.notion.simulator.rows import BOT
from services.notion.simulator.world import World
from shared.bus import stream
from shared.http.roleplay import consent, post
from shared.simulation import Fault
from tests.fakes.service import Running, running
from tests.fakes.simulated import listening, told, until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

TOKEN = "secret_that_notion_made_and_said_once"
PAGES = 4
UNMETERED = structs.replace(provider, quotas={})
"""The limits that are tried here are Notion's, not the ones that we keep to spare it."""
IDLE = """
select (select count(*) from outbox) + (select count(*) from webhook_inbox where state = 'due')
     + (select count(*) from sync_state where next_run_at <= now() or lease_until > now())
"""


class Place(Struct):
    """Ana's workspace, walked once, and the service that listens to it."""

    notion: Notion
    service: Running
    key: dict[str, str]

    @property
    def world(self) -> World:
        return self.notion.world

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

    async def about(self, ident: str) -> list[tuple[str, str]]:
        """What was told of one item, oldest first: event type and content."""
        found = await self.heard()
        return [(kind, it.get("content", "")) for kind, it in found if it["id"] == ident]

    async def walked(self, **wish: str) -> dict[str, Any]:
        """A run from its start to its end."""
        if wish:
            body = {"user_id": "ana", **wish}
            await self.service.http.post("/sync", json=body, headers=self.key)
        while True:
            reply = await self.service.http.get("/sync/runs", headers=self.key)
            runs: list[dict[str, Any]] = reply.json()["runs"]
            if runs and all(it["status"] not in ("queued", "running") for it in runs):
                return max(runs, key=lambda it: str(it["started_at"]))
            await asyncio.sleep(0.05)

    async def idle(self) -> bool:
        ((waiting,),) = await self.rows(IDLE)
        return bool(waiting == 0)

    async def rows(self, statement: str) -> list[Any]:
        async with self.service.hub.db.connection() as conn:
            cursor = await conn.execute(statement)
            return await cursor.fetchall() if cursor.description else []

    async def post(self, path: str, body: Any, status: int = 201) -> dict[str, Any]:
        params = {"user_id": "ana"}
        reply = await self.service.http.post(
            f"/api/v1{path}", json=body, params=params, headers=self.key
        )
        assert reply.status_code == status, reply.text
        answer: dict[str, Any] = reply.json()
        return answer


@asynccontextmanager
async def connected(notion: Notion, *engines: str) -> AsyncIterator[Place]:
    """A service that Ana has just connected her workspace to; the subscription is made meanwhile."""
    async with (
        listening(notion) as address,
        running(UNMETERED, *engines, build=told(notion, address)) as service,
    ):
        notion.world.callback_url = f"{service.http.base_url}/webhook"
        assert await notion.world.hand_over(TOKEN) == 200
        key = await service.key()
        asked = await service.http.post("/oauth/authorize", json={"user_id": "ana"}, headers=key)
        await asyncio.to_thread(consent, asked.json()["authorization_url"], consent="yes")
        yield Place(notion, service, key)
        assert notion.unknown == []


@pytest.fixture
async def place(database_url: str, nats_url: str, anyio_backend: str) -> AsyncIterator[Place]:
    notion = app(post, pages=PAGES)
    notion.mood.most = 3
    async with connected(notion, database_url, nats_url) as it:
        run = await it.walked()
        assert run["status"] == "success", run
        yield it


async def test_everything_is_told_once_whole_and_by_name(place: Place) -> None:
    world, found = place.world, await place.heard()
    remarks = [row for rows in world.comments.values() for row in rows]
    wanted = {*world.pages, *world.sources, *(it["id"] for it in remarks)}
    assert Counter(it["id"] for _, it in found) == Counter(wanted)
    assert {kind for kind, _ in found} == {"created"}
    (page,) = [it for _, it in found if it.get("title") == "Page 0"]
    assert page["content"] == "The first line of page 0\n\nLine two of 0\n\n  Nested in 0"
    assert page["author"]["name"] == "Ana A"
    assert {it["author"]["name"] for _, it in found if it["type"] == "comment"} == {"Bo B"}
    again = await place.walked(mode="full")
    assert (again["status"], again["published"]) == ("success", 0)


async def test_what_is_written_edited_and_trashed_is_heard(place: Place) -> None:
    notion, world = place.notion, place.world
    page = world.page("New", {"type": "workspace", "workspace": True}, "Begun")
    ident = page["id"]
    notion.fail(Fault("missed"))
    notion.fail(Fault("duplicated"))
    await world.tell("page.created", ident)
    assert await place.about(ident) == [("created", "Begun")], "before any search finds it"
    world.blocks[ident].append(world.block("Twice in a minute"))
    await world.tell("page.content_updated", ident)
    assert (await place.about(ident))[1:] == [("updated", "Begun\n\nTwice in a minute")]
    row = world.say(ident, "A remark")
    about = {"id": ident, "type": "page"}
    await world.tell("comment.created", row["id"], page_id=ident, parent=about)
    assert await place.about(row["id"]) == [("created", "A remark")]
    world.comments[ident].clear()
    await world.tell("comment.updated", row["id"], page_id=ident, parent=about)
    assert (await place.about(row["id"]))[1:] == [("deleted", "")], "it was resolved"
    page["in_trash"] = True
    await world.tell("page.deleted", ident)
    assert (await place.about(ident))[2:] == [("deleted", "")]
    page["in_trash"] = False
    await world.tell("page.deleted", ident)
    await world.tell("page.undeleted", ident)
    assert [it[0] for it in (await place.about(ident))[3:]] == ["updated"], "whatever came last"


async def test_20_a_comment_at_a_block_is_found_by_its_event(place: Place) -> None:
    world = place.world
    page = max(world.pages)
    block = world.blocks[page][0]["id"]
    row = world.say(block, "At a block", page=page)
    await world.tell(
        "comment.created", row["id"], page_id=page, parent={"id": block, "type": "block"}
    )
    (told,) = [it for _, it in await place.heard() if it["id"] == row["id"]]
    assert told["parent_id"] == page
    world.comments[block].clear()
    run = await place.walked(mode="full")
    assert run["status"] == "success", run
    assert [kind for kind, _ in await place.about(row["id"])] == ["created", "deleted"]


async def test_what_no_event_told_is_found_by_walks(place: Place) -> None:
    world = place.world
    edited = next(it for it in world.pages.values() if "data_source_id" in it["parent"])
    world.blocks[edited["id"]].append(world.block("unheard"))
    world.edited(edited)
    (source,) = world.sources
    fresh = world.row(source, "A row unheard")
    run = await place.walked(mode="incremental", stream="search")
    assert run["status"] == "success", run
    assert [it[0] for it in await place.about(edited["id"])] == ["created", "updated"]
    assert [it[0] for it in await place.about(fresh["id"])] == ["created"]
    asked = len(place.notion.calls)
    await place.walked(mode="incremental", stream="search")
    await until(place.idle)
    paths = [it.path for it in place.notion.calls[asked:]]
    assert set(paths) == {"/v1/search"}, "what was not edited is not read again"


async def test_9_what_is_not_shared_any_more_is_told_when_it_is_certain(place: Place) -> None:
    world = place.world
    ident = max(world.pages)
    world.hidden.add(ident)
    await world.tell("page.content_updated", ident)
    assert [it[0] for it in await place.about(ident)] == ["created"]
    aged = "update sync_state set next_run_at = now(), cursor = convert_to(jsonb_set(convert_from(cursor, 'utf8')::jsonb, '{missing}', '1')::text, 'utf8')"
    await place.rows(f"{aged} where resource = '{ident}'")
    place.service.hub.wake()
    assert [it[0] for it in await place.about(ident)] == ["created", "deleted"]
    world.hidden.clear()
    await world.tell("page.content_updated", ident)
    assert [it[0] for it in await place.about(ident)][2:] == ["updated"], "it came back"


async def test_7_a_dead_token_is_renewed_once_for_all_walks(place: Place) -> None:
    place.notion.fail(Fault("expired"))
    run = await place.walked(mode="full")
    assert run["status"] == "success", run
    consented = place.notion.consent
    assert (consented.refreshes, consented.reuses) == (1, 0)


async def test_a_limit_and_a_conflict_are_got_over(place: Place) -> None:
    for fault in ("limited", "conflict"):
        place.notion.fail(Fault(fault))
    run = await place.walked(mode="full")
    assert (run["status"], run["published"]) == ("success", 0), run


async def test_2_the_token_is_taken_once_and_a_strangers_never(place: Place) -> None:
    world = place.world
    stranger = json.encode({"verification_token": "secret_of_somebody_else"})
    reply = await place.service.http.post("/webhook", content=stranger)
    assert reply.status_code == 401
    world.secret = "secret_of_somebody_else"
    assert await world.tell("page.content_updated", max(world.pages)) == 401
    world.secret = TOKEN
    assert await world.tell("page.content_updated", max(world.pages)) == 200


async def test_3_one_event_acts_once_however_often_it_comes(place: Place) -> None:
    page = max(place.world.pages)
    body = {"id": "e1", "workspace_id": "w", "type": "page.moved", "entity": {"id": page}}
    for attempt in (1, 3):
        raw = json.encode({**body, "attempt_number": attempt})
        reply = await place.service.http.post(
            "/webhook", content=raw, headers=place.world.signed(raw)
        )
        assert reply.status_code == 200
    seen = await place.rows("select count(*) from webhook_inbox")
    assert seen == [(1,)], "of a workspace that nobody connected it waits, once"


async def test_a_caller_writes_and_what_came_of_it_is_told(place: Place) -> None:
    home = min(place.world.pages)
    made = await place.post("/pages", {"title": "Made", "page_id": home, "text": "One\n\nTwo"})
    assert await place.about(made["id"]) == [("created", "One\n\nTwo")]
    await place.post(f"/pages/{made['id']}/text", {"text": "Three"})
    assert (await place.about(made["id"]))[1:] == [("updated", "One\n\nTwo\n\nThree")]
    said = await place.post("/comments", {"page_id": made["id"], "text": "Good"})
    assert said["author"]["id"] == BOT
    assert await place.about(said["id"]) == [("created", "Good")]
    place.notion.fail(Fault("kept"))
    kept = await place.post("/pages", {"title": "Kept", "page_id": home}, 502)
    assert kept["outcome"] == "unknown"
    assert max(place.world.pages) in kept["title"]
    path = f"/api/v1/pages/{made['id']}?user_id=ana"
    removed = await place.service.http.delete(path, headers=place.key)
    assert removed.status_code == 204
    assert (await place.about(made["id"]))[2:] == [("deleted", "")]
    gone = await place.service.http.get(path, headers=place.key)
    assert gone.status_code == 404


async def test_deleting_the_connection_ends_the_token(place: Place) -> None:
    reply = await place.service.http.get("/accounts", headers=place.key)
    (account,) = reply.json()["accounts"]
    await place.service.http.delete(f"/accounts/{account['id']}", headers=place.key)
    await until(lambda: not place.notion.consent.tokens)
