"""The whole way on a Dropbox that is played here: consent, cursor, notices, deletions, what is forgotten."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec import Struct, json

from services.dropbox.provider import provider
from services.dropbox.simulator import Dropbox, app
from services.dropbox.simulator.world import World
from shared.bus import stream
from shared.http.roleplay import consent, post
from shared.simulation import Fault
from tests.fakes.service import Running, running
from tests.fakes.simulated import listening, told, until
from tests.integration.test_google import finished

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

FILES = 9
WAITING = "select count(*) from sync_state where next_run_at <= now() or lease_until > now()"
UNPUBLISHED = "select count(*) from outbox"


class Place(Struct):
    """Ana's Dropbox, the service that listens to it, and a caller of that."""

    dropbox: Dropbox
    service: Running
    key: dict[str, str]

    @property
    def world(self) -> World:
        return self.dropbox.world

    async def told(self) -> list[dict[str, Any]]:
        """Every Message in the stream, oldest first, once nothing waits to be published."""
        await until(lambda: self.none(UNPUBLISHED))
        count = (await self.service.nc.jetstream().stream_info(stream.NAME)).state.messages
        heard = await self.service.events(count) if count else []
        return [json.decode(it.data) for it in heard if it.subject.startswith("self.events.")]

    async def heard(self, ident: str, **facts: Any) -> None:
        """Wait until the last version of a file says this; None is for what it does not say."""

        async def said() -> bool:
            last: dict[str, Any] = next(
                (it for it in reversed(await self.told()) if it["id"] == ident), {}
            )
            flat = {**last, **last.get("metadata", {})}
            return bool(last) and all(flat.get(name) == it for name, it in facts.items())

        await until(said)

    async def synced(self, mode: str = "incremental") -> None:
        """A finished run."""
        body = {"user_id": "ana", "mode": mode}
        started = await self.service.http.post("/sync", json=body, headers=self.key)
        run = await finished(self.service, self.key, started.json()["run_ids"][0])
        assert (run["status"], run["error"]) == ("success", "")

    async def asked(self, method: str, path: str, **more: Any) -> Any:
        return await self.service.http.request(
            method, f"/api/v1{path}", params={"user_id": "ana"}, headers=self.key, **more
        )

    async def idle(self) -> bool:
        """Whether no walk is due or under way."""
        return await self.none(WAITING)

    async def none(self, counting: str) -> bool:
        """Whether there are none of what a statement counts."""
        async with self.service.hub.db.connection() as conn:
            row = await (await conn.execute(counting.encode())).fetchone()
        return row == (0,)


@asynccontextmanager
async def connected(dropbox: Dropbox, *engines: str) -> AsyncIterator[Place]:
    """Ana connects, and the walk that follows is over."""
    async with (
        listening(dropbox) as address,
        running(provider, *engines, build=told(dropbox, address)) as service,
    ):
        dropbox.world.callback_url = service.hub.callback_url
        key = await service.key()
        wish = {"user_id": "ana"}
        asked = await service.http.post("/oauth/authorize", json=wish, headers=key)
        await asyncio.to_thread(consent, asked.json()["authorization_url"], consent="yes")
        (run,) = (await service.http.get("/sync/runs", headers=key)).json()["runs"]
        done = await finished(service, key, run["id"])
        assert (done["status"], done["error"]) == ("success", "")
        yield Place(dropbox, service, key)
        assert dropbox.unknown == []


@pytest.fixture
async def place(database_url: str, nats_url: str) -> AsyncIterator[Place]:
    dropbox = app(post, files=FILES)
    dropbox.fail(Fault("limited"))
    async with connected(dropbox, database_url, nats_url) as it:
        yield it


async def test_files_are_listed_written_moved_deleted_and_brought_back(place: Place) -> None:
    world = place.world
    assert 429 in {it.status for it in place.dropbox.calls}
    await until(place.idle)
    assert len(await place.told()) == FILES + 1, "folders are none"
    row = world.save("/New.md", b"# New\n")
    ident = row["id"]
    assert await world.tell() == 200
    await place.heard(ident, title="New.md", content="# New", deleted=None)
    world.save("/New.md", b"# New\n\nMore.")
    await world.tell()
    await place.heard(ident, content="# New\n\nMore.")
    world.move("/New.md", "/Notes/Newer.md")
    await world.tell()
    await place.heard(ident, title="Newer.md", path="/Notes/Newer.md", deleted=None)
    world.delete("/Notes/Newer.md")
    await world.tell()
    await place.heard(ident, deleted=True)
    world.save("/New.md", b"Back again.", ident)
    await world.tell()
    await place.heard(ident, content="Back again.", deleted=None)
    kinds = [it.get("deleted", False) for it in await place.told() if it["id"] == ident]
    assert kinds == [False, False, False, True, False], "a move is no deletion"


async def test_7_a_folder_takes_what_is_in_it_along_and_a_moved_one_keeps_it(place: Place) -> None:
    world = place.world
    notes = {it["id"] for it in world.files.values() if it["path_lower"].startswith("/notes/")}
    kept = sorted(notes)[0]
    world.move("/Notes", "/Archive")
    await world.tell()
    await place.heard(kept, path="/Archive/Note 00.md")
    await place.synced()
    assert not [it for it in await place.told() if it.get("deleted")]
    world.delete("/Archive")
    await world.tell()
    await place.synced()
    await place.synced()
    for ident in notes:
        await place.heard(ident, deleted=True)
    gone = [it["id"] for it in await place.told() if it.get("deleted")]
    assert sorted(gone) == sorted(notes)


