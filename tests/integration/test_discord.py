"""The whole way on a Discord that is played here: consent, full walk, what is told and what is found."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from msgspec import Struct, json, structs

from services.discord.provider import provider
from services.discord.simulator import GENERAL, Discord, app
from services.discord.simulator.rows import ANA, BO, BOT, HISTORY, user
from services.discord.simulator.world import World
from shared.http.roleplay import post
from shared.simulation import Fault
from tests.fakes.place import Place, connected
from tests.fakes.service import Running
from tests.fakes.simulated import until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

MESSAGES = 205
UNMETERED = structs.replace(provider, quotas={})
"""The limits that are tried here are Discord's, not the ones that we keep to spare it."""


class Here(Struct):
    """Ana's server, walked once, and the service that reads it."""

    discord: Discord
    place: Place

    @property
    def world(self) -> World:
        return self.discord.world

    @property
    def service(self) -> Running:
        return self.place.service

    async def about(self, ident: str) -> list[tuple[str, str]]:
        """What was told of one message, oldest first: event type and content."""
        return [(kind, it.get("content", "")) for kind, it in await self.place.about(ident)]

    async def rows(self, statement: str) -> list[Any]:
        async with self.service.hub.db.connection() as conn:
            cursor = await conn.execute(statement)
            return await cursor.fetchall() if cursor.description else []

    async def look(self) -> None:
        """A minute has passed: the channels are looked at again."""
        await self.rows("update sync_state set next_run_at = now() where stream = 'channels'")
        self.service.hub.wake()

    async def becomes(self, wanted: str) -> None:
        """Wait until the connection stands so."""

        async def so() -> bool:
            await self.look()
            return await self.rows("select status from connected_account") == [(wanted,)]

        await until(so)

    async def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.service.http.request(
            method,
            f"/api/v1{path}",
            json=body,
            params={"user_id": "ana"},
            headers=self.place.key,
        )

    async def nothing_is_read(self) -> None:
        """Not even for a caller, though the bot could."""
        asked = len(self.discord.calls)
        self.world.say(GENERAL, "Between us")
        assert (await self.ask("GET", f"/channels/{GENERAL}/messages")).status_code == 409
        assert len(self.discord.calls) == asked


@pytest.fixture
async def here(database_url: str, nats_url: str, anyio_backend: str) -> AsyncIterator[Here]:
    discord = app(post, messages=MESSAGES)
    async with connected(UNMETERED, discord, database_url, nats_url) as place:
        discord.world.callback_url = f"{place.service.http.base_url}/webhook"
        run = await place.walked()
        assert run["status"] == "success", run
        yield Here(discord, place)


async def test_everything_that_may_be_read_is_told_once(here: Here) -> None:
    world, found = here.world, await here.place.heard()
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
    again = await here.place.walked(mode="full")
    assert (again["status"], again["published"]) == ("success", 0)


async def test_what_is_said_edited_and_deleted_is_found(here: Here) -> None:
    world = here.world
    fresh, old = world.say(GENERAL, "News"), world.say(GENERAL, "Old")
    await here.place.walked(mode="incremental")
    assert await here.about(fresh["id"]) == [("created", "News")]
    world.edit(fresh, "News, corrected")
    old["reactions"] = [{"emoji": {"id": None, "name": "👍"}, "count": 1}]
    gone = min(world.messages[GENERAL], key=int)
    del world.messages[GENERAL][gone]
    run = await here.place.walked(mode="full")
    assert run["status"] == "success", run
    assert (await here.about(fresh["id"]))[1:] == [("updated", "News, corrected")]
    assert [it[0] for it in await here.about(old["id"])] == ["created", "updated"]
    assert [it[0] for it in await here.about(gone)] == ["created", "deleted"]


async def test_a_new_message_makes_its_channel_due_and_no_other(here: Here) -> None:
    world, asked = here.world, len(here.discord.calls)
    fresh = world.say(GENERAL, "Found within a minute")
    await here.look()
    assert await here.about(fresh["id"]) == [("created", "Found within a minute")]
    rooms = [it.path for it in here.discord.calls[asked:] if it.path.endswith("/messages")]
    assert set(rooms) == {f"/api/v10/channels/{GENERAL}/messages"}


