"""Webhooks of a place: made once, shared, mended, missed, and stopped."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.figma import hooks
from services.figma.dialect import Hidden
from services.figma.provider import provider
from services.figma.webhook import passcode
from shared.errors import Impossible, ItemGone, Refused
from shared.provider import Hook, Subscribing
from shared.types import Resource, Secret
from tests.fakes.api import Answer, Call, FakeApi

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 2, 1, tzinfo=UTC)
URL = "https://hub.example.com/webhook"
SECRET = Secret("s3cret")
TEAM, FOLDER, FILE = Resource("team:1"), Resource("folder:41"), Resource("file:A1")


class Figma:
    """The webhooks of one place, of which it takes only so many."""

    def __init__(self, *rows: dict[str, Any], most: int = 20) -> None:
        self.rows = {str(row["id"]): row for row in rows}
        self.most = most
        self.api = FakeApi({("GET", hooks.PATH): self._list, ("POST", hooks.PATH): self._make})
        for ident in [*self.rows, *map(str, range(100, 110))]:
            self.api.answers["PUT", f"{hooks.PATH}/{ident}"] = self._change
            self.api.answers["DELETE", f"{hooks.PATH}/{ident}"] = self._end

    @property
    def written(self) -> list[str]:
        return [it.method for it in self.api.asked if it.method != "GET"]

    def _list(self, call: Call) -> Answer:
        assert {*call.params} == {"context", "context_id"}
        return Answer({"webhooks": [{**row, "passcode": ""} for row in self.rows.values()]})

    def _make(self, call: Call) -> Any:
        if len(self.rows) >= self.most:
            return Refused("the provider answered 400")
        ident = str(100 + len(self.rows))
        self.rows[ident] = {"id": ident, **call.body}
        return Answer(self.rows[ident])

    def _change(self, call: Call) -> Any:
        row = self.rows[call.path.rpartition("/")[2]]
        row |= call.body
        return Answer(row)

    def _end(self, call: Call) -> Any:
        if self.rows.pop(call.path.rpartition("/")[2], None) is None:
            return ItemGone()
        return Answer({})


def at(figma: Figma, resource: Resource, hook: Hook | None = None, **more: Any) -> Subscribing:
    return Subscribing(figma.api, URL, more.get("secret", SECRET), resource, hook)


def now() -> datetime:
    return NOW


def foreign(ident: str, event: str = "FILE_COMMENT") -> dict[str, Any]:
    return {"id": ident, "event_type": event, "endpoint": "https://x.example", "status": "ACTIVE"}


@pytest.mark.parametrize(
    ("resource", "context", "events"),
    [
        (TEAM, "team", hooks.OF_MANY),
        (FOLDER, "project", hooks.OF_MANY),
        (FILE, "file", hooks.OF_FILE),
    ],
    ids=lambda it: it.id if isinstance(it, Resource) else "",
)
async def test_a_place_has_a_webhook_for_each_event(
    resource: Resource, context: str, events: tuple[str, ...]
) -> None:
    figma = Figma()
    made = await hooks.create(at(figma, resource), now)
    assert [it["event_type"] for it in figma.rows.values()] == [*events]
    one = next(iter(figma.rows.values()))
    assert (one["context"], one["context_id"]) == (context, resource.id.partition(":")[2])
    assert one["endpoint"] == f"{URL}?place={resource.id}"
    assert one["passcode"] == passcode(b"s3cret", resource.id).decode()
    assert (made.remote_id, made.expires_at) == (resource.id, NOW + timedelta(days=1))
    assert {*made.facts} == {*events, hooks.SECRET}
    assert one["passcode"] not in str(made.facts)


@pytest.mark.parametrize("fact", ["via", "missing"])
async def test_a_file_whose_team_tells_of_it_or_that_is_lost_gets_none(fact: str) -> None:
    with pytest.raises(Impossible):
        await hooks.create(at(Figma(), Resource("file:A1", facts={fact: "team:1"})), now)


async def test_a_file_that_its_team_tells_of_now_loses_its_own() -> None:
    figma = Figma()
    made = await hooks.create(at(figma, FILE), now)
    with pytest.raises(Impossible):
        await hooks.renew(at(figma, Resource("file:A1", facts={"via": "team:1"}), made), now)
    assert figma.rows == {}


async def test_a_second_account_shares_what_the_first_one_made() -> None:
    figma = Figma(foreign("7"))
    first = await hooks.create(at(figma, FILE), now)
    second = await hooks.create(at(figma, FILE), now)
    assert first.facts == second.facts
    assert len(figma.rows) == 4
    assert figma.rows["7"]["endpoint"] == "https://x.example", "others' are left alone"
    assert figma.written.count("POST") == 3


async def test_what_is_right_is_not_written_again() -> None:
    figma = Figma()
    made = await hooks.create(at(figma, FILE), now)
    figma.api.asked.clear()
    assert (await hooks.renew(at(figma, FILE, made), now)).facts == made.facts
    assert [it.method for it in figma.api.asked] == ["GET"]


async def test_another_secret_is_told_to_all_of_them() -> None:
    figma = Figma()
    made = await hooks.create(at(figma, FILE), now)
    renewed = await hooks.renew(at(figma, FILE, made, secret=Secret("new")), now)
    proof = passcode(b"new", "file:A1").decode()
    assert {it["passcode"] for it in figma.rows.values()} == {proof}
    assert renewed.facts[hooks.SECRET] != made.facts[hooks.SECRET]


async def test_a_paused_one_is_woken_and_counted() -> None:
    figma = Figma()
    made = await hooks.create(at(figma, FILE), now)
    figma.rows["101"]["status"] = "PAUSED"
    assert await hooks.repair(at(figma, FILE, made)) == 1
    assert figma.rows["101"]["status"] == "ACTIVE"
    assert await hooks.repair(at(figma, FILE, made)) == 0


async def test_a_deleted_one_is_missed_at_the_next_look() -> None:
    figma = Figma()
    made = await hooks.create(at(figma, FILE), now)
    del figma.rows["101"]
    with pytest.raises(ItemGone):
        await hooks.repair(at(figma, FILE, made))
    again = await hooks.create(at(figma, FILE), now)
    assert {*again.facts} == {*made.facts}


async def test_24_a_place_that_is_full_is_told_so() -> None:
    assert len(hooks.OF_FILE) <= 3
    assert len(hooks.OF_MANY) <= 5
    figma = Figma(foreign("7"), foreign("8"), most=3)
    with pytest.raises(Refused, match="a file 3 in all"):
        await hooks.create(at(figma, FILE), now)
    assert type(Refused()) is Refused


async def test_who_may_make_none_is_told_once_and_left_alone() -> None:
    figma = Figma()
    figma.api.answers["POST", hooks.PATH] = Hidden("no")
    with pytest.raises(Impossible, match="admin"):
        await hooks.create(at(figma, TEAM), now)


async def test_all_are_ended_also_when_some_are_gone() -> None:
    figma = Figma(foreign("7"))
    made = await hooks.create(at(figma, FILE), now)
    del figma.rows["102"]
    await hooks.stop(at(figma, FILE, made))
    assert {*figma.rows} == {"7"}
    await hooks.stop(at(figma, FILE))


def test_accounts_that_may_not_make_webhooks_make_none() -> None:
    (declared,) = provider.subscriptions
    assert declared.scopes == {"webhooks:write"}
    assert declared.stream == "files"