async def test_a_file_that_was_replaced_in_silence_is_found_by_a_count(place: Place) -> None:
    world = place.world
    before = world.at("/Plan.pdf")
    assert before
    after = world.replace("/Plan.pdf", b"%PDF-2")
    await world.tell()
    await place.heard(after["id"], title="Plan.pdf", size="6")
    aged = "update sync_state set cursor = convert_to(jsonb_set(convert_from(cursor, 'utf8')::jsonb, '{counted}', '0')::text, 'utf8')"
    await until(place.idle)
    async with place.service.hub.db.connection() as conn:
        await conn.execute(aged.encode())
    told = len(await place.told())
    for _ in range(2):  # the first one finds that it is time to count
        await place.synced()
    await place.heard(before["id"], deleted=True)
    assert len(await place.told()) == told + 1, "a count tells nothing that is known"


async def test_5_a_cursor_that_was_forgotten_costs_nothing(place: Place) -> None:
    world = place.world
    gone = sorted(world.files)[0]
    world.delete(world.files[gone]["path_display"])
    unseen = world.save("/Unseen.txt", b"While nobody looked.")
    world.forget()
    for _ in range(2):  # the first one finds that it has to begin anew
        await place.synced()
    await place.heard(unseen["id"], content="While nobody looked.")
    await place.heard(gone, deleted=True)
    told = [it["id"] for it in await place.told()]
    assert len(told) == len({*told}) + 1


async def test_4_notices_that_come_twice_or_not_at_all_change_nothing(place: Place) -> None:
    world = place.world
    for fault in ("duplicated", "missed"):
        place.dropbox.fail(Fault(fault))
    first = world.save("/Twice.txt", b"1")
    await world.tell()
    await place.heard(first["id"], content="1")
    second = world.save("/Never.txt", b"2")
    await world.tell()
    await place.synced()
    await place.heard(second["id"], content="2")
    told = [it["id"] for it in await place.told()]
    assert [told.count(it["id"]) for it in (first, second)] == [1, 1]


async def test_13_a_token_that_ended_is_renewed_and_one_that_was_taken_back_is_not(
    place: Place,
) -> None:
    place.dropbox.fail(Fault("expired"))
    await place.synced()
    assert place.dropbox.consent.refreshes == 1
    assert len(place.dropbox.consent.scopes) == 1, "the refresh token stays"
    place.dropbox.fail(Fault("unlinked"))
    await place.service.http.post("/sync", json={"user_id": "ana"}, headers=place.key)
    refused = ("/oauth2/token", 400)
    await until(lambda: refused in {(it.path, it.status) for it in place.dropbox.calls})
    assert place.dropbox.consent.refreshes == 1


async def test_2_the_handshake_is_answered_and_a_stranger_is_not_heard(place: Place) -> None:
    http = place.service.http
    reply = await http.get("/webhook", params={"challenge": "<script>1</script>"})
    assert (reply.status_code, reply.text) == (200, "<script>1</script>")
    assert reply.headers["content-type"].startswith("text/plain")
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert (await http.get("/webhook")).status_code == 401
    body = b'{"list_folder": {"accounts": ["dbid:AAAstranger"]}}'
    assert (await http.post("/webhook", content=body)).status_code == 401
    signed = {"x-dropbox-signature": "0" * 64}
    assert (await http.post("/webhook", content=body, headers=signed)).status_code == 401


async def test_a_caller_writes_and_what_came_of_it_is_heard(place: Place) -> None:
    made = await place.asked("POST", "/files", json={"path": "/Made 🎉.txt", "data": "aGk="})
    assert made.status_code == 201, made.text
    ident = made.json()["id"]
    await place.heard(ident, content="hi", title="Made 🎉.txt")
    again = await place.asked("POST", "/files", json={"path": "/Made 🎉.txt", "data": "aGk="})
    assert again.status_code == 412
    moved = await place.asked("POST", f"/files/{ident}/move", json={"to": "/Notes/Made.txt"})
    assert moved.json()["title"] == "Made.txt"
    content = await place.asked("GET", f"/files/{ident}/content")
    assert content.content == b"hi"
    read = (await place.asked("GET", f"/files/{ident}")).json()
    await place.heard(ident, title="Made.txt")
    last = [it for it in await place.told() if it["id"] == ident][-1]
    assert read == last
    place.dropbox.fail(Fault("locked"))
    locked = await place.asked("DELETE", f"/files/{ident}")
    assert (locked.status_code, locked.json().get("outcome")) == (502, None)
    assert (await place.asked("DELETE", f"/files/{ident}")).status_code == 204
    await place.heard(ident, deleted=True)
    assert (await place.asked("GET", f"/files/{ident}")).status_code == 404


async def test_25_a_member_of_a_team_sees_all_of_its_space_and_what_is_shared(
    database_url: str, nats_url: str
) -> None:
    async with connected(app(post, files=1, team="9"), database_url, nats_url) as it:
        await until(it.idle)
        assert len(await it.told()) == 2
        content = await it.asked("GET", f"/files/{max(it.world.files)}/content")
        assert content.content == b"%PDF-1.7"
        it.world.share("84528192421", "/Notes")
        await it.synced()
        facts = {"title": "Notes", "kind": "shared_folder", "access": "owner"}
        await it.heard("share:84528192421", **facts)
        it.world.shares.clear()
        await it.synced()
        await it.heard("share:84528192421", deleted=True)
        gone = [one["id"] for one in await it.told() if one.get("deleted")]
        assert gone == ["share:84528192421"]


async def test_disconnecting_ends_the_grant_even_where_the_token_ended_before(
    place: Place,
) -> None:
    place.dropbox.fail(Fault("expired"))
    (it,) = (await place.service.http.get("/accounts", headers=place.key)).json()["accounts"]
    await place.service.http.delete(f"/accounts/{it['id']}", headers=place.key)
    await until(lambda: not place.dropbox.consent.scopes)
    assert not place.dropbox.consent.tokens
