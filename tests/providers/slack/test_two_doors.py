"""The same message, told by an event and listed by the history, is the same Message byte for byte."""

from typing import Any

import pytest

from shared.normalizer import encode
from shared.types import Resource
from tests.fakes.api import Answer, FakeApi
from tests.providers.slack.material import (
    BOT,
    PAYLOADS,
    listing,
    records,
    said,
    told,
    walk,
    webhook,
)

pytestmark = pytest.mark.anyio

NAMES = sorted(
    path.stem
    for path in (PAYLOADS / "webhook").glob("message.*.json")
    if path.stem not in ("message.replied", "message.no_authorizations", "message.no_channel_type")
)
NOT_LISTED = ("channel", "channel_type", "event_ts")
"""What an event has and a listed message has not."""


def room(event: dict[str, Any]) -> Resource:
    return Resource(event["channel"], "ops", (), {"type": event["channel_type"], **BOT})


async def walked(row: dict[str, Any], event: dict[str, Any]) -> tuple[dict[str, bytes], list[str]]:
    listed = {key: value for key, value in row.items() if key not in NOT_LISTED}
    api = FakeApi(
        {
            ("GET", "/conversations.history"): Answer(listing([listed])),
            ("GET", "/conversations.replies"): Answer(listing([])),
        }
    )
    pages = await walk("messages", api, resource=room(event))
    return said(pages), [it.revision for page in pages for it in page.records]


@pytest.mark.parametrize("name", NAMES)
async def test_a_message(name: str) -> None:
    body = webhook(name)
    listed, revisions = await walked(body["event"], body["event"])
    assert listed == {it.id: encode(it) for it in told(body)}
    assert revisions == [it.revision for it in records(body)]


@pytest.mark.parametrize("case", ["edited", "bot_updated", "reply_edited", "file_removed"])
async def test_a_message_after_a_change(case: str) -> None:
    body = webhook(f"message_changed.{case}")
    listed, revisions = await walked(body["event"]["message"], body["event"])
    assert listed == {it.id: encode(it) for it in told(body)}
    assert revisions == [it.revision for it in records(body)]


@pytest.mark.parametrize("case", ["unfurled", "counters"])
async def test_a_change_that_is_not_told_changes_nothing_of_the_message(case: str) -> None:
    event = webhook(f"message_changed.{case}")["event"]
    before, _ = await walked(event["previous_message"], event)
    after, _ = await walked(event["message"], event)
    assert before == after


async def test_a_tombstone() -> None:
    body = webhook("message_changed.parent_tombstone")
    listed, _ = await walked(body["event"]["message"], body["event"])
    assert listed == {it.id: encode(it) for it in told(body)}