async def test_3_what_is_handed_over_is_told_once_however_often_it_comes(here: Here) -> None:
    here.discord.fail(Fault("duplicated"))
    row = here.world.say(GENERAL, "Keep this", BO)
    assert await here.world.hand_over(row) == 200
    assert await here.about(row["id"]) == [("created", "Keep this")]
    await here.place.walked(mode="incremental")
    assert await here.about(row["id"]) == [("created", "Keep this")], "the list says the same"
    event = {"integration_type": 0, "user": user(ANA), "guild": here.world.guild()}
    here.discord.fail(Fault("duplicated"))
    ((before,),) = await here.rows("select count(*) from webhook_seen")
    assert await here.world.tell("APPLICATION_AUTHORIZED", **event) == 204
    await here.place.heard()
    assert await here.rows("select count(*) from webhook_seen") == [(before + 1,)]


async def test_2_pings_are_answered_each_in_its_way_and_forgeries_refused(here: Here) -> None:
    world, http = here.world, here.service.http
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


async def test_4_who_takes_the_consent_back_is_not_read_any_more(here: Here) -> None:
    here.service.hub.tokens._again = 0.0
    here.discord.fail(Fault("revoked"))
    assert await here.world.tell("APPLICATION_DEAUTHORIZED", user=user(ANA)) == 204
    await here.becomes("expired")
    await here.nothing_is_read()


async def test_7_without_the_right_to_the_history_nothing_is_taken_for_deleted(
    here: Here,
) -> None:
    before = len(await here.place.heard())
    here.world.rights &= ~HISTORY
    await here.place.walked(mode="full")
    here.world.rights |= HISTORY
    run = await here.place.walked(mode="full")
    assert run["status"] == "success", run
    assert len(await here.place.heard()) == before


async def test_9_limits_of_all_three_kinds_and_a_dead_token_are_got_over(here: Here) -> None:
    for fault in ("limited", "limited_all", "blocked", "expired"):
        here.discord.fail(Fault(fault))
    run = await here.place.walked(mode="full")
    assert (run["status"], run["published"]) == ("success", 0), run
    assert len(here.discord.pace.refusals) == 3
    consented = here.discord.consent
    assert (consented.refreshes, consented.reuses) == (1, 0), "renewed once for all walks"


async def test_a_caller_writes_reads_and_is_kept_within_the_server(here: Here) -> None:
    said = await here.ask("POST", "/messages", {"channel": GENERAL, "text": "Hello @everyone"})
    assert said.status_code == 201, said.text
    made = said.json()
    assert made["author"]["id"] == BOT
    assert "announced" not in made["metadata"]
    path = f"/channels/{GENERAL}/messages/{made['id']}"
    assert (await here.ask("PATCH", path, {"text": "Hello"})).json()["content"] == "Hello"
    assert (await here.ask("PUT", f"{path}/reactions/👍")).status_code == 204
    assert (await here.ask("GET", path)).json()["metadata"]["reactions"] == "👍:1"
    thread = (await here.ask("POST", f"{path}/threads", {"name": "More"})).json()
    assert thread["id"] == made["id"]
    assert (await here.ask("DELETE", path)).status_code == 204
    assert (await here.ask("GET", path)).status_code == 404
    here.world.channels["1400000000000000666"] = {
        **here.world.channels[GENERAL],
        "id": "1400000000000000666",
        "guild_id": "1390000000000000666",
    }
    foreign = await here.ask("GET", "/channels/1400000000000000666/messages")
    assert foreign.status_code == 404
    asked = [it.path for it in here.discord.calls if "1400000000000000666" in it.path]
    assert asked == ["/api/v10/channels/1400000000000000666"]


async def test_25_without_the_bot_it_waits_and_without_its_person_it_ends(here: Here) -> None:
    here.world.members.discard(BOT)
    await here.becomes("error")
    here.world.members.add(BOT)
    await here.becomes("active")
    here.world.members.discard(ANA)
    await here.becomes("revoked")
    await here.nothing_is_read()
    reply = await here.service.http.get("/accounts", headers=here.place.key)
    (account,) = reply.json()["accounts"]
    assert "left" in account["error_message"]
    assert here.discord.consent.tokens
    await here.service.http.delete(f"/accounts/{account['id']}", headers=here.place.key)
    await until(lambda: not here.discord.consent.tokens)
