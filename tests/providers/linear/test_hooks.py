"""Webhooks of our own: made once, mended, switched on again, and stopped."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from services.linear import hooks
from services.linear.provider import provider
from services.linear.queries import END_HOOK, HEALTH, HOOKS, MAKE_HOOK, MEND_HOOK
from shared.errors import ItemGone, Refused
from shared.provider import Hook, Subscribing
from shared.sync.obstacles import obstacle
from shared.types import Resource, Secret
from tests.fakes.api import Answer, Call, FakeApi

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 1, 1, tzinfo=UTC)
URL = "https://hub.example.com/webhook"
PUBLIC = Resource("t-1", "Engineering", facts={"visibility": "public"})
NOTHING = Resource()
PRIVATE = Resource("t-2", "Leads", facts={"visibility": "private"})


class Linear:
    """The webhooks of a workspace."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = {row["id"]: {"failures": [], **row} for row in rows}
        answers = {HOOKS: self._list, HEALTH: self._read, MAKE_HOOK: self._make}
        answers |= {MEND_HOOK: self._mend, END_HOOK: self._end}
        self.api = FakeApi({("GRAPHQL", query): answer for query, answer in answers.items()})
        self.success = True

    @property
    def asked(self) -> list[str]:
        """Which queries were made, in order, by their first word."""
        return [
            it.path.partition("{")[2].split("(")[0].split(":")[-1].strip() for it in self.api.asked
        ]

    def _list(self, _: Call) -> Answer:
        return Answer({"webhooks": {"nodes": list(self.rows.values())}})

    def _read(self, call: Call) -> Any:
        row = self.rows.get(call.body["id"])
        return Answer({"webhook": row}) if row else ItemGone()

    def _make(self, call: Call) -> Answer:
        wish = call.body["input"]
        row = {"id": "w-new", "failures": [], **wish}
        row["team"] = {"id": wish["teamId"]} if "teamId" in wish else None
        self.rows["w-new"] = row
        return Answer({"done": {"success": self.success, "webhook": {"id": "w-new"}}})

    def _mend(self, call: Call) -> Any:
        if call.body["id"] not in self.rows:
            return ItemGone()
        self.rows[call.body["id"]].update(call.body["input"])
        return Answer({"done": {"success": self.success}})

    def _end(self, call: Call) -> Any:
        if self.rows.pop(call.body["id"], None) is None:
            return ItemGone()
        return Answer({"done": {"success": self.success}})


def at(linear: Linear, resource: Resource = NOTHING, hook: Hook | None = None) -> Subscribing:
    return Subscribing(linear.api, URL, Secret("s3cret"), resource, hook)


def row(ident: str, **more: Any) -> dict[str, Any]:
    told = {"id": ident, "url": URL, "enabled": True, "allPublicTeams": True, "team": None}
    return {**told, "resourceTypes": hooks.KINDS, **more}


def now() -> datetime:
    return NOW


async def test_one_is_made_for_all_public_teams() -> None:
    linear = Linear()
    hook = await hooks.create(at(linear), now)
    made = linear.rows["w-new"]
    assert (made["allPublicTeams"], made["url"], made["secret"]) == (True, URL, "s3cret")
    assert "teamId" not in made
    assert hook.remote_id == "w-new"
    assert hook.expires_at == NOW + hooks.TRUSTED
    assert "s3cret" not in str(hook.facts)


async def test_one_is_made_for_each_private_team_and_none_for_a_public_one() -> None:
    linear = Linear(row("w-1"))
    assert (await hooks.create(at(linear, PUBLIC), now)).remote_id == hooks.PUBLIC
    assert linear.asked == []
    hook = await hooks.create(at(linear, PRIVATE), now)
    assert linear.rows[hook.remote_id]["teamId"] == "t-2"
    assert "allPublicTeams" not in linear.rows[hook.remote_id]


@pytest.mark.parametrize("visibility", ["private", "restricted", "something_new"])
async def test_what_is_not_plainly_public_gets_a_webhook(visibility: str) -> None:
    team = structs.replace(PRIVATE, facts={"visibility": visibility})
    assert (await hooks.create(at(Linear(), team), now)).remote_id == "w-new"


