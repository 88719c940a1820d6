"""Webhooks of our own: one on each site, made once, refreshed in time, made anew, and deleted."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.jira import hooks
from services.jira.provider import provider
from shared.errors import ItemGone, Refused
from shared.provider import Hook, Subscribing
from shared.sync.obstacles import obstacle
from shared.types import Resource, Secret
from tests.fakes.api import Answer, Call, FakeApi, gone
from tests.providers.jira.material import CLOUD, OTHER, SITES, answer

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 1, 2, tzinfo=UTC)
URL = "https://hub.example.com/webhook"
FILTER = 'project != "hub.example.com"'


class Jira:
    """The webhooks of two sites, by site and number."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[int, Any]] = {CLOUD: {}, OTHER: {}}
        self.full = False
        answers: dict[tuple[str, str], Any] = {SITES: Answer(answer("sites"))}
        for site in self.rows:
            path = f"/ex/jira/{site}/rest/api/3/webhook"
            answers["GET", path] = lambda _, site=site: {"values": [*self.rows[site].values()]}
            answers["POST", path] = lambda call, site=site: self._make(site, call)
            answers["PUT", f"{path}/refresh"] = Answer({"expirationDate": "2026-02-01T00:00Z"})
            answers["DELETE", path] = lambda call, site=site: self._delete(site, call)
        self.api = FakeApi(answers)

    def add(self, number: int, site: str = CLOUD, **more: Any) -> None:
        row = {"id": number, "jqlFilter": FILTER, "events": hooks.EVENTS, **more}
        self.rows[site][number] = row

    @property
    def asked(self) -> list[str]:
        """The writes, in order."""
        calls = [it for it in self.api.asked if it.method != "GET"]
        return [f"{it.method} {it.path.split('/')[3][:8]}" for it in calls]

    def _make(self, site: str, call: Call) -> Any:
        if self.full:
            return {"webhookRegistrationResult": [{"errors": ["Max 5 webhooks"]}]}
        assert call.body["url"] == URL
        (wish,) = call.body["webhooks"]
        self.add(1000 + len(self.rows[site]), site, **wish)
        return {"webhookRegistrationResult": [{"createdWebhookId": max(self.rows[site])}]}

    def _delete(self, site: str, call: Call) -> Any:
        for number in call.body["webhookIds"]:
            self.rows[site].pop(number, None)
        return Answer(None, 202)


def at(jira: Jira, hook: Hook | None = None) -> Subscribing:
    return Subscribing(jira.api, URL, Secret("unused"), Resource(), hook)


def now() -> datetime:
    return NOW


async def test_each_site_gets_one_for_all_issues_which_lives_for_thirty_days() -> None:
    jira = Jira()
    hook = await hooks.create(at(jira), now)
    assert hook == Hook("1000,1000", NOW + hooks.LIFE, {CLOUD: "1000", OTHER: "1000"})
    assert hooks.LIFE.days == 30
    for rows in jira.rows.values():
        assert rows[1000]["jqlFilter"] == FILTER
        assert rows[1000]["events"] == hooks.EVENTS
        assert "fieldIdsFilter" not in rows[1000]


async def test_one_that_is_there_is_refreshed_and_not_made_again() -> None:
    jira = Jira()
    hook = await hooks.create(at(jira), now)
    jira.api.asked.clear()
    assert await hooks.renew(at(jira, hook), now) == hook
    assert jira.asked == [f"PUT {CLOUD[:8]}", f"PUT {OTHER[:8]}"]
    refreshed = next(it for it in jira.api.asked if it.method == "PUT")
    assert refreshed.body == {"webhookIds": [1000]}


@pytest.mark.parametrize(
    "old", [{"jqlFilter": 'project != "old.example.com"'}, {"events": ["jira:issue_created"]}]
)
async def test_6_one_of_another_life_makes_room_for_the_right_one(old: dict[str, Any]) -> None:
    jira = Jira()
    jira.add(7, **old)
    hook = await hooks.create(at(jira), now)
    assert list(jira.rows[CLOUD]) == [int(hook.facts[CLOUD])]
    assert jira.asked[:2] == [f"DELETE {CLOUD[:8]}", f"POST {CLOUD[:8]}"]


async def test_6_of_two_that_are_alike_one_is_left() -> None:
    jira = Jira()
    jira.add(7)
    jira.add(8)
    assert (await hooks.create(at(jira), now)).facts[CLOUD] == "7"
    assert list(jira.rows[CLOUD]) == [7]


@pytest.mark.parametrize("told", [{}, {"webhookRegistrationResult": []}])
async def test_5_a_good_answer_that_made_nothing_is_a_refusal(told: Any) -> None:
    jira = Jira()
    jira.full = True
    with pytest.raises(Refused, match="five"):
        await hooks.create(at(jira), now)
    jira.api.answers["POST", f"/ex/jira/{CLOUD}/rest/api/3/webhook"] = Answer(told)
    with pytest.raises(Refused):
        await hooks.create(at(jira), now)


async def test_5_while_all_are_there_nothing_is_written() -> None:
    jira = Jira()
    hook = await hooks.create(at(jira), now)
    jira.api.asked.clear()
    assert await hooks.repair(at(jira, hook)) == 0
    assert jira.asked == []


async def test_5_one_that_was_deleted_or_a_new_site_without_one_is_made_by_the_hub() -> None:
    jira = Jira()
    hook = await hooks.create(at(jira), now)
    jira.rows[OTHER].clear()
    with pytest.raises(ItemGone):
        await hooks.repair(at(jira, hook))
    with pytest.raises(ItemGone):
        await hooks.repair(at(jira, Hook("1000", facts={CLOUD: "1000"})))


@pytest.mark.parametrize("error", [ItemGone(), Refused()])
async def test_a_site_that_does_not_let_us_costs_the_others_nothing(error: Exception) -> None:
    jira = Jira()
    path = f"/ex/jira/{CLOUD}/rest/api/3/webhook"
    listing, jira.api.answers["GET", path] = jira.api.answers["GET", path], error
    hook = await hooks.create(at(jira), now)
    assert hook.facts == {OTHER: "1000"}
    if isinstance(error, ItemGone):
        assert await hooks.repair(at(jira, hook)) == 0
    jira.api.answers["GET", path] = listing
    with pytest.raises(ItemGone):  # now that it lets us, it gets one
        await hooks.repair(at(jira, hook))
    jira.api.answers["GET", path] = error
    jira.api.answers["GET", f"/ex/jira/{OTHER}/rest/api/3/webhook"] = error
    with pytest.raises(type(error)):
        await hooks.create(at(jira), now)


async def test_all_are_deleted_and_a_site_that_is_gone_has_none() -> None:
    jira = Jira()
    hook = await hooks.create(at(jira), now)
    jira.api.answers["DELETE", f"/ex/jira/{CLOUD}/rest/api/3/webhook"] = gone
    await hooks.stop(at(jira, hook))
    assert jira.rows[OTHER] == {}
    await hooks.stop(at(jira))


def test_they_are_for_accounts_that_were_granted_the_scope() -> None:
    (asked,) = provider.subscriptions
    assert "manage:jira-webhook" in obstacle(asked, frozenset({"read:jira-work"}), URL, dev=False)
    granted = frozenset({"read:jira-work", "manage:jira-webhook"})
    assert obstacle(asked, granted, URL, dev=False) == ""
    assert asked.stream == "issues", "what was missed is walked"
