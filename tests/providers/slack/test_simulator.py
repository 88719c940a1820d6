"""The Slack that is played: what its lists give, and what it refuses, as the real one does."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from services.slack.simulator import Slack, app
from services.slack.simulator.consent import Holder
from shared.http.roleplay import post

pytestmark = pytest.mark.anyio

Ask = Callable[..., Any]
SCOPES = "channels:read,users:read,usergroups:read"


@asynccontextmanager
async def asking(slack: Slack, user: str = "U0B", scope: str = SCOPES) -> AsyncIterator[Ask]:
    """Calls with a token of the bot's, or of somebody else."""
    token = slack.consent._issue(Holder(user, scope))["access_token"]
    transport = httpx.ASGITransport(app=slack)  # type: ignore[arg-type] # the two spell ASGI apart
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://slack.example/api/", headers=headers
    ) as client:

        async def ask(method: str, **params: str | int) -> httpx.Response:
            return await client.get(method, params=params)

        yield ask


async def pages(ask: Ask, method: str, name: str, **params: str | int) -> list[list[str]]:
    found: list[list[str]] = []
    cursor = ""
    while cursor or not found:
        reply = (await ask(method, cursor=cursor, **params)).json()
        assert reply["ok"], reply
        found.append([it["id"] for it in reply[name]])
        cursor = reply["response_metadata"]["next_cursor"]
    return found


async def test_people_come_in_pages_of_any_length_and_each_once() -> None:
    slack = app(post, messages=0, most=2)
    async with asking(slack) as ask:
        found = await pages(ask, "users.list", "members", limit=200)
    everybody = [it["id"] for it in slack.world.places.users]
    assert [it for page in found for it in page] == sorted(everybody)
    assert {len(page) for page in found} == {0, 1, 2}, "short ones and empty ones"
    async with asking(slack) as ask:
        assert len(await pages(ask, "users.list", "members", limit=1)) >= len(everybody)


async def test_a_list_that_is_asked_for_too_often_is_refused_until_the_time_it_tells() -> None:
    now = 1_767_600_000.0
    slack = app(post, messages=0, now=lambda: now)
    slack.pace.gaps["users.list"] = 3.0
    async with asking(slack) as ask:
        assert (await ask("users.list")).status_code == 200
        refused = await ask("users.list")
        assert (refused.status_code, refused.json()["error"]) == (429, "ratelimited")
        assert (await ask("users.conversations", types="im")).status_code == 200, "this one alone"
        now += int(refused.headers["retry-after"])
        assert (await ask("users.list")).status_code == 200
    assert slack.pace.refusals == {"users.list": 1}


async def test_what_a_token_may_not_is_refused_within_a_200() -> None:
    slack = app(post, messages=0)
    async with asking(slack, scope="channels:read") as ask:
        for method in ("users.list", "usergroups.list"):
            refused = await ask(method)
            assert (refused.status_code, refused.json()["error"]) == (200, "missing_scope")
            assert refused.headers["x-oauth-scopes"] == "channels:read"
    async with asking(slack) as ask:
        assert (await ask("users.list", cursor="?")).json()["error"] == "invalid_cursor"
    slack.consent.expire()
    async with asking(slack) as ask:
        slack.consent.withdraw("U0B")
        assert (await ask("auth.test")).json()["error"] == "invalid_auth"


async def test_an_organization_is_asked_by_workspace_and_gives_what_it_gave() -> None:
    slack = app(post, messages=0, org=True)
    async with asking(slack) as ask:
        told = (await ask("auth.test")).json()
        assert (told["team_id"], told["is_enterprise_install"]) == ("E01", True)
        assert (await pages(ask, "auth.teams.list", "teams")) == [["T01", "T02"]]
        for method in ("users.list", "usergroups.list", "users.conversations"):
            assert (await ask(method, types="im")).json()["error"] == "missing_argument"
            other = await ask(method, types="im", team_id="T03")
            assert other.json()["error"] == "team_access_not_granted"


async def test_each_token_sees_the_conversations_of_its_holder() -> None:
    slack = app(post, messages=0)
    slack.world.open("D05", is_im=True, user="U02", only=["U01", "U02"])
    for user, rooms in (("U0B", ["D04"]), ("U01", ["D04", "D05"])):
        async with asking(slack, user) as ask:
            assert await pages(ask, "users.conversations", "channels", types="im") == [rooms]
            assert (await ask("conversations.info", channel="D05")).json()["ok"] is (user == "U01")
