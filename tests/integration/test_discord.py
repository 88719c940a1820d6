"""The whole way on a Discord that is played here: consent, full walk, what is told and what is found."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec import Struct, json, structs

from services.discord.provider import provider
from services.discord.simulator import GENERAL, Discord, app
from services.discord.simulator.rows import ANA, BO, BOT, HISTORY, user
from services.discord.simulator.world import World
from shared.bus import stream
from shared.http.roleplay import consent, post
from shared.simulation import Fault
from tests.fakes.service import Running, running
from tests.fakes.simulated import listening, told, until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

MESSAGES = 205
UNMETERED = structs.replace(provider, quotas={})
"""The limits that are tried here are Discord's, not the ones that we keep to spare it."""
IDLE = """
select (select count(*) from outbox) + (select count(*) from webhook_inbox where state = 'due')
     + (select count(*) from sync_state where next_run_at <= now() or lease_until > now())
"""


class Place(Struct):
    """Ana's server, walked once, and the service that reads it."""

    discord: Discord
    service: Running
    key: dict[str, str]

    @property
    def world(self) -> World:
        return self.discord.world

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
        """What was told of one message, oldest first: event type and content."""
        return [
            (kind, it.get("content", "")) for kind, it in await self.heard() if it["id"] == ident
        ]

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

    async def status(self) -> str:
        """How the connection stands."""
        ((found,),) = await self.rows("select status from connected_account")
        return str(found)

    async def ask(self, method: str, path: str, body: Any = None, **params: str) -> Any:
        return await self.service.http.request(
            method,
            f"/api/v1{path}",
            json=body,
            params={"user_id": "ana", **params},
            headers=self.key,
        )


@asynccontextmanager
async def connected(discord: Discord, *engines: str) -> AsyncIterator[Place]:
    """A service that Ana has just connected her server to."""
    async with (
        listening(discord) as address,
        running(UNMETERED, *engines, build=told(discord, address)) as service,
    ):
        discord.world.callback_url = f"{service.http.base_url}/webhook"
        key = await service.key()
        asked = await service.http.post("/oauth/authorize", json={"user_id": "ana"}, headers=key)
        await asyncio.to_thread(consent, asked.json()["authorization_url"], consent="yes")
        yield Place(discord, service, key)
        assert discord.unknown == []


@pytest.fixture
async def place(database_url: str, nats_url: str, anyio_backend: str) -> AsyncIterator[Place]:
    async with connected(app(post, messages=MESSAGES), database_url, nats_url) as it:
        run = await it.walked()
        assert run["status"] == "success", run
        yield it


async def test_everything_that_may_be_read_is_told_once(place: Place) -> None:
    world, found = place.world, await place.heard()
    closed = {"1400000000000000004", "1400000000000000005"}
    wanted = [it for room, rows in world.messages.items() if room not in closed for it in rows]
    assert len(wanted) > MESSAGES
    assert Counter(it["id"] for _, it in found) == Counter(wanted)
    assert {kind for kind, _ in found} == {"created"}
    by_text = {it["content"]: it for _, it in found}
    assert "Version #general" in by_text, "channels are called by their names"
    inside = by_text["In the thread"]
    assert inside["thread_id"] == by_text["Version #general"]["id"]
    assert "In what is put away" in by_text
    again = await place.walked(mode="full")
    assert (again["status"], again["published"]) == ("success", 0)


async def test_what_is_said_edited_and_deleted_is_found(place: Place) -> None:
    world = place.world
    fresh, old = world.say(GENERAL, "News"), world.say(GENERAL, "Old")
    await place.walked(mode="incremental")
    assert await place.about(fresh["id"]) == [("created", "News")]
    world.edit(fresh, "News, corrected")
    old["reactions"] = [{"emoji": {"id": None, "name": "👍"}, "count": 1}]
    gone = min(world.messages[GENERAL], key=int)
    del world.messages[GENERAL][gone]
    run = await place.walked(mode="full")
    assert run["status"] == "success", run
    assert (await place.about(fresh["id"]))[1:] == [("updated", "News, corrected")]
    assert [it[0] for it in await place.about(old["id"])] == ["created", "updated"]
    assert [it[0] for it in await place.about(gone)] == ["created", "deleted"]


async def test_a_new_message_makes_its_channel_due_and_no_other(place: Place) -> None:
    world, asked = place.world, len(place.discord.calls)
    fresh = world.say(GENERAL, "Found within a minute")
    await place.rows("update sync_state set next_run_at = now() where stream = 'channels'")
    place.service.hub.wake()
    await until(place.idle)
    assert await place.about(fresh["id"]) == [("created", "Found within a minute")]
    rooms = [it.path for it in place.discord.calls[asked:] if it.path.endswith("/messages")]
    assert set(rooms) == {f"/api/v10/channels/{GENERAL}/messages"}


async def test_3_what_is_handed_over_is_told_once_however_often_it_comes(place: Place) -> None:
    place.discord.fail(Fault("duplicated"))
    row = place.world.say(GENERAL, "Keep this", BO)
    assert await place.world.hand_over(row) == 200
    assert await place.about(row["id"]) == [("created", "Keep this")]
    await place.walked(mode="incremental")
    assert await place.about(row["id"]) == [("created", "Keep this")], "the list says the same"
    event = {"integration_type": 0, "user": user(ANA), "guild": place.world.guild()}
    place.discord.fail(Fault("duplicated"))
    ((before,),) = await place.rows("select count(*) from webhook_seen")
    assert await place.world.tell("APPLICATION_AUTHORIZED", **event) == 204
    await until(place.idle)
    assert await place.rows("select count(*) from webhook_seen") == [(before + 1,)]


