"""A project's webhook: made, adopted, mended, woken, stopped, and asked for what it lost."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from services.gitlab import hooks, missed, proof
from services.gitlab.provider import provider
from shared.errors import Impossible, ItemGone, Refused
from shared.provider import Hook, Subscribing
from shared.types import Resource, Secret
from tests.fakes.api import Answer, Call, FakeApi, gone
from tests.providers.gitlab.material import AT, FACTS, PROJECT, answer

pytestmark = pytest.mark.anyio

HOOKS = f"{AT}/hooks"
URL = "https://hub.example/gitlab/webhook"
NOW = datetime(2026, 3, 5, tzinfo=UTC)
ADDRESS = f"{URL}?project=gitlab.com:42"
REMOTE = answer("hook") | {"url": ADDRESS}
SIGNING = "whsec_" + base64.b64encode(bytes(32)).decode()


def now() -> datetime:
    return NOW


def asking(
    answers: dict[tuple[str, str], Any],
    hook: Hook | None = None,
    secret: str = SIGNING,
    access: str = "40",
) -> Subscribing:
    place = Resource(PROJECT.id, PROJECT.name, PROJECT.routes, {**FACTS, "access": access})
    return Subscribing(FakeApi(answers), URL, Secret(secret), place, hook)


def calls(it: Subscribing) -> list[Call]:
    assert isinstance(it.api, FakeApi)
    return it.api.asked


def paths(it: Subscribing) -> list[str]:
    return [f"{call.method} {call.path.removeprefix(HOOKS)}" for call in calls(it)]


MADE = Hook("7", NOW + hooks.LIFE)


async def test_a_hook_is_made_over_tls_with_a_signing_token_and_for_what_is_read() -> None:
    it = asking({("GET", HOOKS): Answer([]), ("POST", HOOKS): Answer(REMOTE)})
    assert await hooks.create(it, now) == MADE
    body = calls(it)[-1].body
    assert (body["url"], body["enable_ssl_verification"]) == (ADDRESS, True)
    assert body["signing_token"] == proof.own(SIGNING.encode(), "gitlab.com:42").decode()
    assert body["signing_token"].startswith("whsec_")
    assert (SIGNING in str(body), "token" in body) == (False, False)
    wanted = {name for name, it in body.items() if name.endswith("_events") and it}
    assert wanted == set(hooks.EVENTS)
    assert "confidential_issues_events" in wanted


async def test_a_plain_secret_goes_to_the_hook_as_its_secret_token() -> None:
    it = asking({("GET", HOOKS): Answer([]), ("POST", HOOKS): Answer(REMOTE)}, secret="plain")
    await hooks.create(it, now)
    body = calls(it)[-1].body
    assert body["token"] == proof.own(b"plain", "gitlab.com:42").decode()
    assert "signing_token" not in body


async def test_a_server_that_cannot_sign_gets_no_hook_and_says_what_to_do() -> None:
    answers: Any = {
        ("GET", HOOKS): Answer([]),
        ("POST", HOOKS): Answer(REMOTE | {"signing_token_present": False}),
        ("DELETE", f"{HOOKS}/7"): Answer(None),
    }
    it = asking(answers)
    with pytest.raises(Refused, match="GITLAB_WEBHOOK_SECRET"):
        await hooks.create(it, now)
    assert paths(it)[-1] == "DELETE /7"


async def test_a_hook_that_is_there_already_is_adopted_because_gitlab_would_make_a_second() -> None:
    other = REMOTE | {"id": 6, "url": "https://else.example"}
    it = asking({("GET", HOOKS): Answer([other, REMOTE]), ("PUT", f"{HOOKS}/7"): Answer(REMOTE)})
    assert (await hooks.create(it, now)).remote_id == "7"
    assert paths(it) == ["GET ", "PUT /7"]


@pytest.mark.parametrize("access", ["0", "10", "20", "30"])
async def test_whoever_is_no_maintainer_asks_nothing(access: str) -> None:
    it = asking({}, access=access)
    with pytest.raises(Impossible, match="maintainer"):
        await hooks.create(it, now)


async def test_a_hook_is_set_right_again_whatever_was_changed() -> None:
    it = asking({("PUT", f"{HOOKS}/7"): Answer(REMOTE)}, MADE)
    assert await hooks.renew(it, now) == MADE
    assert calls(it)[0].body["push_events"] is True


async def test_a_hook_that_was_deleted_is_said_to_be_gone_so_that_the_gap_is_closed() -> None:
    with pytest.raises(ItemGone):
        await hooks.renew(asking({("PUT", f"{HOOKS}/7"): gone}, MADE), now)


async def test_stopping_twice_is_stopping() -> None:
    it = asking({("DELETE", f"{HOOKS}/7"): Answer(None)}, MADE)
    await hooks.stop(it)
    await hooks.stop(asking({("DELETE", f"{HOOKS}/7"): gone}, MADE))
    await hooks.stop(asking({}))
    assert paths(it) == ["DELETE /7"]


@pytest.mark.parametrize("status", ["temporarily_disabled", "disabled"])
async def test_20_a_hook_that_gitlab_has_disabled_is_woken_by_a_test(status: str) -> None:
    asleep = REMOTE | {"alert_status": status}
    answers: Any = {
        ("GET", f"{HOOKS}/7"): Answer(asleep),
        ("PUT", f"{HOOKS}/7"): Answer(asleep),
        ("POST", f"{HOOKS}/7/test/issues_events"): lambda _: Refused(),
        ("POST", f"{HOOKS}/7/test/merge_requests_events"): Answer({"message": "201 Created"}),
        ("GET", f"{HOOKS}/7/events"): Answer([]),
    }
    woken = ["POST /7/test/issues_events", "POST /7/test/merge_requests_events"]
    it = asking(answers, MADE)
    assert await missed.repair(it) == 0
    assert paths(it)[1:3] == woken
    it = asking(answers, MADE)
    await hooks.renew(it, now)
    assert paths(it)[1:] == woken


async def test_20_a_hook_that_nothing_wakes_says_so() -> None:
    answers: Any = {("GET", f"{HOOKS}/7"): Answer(REMOTE | {"alert_status": "disabled"})}
    for trigger in missed.TRIED:
        answers["POST", f"{HOOKS}/7/test/{trigger}"] = lambda _: Refused()
    with pytest.raises(Refused, match="disabled"):
        await missed.repair(asking(answers, MADE))


def attempt(number: int, key: str, status: str) -> dict[str, Any]:
    headers = {"Idempotency-Key": key} if key else {}
    return {**answer("hook-events")[0], "id": number, "request_headers": headers, "status": status}


def repairing(rows: list[dict[str, Any]]) -> Subscribing:
    path = f"{HOOKS}/7/events"
    newest = sorted(rows, key=lambda it: -int(it["id"]))
    answers: Any = {
        ("GET", f"{HOOKS}/7"): Answer(REMOTE),
        ("GET", path): lambda call: Answer(
            [it for it in newest if it["status"] == call.params["status"]]
        ),
    }
    for row in rows:
        answers["POST", f"{path}/{row['id']}/resend"] = Answer({"response_status": 200})
    return asking(answers, MADE)


async def test_what_no_attempt_delivered_is_asked_for_again_once() -> None:
    it = repairing(
        [
            attempt(3, "old", "successful"),
            attempt(5, "a", "server_failure"),
            attempt(6, "b", "client_failure"),
            attempt(7, "b", "server_failure"),
            attempt(8, "c", "server_failure"),
            attempt(9, "a", "successful"),
            attempt(10, "", "server_failure"),
        ]
    )
    assert await missed.repair(it) == 3
    resent = [path for path in paths(it) if path.endswith("resend")]
    assert {path.split("/")[3] for path in resent} <= {"6", "7", "8", "10"}
    assert len(resent) == 3


async def test_no_more_is_asked_for_than_gitlab_sends_in_a_minute_the_oldest_first() -> None:
    it = repairing([attempt(n, f"k{n}", "server_failure") for n in range(1, 12)])
    assert await missed.repair(it) == missed.RESENT
    assert [path for path in paths(it) if "resend" in path] == [
        f"POST /7/events/{n}/resend" for n in range(1, 6)
    ]


async def test_successes_are_read_no_further_back_than_the_oldest_failure() -> None:
    path = f"{HOOKS}/7/events"
    good = [attempt(n, f"k{n}", "successful") for n in (9, 4)]
    answers: Any = {
        ("GET", f"{HOOKS}/7"): Answer(REMOTE),
        ("GET", path): lambda call: (
            Answer(good, next=f"https://gitlab.com{path}?status=never")
            if call.params["status"] == "successful"
            else Answer([attempt(8, "k9", "server_failure")] * (call.params["status"][0] == "s"))
        ),
    }
    assert await missed.repair(asking(answers, MADE)) == 0


async def test_after_a_long_silence_no_more_is_read_than_would_help() -> None:
    path, rows = f"{HOOKS}/7/events", [attempt(n, f"k{n}", "") for n in range(1000, 900, -1)]
    answers: Any = {
        ("GET", f"{HOOKS}/7"): Answer(REMOTE),
        ("GET", path): Answer(rows, next=f"https://gitlab.com{path}?status=x"),
        **{("POST", f"{path}/{row['id']}/resend"): Answer({}) for row in rows},
    }
    it = asking(answers, MADE)
    assert await missed.repair(it) == 0, "all of it arrived in the end"
    assert len(calls(it)) == 1 + 3 * missed.MOST / len(rows)


async def test_while_nothing_failed_a_check_costs_three_calls() -> None:
    it = repairing([attempt(1, "a", "successful")])
    assert await missed.repair(it) == 0
    assert len(calls(it)) == 3


async def test_an_older_server_that_keeps_no_events_is_left_in_peace() -> None:
    answers: Any = {("GET", f"{HOOKS}/7"): Answer(REMOTE), ("GET", f"{HOOKS}/7/events"): gone}
    assert await missed.repair(asking(answers, MADE)) == 0
    assert await missed.repair(asking({})) == 0


def test_a_hook_asks_for_nothing_that_is_dropped() -> None:
    told = {"push", "tag_push", "issues", "merge_requests", "note", "pipeline", "releases"}
    hidden = {"confidential_issues", "confidential_note"}
    assert {name.removesuffix("_events") for name in hooks.EVENTS} == told | hidden
    assert provider.subscriptions[0].scopes == {"api"}
