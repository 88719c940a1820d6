"""The whole way on a Slack that is played here: consent, full walk, events, limits, rotation, writes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec import json

from services.slack.provider import provider
from services.slack.simulator import app
from shared.http.roleplay import post
from shared.simulation import Fault
from tests.fakes.chat import SECRET, UNMETERED, Place, connected
from tests.fakes.simulated import until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

MESSAGES = 6


@pytest.fixture
async def place(database_url: str, nats_url: str, anyio_backend: str) -> AsyncIterator[Place]:
    slack = app(post, "", SECRET, messages=MESSAGES, most=4)
    async with connected(slack, UNMETERED, database_url, nats_url) as it:
        run = await it.walked()
        assert run["status"] == "success", run
        yield it


async def test_everything_that_was_said_is_told_once_but_what_we_said(place: Place) -> None:
    theirs = [
        f"{channel}:{ts}"
        for channel, rows in place.world.rows.items()
        for ts, row in rows.items()
        if row["user"] != "U0B"
    ]
    found = await place.heard()
    assert Counter(it["id"] for _, it in found) == Counter(theirs)
    assert {kind for kind, _ in found} == {"created"}
    again = await place.walked(mode="full")
    assert (again["status"], again["published"]) == ("success", 0)


async def test_what_is_said_changed_and_deleted_is_heard(place: Place) -> None:
    slack, world = place.slack, place.world
    slack.fail(Fault("missed"))  # Slack tries again, and says so
    slack.fail(Fault("duplicated"))
    row = await world.say("D04", "between <@U01> and you")
    ident = f"D04:{row['ts']}"
    await world.edit("D04", row["ts"], "said better")
    late = await world.say("C01", "late")
    slack.fail(Fault("reordered"))
    await world.edit("C01", late["ts"], "older")
    await world.edit("C01", late["ts"], "newest")
    await world.delete("D04", row["ts"])
    assert await place.about(ident) == [
        ("created", "between @ana and you"),
        ("updated", "said better"),
        ("deleted", ""),
    ]
    assert (await place.about(f"C01:{late['ts']}"))[-1] == ("updated", "newest")
    assert (await place.walked(mode="incremental"))["published"] == 0, "the walk knows it all"


async def test_what_no_event_told_is_found_by_walks(place: Place) -> None:
    world, rows = place.world, place.world.rows["C02"]
    edited, deleted, marked, *_ = [
        ts for ts, row in rows.items() if row["user"] == "U01" and "thread_ts" not in row
    ]
    rows[edited] |= {"text": "unheard", "edited": {"user": "U01", "ts": world.ts()}}
    del rows[deleted]
    parent = next(ts for ts in rows if rows[ts].get("reply_count"))
    reply = world.write("C02", "an answer unheard", thread_ts=parent)
    fresh = world.write("C02", "a message unheard")
    reply_at = f"{int(world.now()) + 1}.000100"  # the thread goes on after the last walk began
    rows[reply_at] = {**rows.pop(reply["ts"]), "ts": reply_at}
    rows[parent]["latest_reply"] = reply_at
    await place.walked(mode="incremental")
    await world.react("C02", marked, "tada")
    kinds = {ident: kind for kind, it in await place.heard() for ident in [it["id"]]}
    assert kinds[f"C02:{edited}"] == "updated"
    assert kinds[f"C02:{deleted}"] == "deleted"
    assert kinds[f"C02:{fresh['ts']}"] == kinds[f"C02:{reply_at}"] == "created"

    async def seen() -> bool:
        return any(
            it.get("metadata", {}).get("reactions") == "tada:1" for _, it in await place.heard()
        )

    await until(seen)


async def test_people_are_called_by_name_and_by_the_new_one_when_it_changes(place: Place) -> None:
    authors = {it["author"]["id"]: it["author"].get("name") for _, it in await place.heard()}
    assert authors == {"U01": "ana", "U02": "Bo B"}
    asked = [call.path for call in place.slack.calls]
    listed = asked.count("/api/users.list")
    assert 2 < listed <= len(place.world.places.users), "page by page, never once for each message"
    row = await place.world.say("C02", "<@U18> of <!subteam^S01>")
    assert await place.about(f"C02:{row['ts']}") == [("created", "@person 18 of @crew")]
    await place.world.rename("U01", "Ana Maria")
    await place.world.rename("S01", "sailors")
    row = await place.world.say("C02", "<@U01> of <#C01> and <!subteam^S01>")
    told = ("created", "@Ana Maria of #general and @sailors")
    assert await place.about(f"C02:{row['ts']}") == [told]


async def test_people_are_listed_politely_and_the_messages_wait_for_their_names(
    database_url: str, nats_url: str
) -> None:
    slack = app(post, "", SECRET, messages=1, most=8)
    slack.pace.gaps["users.list"] = 0.2
    async with connected(slack, UNMETERED, database_url, nats_url) as place:
        assert (await place.walked())["status"] == "success"
        assert slack.pace.refusals["users.list"] > 0
        found = await place.heard()
        assert {it["author"].get("name") for _, it in found} == {"ana", "Bo B"}


async def test_23_without_its_scope_a_group_is_called_by_its_id(
    database_url: str, nats_url: str
) -> None:
    slack = app(post, "", SECRET, messages=MESSAGES)
    scopes = ["channels:read", "channels:history", "users:read"]
    async with connected(slack, UNMETERED, database_url, nats_url, scopes=scopes) as place:
        assert (await place.walked())["status"] == "success"
        row = await place.world.say("C02", "<@U01> of <!subteam^S01>")
        assert await place.about(f"C02:{row['ts']}") == [("created", "@ana of @S01")]


async def test_16_an_expired_token_is_rotated_once_for_all_walks(place: Place) -> None:
    place.slack.fail(Fault("expired"))
    run = await place.walked(mode="full")
    assert run["status"] == "success", run
    assert (place.slack.consent.refreshes, place.slack.consent.reuses) == (1, 0)


async def test_limits_and_faults_within_a_200_are_got_over(place: Place) -> None:
    place.slack.pace.most, place.slack.pace.every = 15, 0.1
    place.slack.fail(Fault("internal_error"))
    fresh = place.world.write("C01", "said while it was slow")
    async with asyncio.TaskGroup() as tasks:
        walk = tasks.create_task(place.walked(mode="incremental", stream="messages"))
        await until(lambda: place.slack.pace.limited > 1)
        place.slack.pace.every = 0.0
    assert walk.result()["status"] == "success", walk.result()
    assert await place.about(f"C01:{fresh['ts']}") == [("created", "said while it was slow")]


async def test_13_a_refused_method_waits_alone_and_the_run_says_so(
    database_url: str, nats_url: str
) -> None:
    slack = app(post, "", SECRET, messages=MESSAGES, most=15, every=60.0)
    async with connected(slack, provider, database_url, nats_url) as place:
        http, run = place.service.http, dict[str, Any]()

        async def waits() -> bool:
            reply = await http.get("/sync/runs", headers=place.key)
            run.update(reply.json()["runs"][0])
            return bool(run["waiting"])

        await until(waits)
        assert "limit of calls is reached" in run["waiting"]
        assert 0 < run["waiting_seconds"] <= 80
        people = await http.get("/api/v1/users?user_id=ana", headers=place.key)
        assert people.status_code == 200, "only what was refused waits"
        listed = await http.get("/api/v1/channels/C01/messages?user_id=ana", headers=place.key)
        assert listed.status_code == 429
        assert int(listed.headers["retry-after"]) <= 60
        calls = [it for it in slack.calls if it.path == "/api/conversations.history"]
        assert sum(it.status == 429 for it in calls) <= 4, "as many as were under way"
        assert len(calls) - sum(it.status == 429 for it in calls) == 1


@asynccontextmanager
async def locked(place: Place) -> AsyncIterator[None]:
    """Nothing can be stored of deliveries for as long as the block lasts."""
    assert place.service.hub.settings.webhook.timeout <= 2, "Slack gives up after three seconds"
    async with place.service.hub.db.transaction() as conn:
        await conn.execute("lock table webhook_inbox in access exclusive mode")
        yield


async def waits(place: Place) -> bool:
    """Whether somebody waits for that lock."""
    return bool(
        await place.rows(
            "select from pg_locks where not granted and relation = 'webhook_inbox'::regclass"
        )
    )


async def sent(place: Place, body: bytes, more: dict[str, str] | None = None) -> int:
    """How a signed delivery is answered."""
    headers = place.world.signed(body) | (more or {})
    answer = await place.service.http.post("/webhook", content=body, headers=headers)
    return answer.status_code


async def test_3_an_event_that_could_not_be_stored_in_time_is_taken_when_it_comes_again(
    place: Place,
) -> None:
    event = {"type": "message", "user": "U01", "text": "kept", "ts": place.world.ts()}
    event |= {"channel": "C01", "channel_type": "channel"}
    body = json.encode(
        {"type": "event_callback", "team_id": "T01", "event": event, "event_id": "EvSLOW"}
    )
    async with locked(place):
        async with asyncio.timeout(3.0):  # that is how long Slack listens
            assert await sent(place, body) == 503
        question = json.encode({"type": "url_verification", "challenge": "3eZbrw1a"})
        assert await sent(place, question) == 200, "which needs no database"
    retry = {"x-slack-retry-num": "1", "x-slack-retry-reason": "http_error"}
    async with asyncio.TaskGroup() as tasks, locked(place):
        again = tasks.create_task(sent(place, body, retry))
        await until(lambda: waits(place))
    assert again.result() == 200, "slow, but in time"
    assert await sent(place, body, retry | {"x-slack-retry-num": "2"}) == 200
    assert await place.about(f"C01:{event['ts']}") == [("created", "kept")]


async def test_a_caller_says_something_and_no_loop_begins(place: Place) -> None:
    before = len(await place.heard())
    http = place.service.http
    wish = {"channel": "C01", "text": "Hello <@U01>"}
    sent = await http.post("/api/v1/messages?user_id=ana", json=wish, headers=place.key)
    assert sent.status_code == 201, sent.text
    assert sent.json()["content"] == "Hello @ana"
    direct = {"users": ["U01"], "text": "Hi"}
    done = await http.post("/api/v1/direct-messages?user_id=ana", json=direct, headers=place.key)
    assert done.json()["id"].startswith("D04:")
    people = await http.get("/api/v1/users?user_id=ana", headers=place.key)
    assert people.json()["users"][1]["name"] == "Bo B"
    wrong = {**wish, "channel": "C99"}
    refused = await http.post("/api/v1/messages?user_id=ana", json=wrong, headers=place.key)
    assert refused.status_code == 404
    assert len(await place.heard()) == before


async def test_a_file_is_shared_and_its_bytes_carry_no_token(place: Place) -> None:
    wish = {"user_id": "ana", "channel": "C01", "filename": "a.txt", "text": "as asked"}
    shared = await place.service.http.post(
        "/api/v1/files", params=wish, content=b"four", headers=place.key
    )
    assert shared.status_code == 201, shared.text
    uploads = place.slack.uploads
    assert (uploads.taken, uploads.strangers) == ({shared.json()["id"]: b"four"}, 0)
    assert max(place.world.rows["C01"].items())[1]["files"][0]["name"] == "a.txt"


async def test_slack_asks_whether_the_address_is_ours(place: Place) -> None:
    body = json.encode({"type": "url_verification", "challenge": "3eZbrw1a"})
    asked = await place.service.http.post(
        "/webhook", content=body, headers=place.world.signed(body)
    )
    assert (asked.status_code, asked.text) == (200, "3eZbrw1a")
    assert asked.headers["content-type"].startswith("text/plain")
    unsigned = await place.service.http.post("/webhook", content=body)
    assert unsigned.status_code == 401


async def test_a_removed_app_ends_the_connection(place: Place) -> None:
    place.service.hub.tokens._again = 0.1  # a grant is refused twice before it counts as dead
    place.slack.consent.tokens.clear()
    place.slack.consent._grants.clear()
    await place.world.tell({"type": "tokens_revoked", "tokens": {"bot": ["U0B"]}})
    await place.world.tell({"type": "app_uninstalled"})

    async def ended() -> bool:
        reply = await place.service.http.get("/accounts", headers=place.key)
        return bool(reply.json()["accounts"][0]["status"] == "expired")

    await until(ended)
