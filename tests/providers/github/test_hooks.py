"""A repository's webhook: made, adopted, mended, stopped, and asked for what it lost."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.github import hooks
from services.github.provider import provider
from services.github.webhook import RECORDS
from shared.errors import ItemGone, Refused
from shared.provider import Hook, Subscribing
from shared.types import Secret
from tests.fakes.api import Answer, FakeApi, gone
from tests.providers.github.material import REPO, answer

pytestmark = pytest.mark.anyio

HOOKS = "/repos/acme/api/hooks"
URL = "https://hub.example/github/webhook"
NOW = datetime(2026, 3, 5, tzinfo=UTC)
REMOTE = answer("hook-created") | {"id": 7, "active": True, "events": sorted(RECORDS)}
REMOTE["config"] = {"url": URL, "content_type": "json", "secret": "********"}


def now() -> datetime:
    return NOW


def asking(answers: dict[tuple[str, str], Any], hook: Hook | None = None) -> Subscribing:
    return Subscribing(FakeApi(answers), URL, Secret("long and random"), REPO, hook)


def calls(it: Subscribing) -> list[str]:
    assert isinstance(it.api, FakeApi)
    return [f"{call.method} {call.path.removeprefix(HOOKS)}" for call in it.api.asked]


async def made() -> Hook:
    return await hooks.create(asking({("POST", HOOKS): Answer(REMOTE)}), now)


async def test_a_hook_sends_json_signed_over_tls_and_only_what_is_read() -> None:
    it = asking({("POST", HOOKS): Answer(REMOTE)})
    hook = await hooks.create(it, now)
    assert (hook.remote_id, hook.expires_at) == ("7", NOW + hooks.KEPT)
    assert isinstance(it.api, FakeApi)
    body = it.api.asked[0].body
    assert body["config"] == {
        "url": URL,
        "content_type": "json",
        "secret": "long and random",
        "insecure_ssl": "0",
    }
    assert set(body["events"]) <= set(provider.normalizers)
    assert "random" not in repr(hook)


async def test_a_hook_that_is_there_already_is_adopted() -> None:
    other = REMOTE | {"id": 6, "config": {"url": "https://else.example"}}
    answers = {
        ("POST", HOOKS): Refused(),
        ("GET", HOOKS): Answer([other, REMOTE]),
        ("PATCH", f"{HOOKS}/7"): Answer(REMOTE),
    }
    assert (await hooks.create(asking(answers), now)).remote_id == "7"
    answers["GET", HOOKS] = Answer([other])
    with pytest.raises(Refused):
        await hooks.create(asking(answers), now)


async def test_a_hook_as_it_should_be_is_left_alone() -> None:
    it = asking({("GET", f"{HOOKS}/7"): Answer(REMOTE)}, await made())
    await hooks.renew(it, now)
    assert calls(it) == ["GET /7"]


@pytest.mark.parametrize(
    "change", [{"active": False}, {"events": ["push"]}, {"config": {"url": "https://old.example"}}]
)
async def test_a_hook_that_somebody_changed_is_mended(change: dict[str, Any]) -> None:
    answers = {
        ("GET", f"{HOOKS}/7"): Answer(REMOTE | change),
        ("PATCH", f"{HOOKS}/7"): Answer(REMOTE),
    }
    it = asking(answers, await made())
    await hooks.renew(it, now)
    assert calls(it) == ["GET /7", "PATCH /7"]


async def test_a_new_secret_is_brought_to_the_hook() -> None:
    answers = {("GET", f"{HOOKS}/7"): Answer(REMOTE), ("PATCH", f"{HOOKS}/7"): Answer(REMOTE)}
    before = Hook("7", facts={"secret": "of another secret"})
    it = asking(answers, before)
    assert (await hooks.renew(it, now)).facts == (await made()).facts
    assert calls(it) == ["GET /7", "PATCH /7"]


async def test_a_hook_that_was_deleted_is_said_to_be_gone_so_that_the_gap_is_closed() -> None:
    with pytest.raises(ItemGone):
        await hooks.renew(asking({("GET", f"{HOOKS}/7"): gone}, await made()), now)


async def test_stopping_twice_is_stopping() -> None:
    it = asking({("DELETE", f"{HOOKS}/7"): Answer(None)}, await made())
    await hooks.stop(it)
    await hooks.stop(asking({("DELETE", f"{HOOKS}/7"): gone}, await made()))
    assert calls(it) == ["DELETE /7"]


def attempt(number: int, guid: str, status: str, day: int = 4) -> dict[str, Any]:
    its = answer("deliveries")[0]
    when = f"2026-03-{day:02}T12:00:00Z"
    return {**its, "id": number, "guid": guid, "status": status, "delivered_at": when}


async def test_what_no_attempt_delivered_is_asked_for_again_once() -> None:
    every = [
        attempt(9, "a", "OK"),
        attempt(8, "b", "timed out"),
        attempt(7, "b", "Invalid HTTP Response: 503"),
        attempt(6, "a", "timed out"),
        attempt(5, "c", "timed out", day=1),
    ]
    path = f"{HOOKS}/7/deliveries"
    answers: dict[tuple[str, str], Any] = {
        ("GET", path): lambda call: Answer(
            [it for it in every if it["status"] != "OK" or "status" not in call.params]
        ),
        ("POST", f"{path}/8/attempts"): Answer(None),
    }
    it = asking(answers, await made())
    assert await hooks.repair(it, now) == 1
    assert calls(it)[-1] == "POST /7/deliveries/8/attempts"


async def test_while_nothing_failed_a_check_costs_one_call() -> None:
    it = asking({("GET", f"{HOOKS}/7/deliveries"): Answer([])}, await made())
    assert await hooks.repair(it, now) == 0
    assert len(calls(it)) == 1
