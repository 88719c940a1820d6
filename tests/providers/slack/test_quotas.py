"""What Slack counts by, and both regimes of its history."""

import re

import pytest

from services.slack.provider import provider
from services.slack.quotas import QUOTAS
from shared.config import load
from shared.types import Charge
from tests.contract.reading import ROOT
from tests.contract.test_providers import environment
from tests.providers.slack.material import Room, said, walk

pytestmark = pytest.mark.anyio

assert provider.charges
CHARGES = provider.charges
SLOW = "conversations.history=1/60s,conversations.replies=1/60s"


def test_every_method_that_is_called_is_counted_apart() -> None:
    code = "".join(path.read_text() for path in ROOT.glob("services/slack/*.py"))
    called = set(re.findall(r'"/([a-z]+(?:\.[A-Za-z]+)+)"', code))
    called |= {f"conversations.{it}" for it in ("history", "replies")}
    called |= {f"reactions.{it}" for it in ("add", "remove")}
    assert called == set(QUOTAS)
    for name in called:
        assert list(CHARGES("GET", f"/{name}", b"")) == [Charge(name)]
    assert list(CHARGES("GET", "/some.thing", b"")) == []


def test_a_person_and_the_bot_share_what_their_workspace_may_ask() -> None:
    assert {provider.counted_by(it) for it in ("T01", "T01:U07")} == {"T01"}


def test_14_the_slow_regime_is_one_variable() -> None:
    quotas = load(provider, {**environment(provider), "SLACK_QUOTAS": SLOW}).provider.quotas
    assert {quota.capacity / quota.per for quota in quotas.values()} == {1 / 60}
    told = (ROOT / "services/slack/README.md").read_text()
    assert SLOW in told


@pytest.mark.parametrize(("pace", "limit"), [(50 / 60, "999"), (12 / 60, "999"), (1 / 60, "15")])
async def test_14_a_page_is_as_large_as_the_regime_allows(pace: float, limit: str) -> None:
    room = Room(15)
    room.api.paces = dict.fromkeys(("/conversations.history", "/conversations.replies"), pace)
    first = room.say(1)
    stamps = [first, *(room.say(second, thread_ts=first) for second in range(2, 40))]
    assert len(said(await walk("messages", room.api))) == len(stamps)
    assert {call.params["limit"] for call in room.api.asked} == {limit}
