"""The whole way on a vault: the form, a full walk, the watcher's calls, a folder, and what goes wrong."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from services.obsidian.folder import KEY
from services.obsidian.provider import provider
from services.obsidian.simulator import Obsidian, app
from shared.http.roleplay import post
from shared.simulation import Fault
from tests.fakes.place import Place
from tests.fakes.service import running
from tests.fakes.simulated import listening, told, until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]


class Vault(Place):
    """Where Ana connects a vault, with what she fills in."""

    async def connect(self, filled: Mapping[str, str]) -> int:
        body = {"user_id": "ana", "credentials": dict(filled)}
        reply = await self.service.http.post("/accounts", json=body, headers=self.key)
        assert filled["key"] not in reply.text
        return reply.status_code

    async def told(self, ident: str) -> list[tuple[str, str]]:
        """What was told of one item, oldest first: event type and content."""
        return [(kind, it.get("content", "")) for kind, it in await self.about(ident)]

    async def account(self) -> dict[str, Any]:
        reply = await self.service.http.get("/accounts", headers=self.key)
        (it,) = reply.json()["accounts"]
        found: dict[str, Any] = it
        return found


@asynccontextmanager
async def connected(obsidian: Obsidian, *engines: str) -> AsyncIterator[Vault]:
    async with (
        listening(obsidian) as address,
        running(provider, *engines, build=told(obsidian, address)) as service,
    ):
        obsidian.world.callback_url = f"{service.http.base_url}/webhook"
        place = Vault(service, await service.key())
        assert await place.connect(obsidian.credentials(address)) == 201
        yield place
        assert obsidian.unknown == []


@pytest.fixture
def obsidian() -> Obsidian:
    return app(post, notes=4)


@pytest.fixture
async def place(
    obsidian: Obsidian, database_url: str, nats_url: str, anyio_backend: str
) -> AsyncIterator[Vault]:
    async with connected(obsidian, database_url, nats_url) as it:
        run = await it.walked()
        assert run["status"] == "success", run
        yield it


async def test_everything_is_told_once(place: Vault, obsidian: Obsidian) -> None:
    found = await place.heard()
    wanted = {f"note:{path.replace(' ', '%20')}" for path in obsidian.world.notes}
    assert Counter(it["id"] for _, it in found) == Counter(wanted)
    assert {kind for kind, _ in found} == {"created"}
    (note,) = [it for _, it in found if it["id"] == "note:Notes/Note%200.md"]
    assert note["mentions"] == [{"id": "note:People/Mia.md", "name": "Mia"}]
    assert note["attachments"][0]["id"] == "Files/photo.png"
    assert (note["author"]["name"], note["metadata"]["tags"]) == ("Ana A", "demo")
    again = await place.walked(mode="full")
    assert (again["status"], again["published"]) == ("success", 0)


async def test_the_story_of_a_note_is_heard(place: Vault, obsidian: Obsidian) -> None:
    obsidian.fail(Fault("duplicated"))
    for happening in obsidian.story.values():
        await happening.act()
        await place.heard()
    assert [kind for kind, _ in await place.about("note:Demo.md")] == [
        "created",
        "updated",
        "deleted",
    ]
    assert [kind for kind, _ in await place.about("note:Archive/Demo.md")] == ["created", "deleted"]
    moved = [it for _, it in await place.heard() if it.get("metadata", {}).get("old_path")]
    assert [it["metadata"]["old_path"] for it in moved] == ["Demo.md"]


async def test_18_a_vault_that_is_empty_for_a_moment_loses_nothing(
    place: Vault, obsidian: Obsidian
) -> None:
    obsidian.fail(Fault("emptied"))
    run = await place.walked(mode="incremental")
    assert run["status"] == "failed", run
    assert "no notes" in (await place.account())["error_message"]
    obsidian.fail(Fault("emptied"))
    assert (await place.walked(mode="full"))["status"] == "failed"
    assert (await place.walked(mode="incremental"))["status"] == "success"
    assert {kind for kind, _ in await place.heard()} == {"created"}
    assert (await place.account())["status"] == "active"


async def test_28_a_key_that_was_reset_ends_the_connection_and_a_closed_app_does_not(
    place: Vault, obsidian: Obsidian
) -> None:
    obsidian.fail(Fault("closed"))
    assert (await place.walked(mode="full"))["status"] == "success"
    obsidian.fail(Fault("reset"))
    place.service.hub.tokens._again = 0.0
    await place.service.http.post(
        "/sync", json={"user_id": "ana", "mode": "incremental"}, headers=place.key
    )

    async def ended() -> bool:
        return bool((await place.account())["status"] == "revoked")

    await until(ended)


async def test_a_caller_writes_and_what_came_of_it_is_told(
    place: Vault, obsidian: Obsidian
) -> None:
    params = {"user_id": "ana", "path": "New/n.md"}
    http, world = place.service.http, obsidian.world
    body = {"path": "New/n.md", "text": "Hello"}
    made = await http.post("/api/v1/note", params={"user_id": "ana"}, json=body, headers=place.key)
    assert made.status_code == 201, made.text
    assert world.notes["New/n.md"].text == "Hello"
    await world.tell("created", "New/n.md")
    assert await place.told("note:New/n.md") == [("created", "Hello")]
    world.write("New/n.md", "By somebody else")
    change = {"text": "Mine", "if_match": made.json()["metadata"]["sha256"]}
    late = await http.put("/api/v1/note", params=params, json=change, headers=place.key)
    assert late.status_code == 412
    removed = await http.delete("/api/v1/note", params=params, headers=place.key)
    assert (removed.status_code, world.trash) == (204, ["New/n.md"])


async def test_a_folder_on_this_machine_is_connected_by_its_key(
    tmp_path: Path,
    database_url: str,
    nats_url: str,
    monkeypatch: pytest.MonkeyPatch,
    anyio_backend: str,
) -> None:
    vault = tmp_path / "Notes"
    (vault / ".obsidian").mkdir(parents=True)
    (vault / ".obsidian" / KEY).write_text("k" * 32)
    (vault / "a.md").write_text("Alpha")
    (tmp_path / "Other").mkdir()
    monkeypatch.setenv("LOCAL_FOLDERS", str(tmp_path))
    played = app(post)
    build = told(played, "http://127.0.0.1:1")
    async with running(provider, database_url, nats_url, build=build) as service:
        place = Vault(service, await service.key())
        assert await place.connect({"vault": "Notes", "key": "x" * 32}) == 400
        assert await place.connect({"vault": "../Notes", "key": "k" * 32}) == 400
        assert await place.connect({"vault": "Other", "key": "k" * 32}) == 400
        assert (
            await place.connect({"vault": "Notes", "url": "local://vault/Notes", "key": "k" * 32})
            == 400
        )
        assert await place.connect({"vault": "Notes", "key": "k" * 32}) == 201
        assert (await place.walked())["status"] == "success"
        (vault / "b.md").write_text("Beta")
        (vault / "a.md").unlink()
        account = await place.account()
        played.world.url = "local://vault/Notes"
        played.world.callback_url = f"{service.http.base_url}/webhook"
        assert await played.world.tell("modified", "b.md") == 200
        found = [(kind, it["id"]) for kind, it in await place.heard()]
        assert found == [
            ("created", "note:a.md"),
            ("created", "note:b.md"),
            ("deleted", "note:a.md"),
        ]
        assert account["name"] == "Notes"
