"""An app that was given to a whole organization: one account for all of its workspaces, from install to bus."""

from collections import Counter
from collections.abc import AsyncIterator

import pytest
from msgspec import json

from services.slack.simulator import app
from shared.http.roleplay import post
from tests.fakes.chat import SECRET, UNMETERED, Place, connected
from tests.fakes.simulated import until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

MESSAGES = 2


@pytest.fixture
async def place(database_url: str, nats_url: str, anyio_backend: str) -> AsyncIterator[Place]:
    """Two workspaces, listed in short pages."""
    slack = app(post, "", SECRET, messages=MESSAGES, most=4, org=True)
    async with connected(slack, UNMETERED, database_url, nats_url) as it:
        assert (await it.walked())["status"] == "success"
        yield it


async def routes(place: Place) -> set[str]:
    return {key for (key,) in await place.rows("select key from route")}


async def said_in(place: Place, channel: str) -> int:
    return sum(it["id"].startswith(f"{channel}:") for _, it in await place.heard())


async def test_18_one_account_tells_what_is_said_in_every_workspace(place: Place) -> None:
    ((name, account),) = (await place.accounts()).items()
    assert (name, account["name"]) == ("E01", "Acme Group")
    rooms = {"C01", "C02", "G03", "D04", "C09", "C21"}
    account_wide = {"enterprise:E01", "bot:E01", "team:T01", "team:T02"}
    assert await routes(place) == account_wide | {f"channel:{it}" for it in rooms}
    theirs = [
        f"{channel}:{ts}"
        for channel in rooms
        for ts, row in place.world.rows[channel].items()
        if row["user"] != "U0B"
    ]
    found = await place.heard()
    assert Counter(it["id"] for _, it in found) == Counter(theirs), "a shared room is told once"
    row = await place.world.say("C21", "<@U21> of <!subteam^S02>, <@U01> of <#C09>")
    told = "@person 21 of @east, @ana of #everybody"
    assert await place.about(f"C21:{row['ts']}") == [("created", told)]
    await place.world.edit("C21", row["ts"], "said better")
    own = await place.world.say("C21", "I said that", user="U0B", bot_id="B0B", app_id="A01")
    assert len(await place.about(f"C21:{row['ts']}")) == 2
    assert await place.about(f"C21:{own['ts']}") == []
    missed = place.world.write("C21", "while you were limited")
    body = json.encode({"type": "app_rate_limited", "team_id": "T02", "api_app_id": "A01"})
    await place.service.http.post("/webhook", content=body, headers=place.world.signed(body))

    async def found_at_last() -> bool:
        return bool(await place.about(f"C21:{missed['ts']}"))

    await until(found_at_last)


async def test_18_a_workspace_that_is_added_is_walked_and_one_that_is_taken_is_left(
    place: Place,
) -> None:
    early = await place.world.say("C31", "before you came")
    assert await said_in(place, "C31") == 0
    await place.world.give("T03", "Acme West")

    async def walked() -> bool:
        return await said_in(place, "C31") == len(place.world.rows["C31"]) - 1

    await until(walked)
    assert await place.about(f"C31:{early['ts']}") == [("created", "before you came")]
    assert {"team:T03", "channel:C31"} <= await routes(place)

    async def named() -> bool:
        row = await place.world.say("C31", "<@U31>")
        return await place.about(f"C31:{row['ts']}") == [("created", "@person 31")]

    await until(named)
    await place.world.take("T02")

    async def left() -> bool:
        return not {"team:T02", "channel:C21"} & await routes(place)

    await until(left)
    assert {"team:T01", "team:T03", "channel:C09"} <= await routes(place), "what is shared stays"
    before = await place.heard()
    await place.world.say("C21", "behind your back")
    assert await place.heard() == before
    assert "deleted" not in {kind for kind, _ in before}, "what was told is not taken back"
    ((_, account),) = (await place.accounts()).items()
    assert account["status"] == "active"


async def test_18_callers_list_by_workspace_until_the_organization_takes_the_app_away(
    place: Place,
) -> None:
    async def listed(path: str, **more: str) -> set[str]:
        where, found = {"user_id": "ana", **more}, set[str]()
        while True:
            reply = await place.service.http.get(f"/api/v1/{path}", params=where, headers=place.key)
            if reply.status_code != 200:
                return {str(reply.status_code)}
            rows, *following = reply.json().values()
            found |= {it["id"] for it in rows}
            if not any(following):
                return found
            where["cursor"] = following[0]

    assert await listed("workspaces") == {"T01", "T02"}
    assert await listed("channels", team="T02") == {"C09", "C21"}
    assert await listed("users", team="T02") == {"U21"}
    assert await listed("users") == await listed("channels") == {"400"}, "of which workspace?"
    place.service.hub.tokens._again = 0.1
    place.slack.consent.withdraw("U0B")
    await place.world.tell({"type": "tokens_revoked", "tokens": {"bot": ["U0B"]}}, "E01")

    async def ended() -> bool:
        return bool((await place.accounts())["E01"]["status"] == "expired")

    await until(ended)