async def test_one_that_an_earlier_life_left_is_taken_over() -> None:
    linear = Linear(row("w-0", url="https://other.example.com"), row("w-1", enabled=False))
    assert (await hooks.create(at(linear), now)).remote_id == "w-1"
    assert linear.rows["w-1"]["enabled"] is True
    assert linear.rows["w-1"]["secret"] == "s3cret"
    team = row("w-2", allPublicTeams=False, team={"id": "t-2"})
    assert (await hooks.create(at(Linear(row("w-1"), team), PRIVATE), now)).remote_id == "w-2"


async def test_one_that_is_as_it_should_be_is_left_alone() -> None:
    linear = Linear()
    hook = await hooks.create(at(linear), now)
    linear.api.asked.clear()
    assert await hooks.renew(at(linear, hook=hook), now) == hook
    assert linear.asked == ["webhook"]


@pytest.mark.parametrize(
    "change",
    [{"enabled": False}, {"url": "https://old.example.com"}, {"resourceTypes": ["Issue"]}],
)
async def test_one_that_somebody_changed_is_mended(change: dict[str, Any]) -> None:
    linear = Linear()
    hook = await hooks.create(at(linear), now)
    linear.rows["w-new"] |= change
    await hooks.renew(at(linear, hook=hook), now)
    made = linear.rows["w-new"]
    assert (made["enabled"], made["url"], made["resourceTypes"]) == (True, URL, hooks.KINDS)


async def test_a_new_secret_is_told_to_linear() -> None:
    linear = Linear()
    hook = await hooks.create(at(linear), now)
    wish = structs.replace(at(linear, hook=hook), secret=Secret("another"))
    renewed = await hooks.renew(wish, now)
    assert linear.rows["w-new"]["secret"] == "another"
    assert renewed.facts != hook.facts


async def test_one_that_was_deleted_is_made_anew_by_the_hub() -> None:
    gone = Hook("w-9", expires_at=NOW)
    with pytest.raises(ItemGone):
        await hooks.renew(at(Linear(), hook=gone), now)


async def test_a_team_that_becomes_private_gets_one() -> None:
    linear = Linear()
    covered = Hook(hooks.PUBLIC)
    assert await hooks.renew(at(linear, PUBLIC, covered), now) == covered
    assert (await hooks.renew(at(linear, PRIVATE, covered), now)).remote_id == "w-new"


async def test_one_that_linear_switched_off_is_switched_on_and_has_a_gap() -> None:
    linear = Linear(row("w-1", enabled=False))
    assert await hooks.repair(at(linear, hook=Hook("w-1")), now) == 1
    assert linear.rows["w-1"]["enabled"] is True


@pytest.mark.parametrize(("ago", "missed"), [(60, 1), (599, 1), (601, 0)])
async def test_deliveries_that_lately_failed_are_a_gap(ago: int, missed: int) -> None:
    failed = {"createdAt": (NOW - timedelta(seconds=ago)).isoformat()}
    linear = Linear(row("w-1", failures=[failed]))
    assert await hooks.repair(at(linear, hook=Hook("w-1")), now) == missed


async def test_what_has_no_webhook_needs_no_repair_and_no_end() -> None:
    linear = Linear()
    for hook in (None, Hook(hooks.PUBLIC)):
        assert await hooks.repair(at(linear, hook=hook), now) == 0
        await hooks.stop(at(linear, hook=hook))
    assert linear.asked == []


async def test_one_is_stopped() -> None:
    linear = Linear(row("w-1"))
    await hooks.stop(at(linear, hook=Hook("w-1")))
    assert linear.rows == {}


async def test_a_write_that_did_nothing_is_refused() -> None:
    linear = Linear(row("w-1"))
    linear.success = False
    with pytest.raises(Refused):
        await hooks.stop(at(linear, hook=Hook("w-1")))
    with pytest.raises(Refused):
        await hooks.create(at(linear, PRIVATE), now)


@pytest.mark.parametrize("asked", provider.subscriptions, ids=lambda it: it.name)
def test_webhooks_are_for_accounts_that_were_granted_admin(asked: Any) -> None:
    assert "admin" in obstacle(asked, frozenset({"read", "write"}), URL, dev=False)
    assert obstacle(asked, frozenset({"read", "admin"}), URL, dev=False) == ""