async def test_2_pings_are_answered_each_in_its_way_and_forgeries_refused(place: Place) -> None:
    world, http = place.world, place.service.http
    for body, status, answer in (
        ({"type": 0, "version": 1, "application_id": BOT}, 204, b""),
        ({"type": 1, "id": "1", "application_id": BOT, "token": "t"}, 200, b'{"type":1}'),
    ):
        raw = json.encode(body)
        reply = await http.post("/webhook", content=raw, headers=world.signed(raw))
        assert (reply.status_code, reply.content) == (status, answer)
        assert reply.headers["content-type"]
        forged = {**world.signed(raw), "x-signature-ed25519": "0" * 128}
        assert (await http.post("/webhook", content=raw, headers=forged)).status_code == 401


async def test_4_who_takes_the_consent_back_is_not_read_any_more(place: Place) -> None:
    place.service.hub.tokens._again = 0.0
    place.discord.fail(Fault("revoked"))
    assert await place.world.tell("APPLICATION_DEAUTHORIZED", user=user(ANA)) == 204

    async def ended() -> bool:
        await place.rows("update sync_state set next_run_at = now() where stream = 'channels'")
        place.service.hub.wake()
        return await place.status() == "expired"

    await until(ended)
    asked = len(place.discord.calls)
    place.world.say(GENERAL, "Between us")
    reply = await place.ask("GET", f"/channels/{GENERAL}/messages")
    assert reply.status_code == 409
    assert len(place.discord.calls) == asked, "the bot reads nothing without consent"


async def test_7_without_the_right_to_the_history_nothing_is_taken_for_deleted(
    place: Place,
) -> None:
    before = len(await place.heard())
    place.world.rights &= ~HISTORY
    await place.walked(mode="full")
    place.world.rights |= HISTORY
    run = await place.walked(mode="full")
    assert run["status"] == "success", run
    assert len(await place.heard()) == before


async def test_9_limits_of_all_three_kinds_and_a_dead_token_are_got_over(place: Place) -> None:
    for fault in ("limited", "limited_all", "blocked", "expired"):
        place.discord.fail(Fault(fault))
    run = await place.walked(mode="full")
    assert (run["status"], run["published"]) == ("success", 0), run
    assert len(place.discord.pace.refusals) == 3
    consented = place.discord.consent
    assert (consented.refreshes, consented.reuses) == (1, 0), "renewed once for all walks"


async def test_a_caller_writes_reads_and_is_kept_within_the_server(place: Place) -> None:
    said = await place.ask("POST", "/messages", {"channel": GENERAL, "text": "Hello @everyone"})
    assert said.status_code == 201, said.text
    made = said.json()
    assert made["author"]["id"] == BOT
    assert "announced" not in made["metadata"]
    path = f"/channels/{GENERAL}/messages/{made['id']}"
    assert (await place.ask("PATCH", path, {"text": "Hello"})).json()["content"] == "Hello"
    assert (await place.ask("PUT", f"{path}/reactions/👍")).status_code == 204
    assert (await place.ask("GET", path)).json()["metadata"]["reactions"] == "👍:1"
    thread = (await place.ask("POST", f"{path}/threads", {"name": "More"})).json()
    assert thread["id"] == made["id"]
    assert (await place.ask("DELETE", path)).status_code == 204
    assert (await place.ask("GET", path)).status_code == 404
    place.world.channels["1400000000000000666"] = {
        **place.world.channels[GENERAL],
        "id": "1400000000000000666",
        "guild_id": "1390000000000000666",
    }
    foreign = await place.ask("GET", "/channels/1400000000000000666/messages")
    assert foreign.status_code == 404
    asked = [it.path for it in place.discord.calls if "1400000000000000666" in it.path]
    assert asked == ["/api/v10/channels/1400000000000000666"]


async def test_25_without_the_bot_it_waits_and_without_its_person_it_ends(place: Place) -> None:
    async def becomes(wanted: str) -> None:
        async def so() -> bool:
            await place.rows("update sync_state set next_run_at = now() where stream = 'channels'")
            place.service.hub.wake()
            return await place.status() == wanted

        await until(so)

    place.world.members.discard(BOT)
    await becomes("error")
    place.world.members.add(BOT)
    await becomes("active")
    place.world.members.discard(ANA)
    await becomes("revoked")
    asked = len(place.discord.calls)
    place.world.say(GENERAL, "Among those who stayed")
    assert (await place.ask("GET", f"/channels/{GENERAL}/messages")).status_code == 409
    assert len(place.discord.calls) == asked
    reply = await place.service.http.get("/accounts", headers=place.key)
    (account,) = reply.json()["accounts"]
    assert "left" in account["error_message"]
    assert place.discord.consent.tokens
    await place.service.http.delete(f"/accounts/{account['id']}", headers=place.key)
    await until(lambda: not place.discord.consent.tokens)
