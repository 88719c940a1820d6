"""Whatever is dropped from a payload or put into it: a Message that can be sent, or Unreadable."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import json

from services.github.provider import provider
from shared.errors import Unreadable
from shared.normalizer import Message, encode
from tests.contract.reading import Sample, messages, samples, signed
from tests.providers.github.material import delivery

SAMPLES = samples("github")
EACH = list({it.path.stem.partition(".")[0]: it for it in SAMPLES}.values())
"""One payload of every event."""
OTHERS: list[Any] = [
    None,
    True,
    0,
    10**30,
    "",
    "\x00",
    "2026-01-01T00:00:00Z",
    [],
    [None],
    {"id": None},
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every member of a JSON value."""
    pairs: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    return [way for key, inner in pairs for way in [(*path, key), *places(inner, (*path, key))]]


def survives(event: str, body: Any) -> None:
    try:
        found = list(messages(provider, delivery(event, body)))
    except Unreadable:
        return
    for message in found:
        assert json.decode(encode(message), type=Message) == message
        assert all(isinstance(it, str) and it for it in message.metadata.values())


@pytest.mark.parametrize("sample", EACH, ids=lambda it: it.path.stem)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_changed_field_is_survived(sample: Sample, data: st.DataObject) -> None:
    body = json.decode(sample.body)
    for _ in range(data.draw(st.integers(1, 3))):
        ways = [way for way in places(body) if not str(way[-1]).endswith("_url")]
        if not ways:
            break
        *way, last = data.draw(st.sampled_from(ways))
        inner: Any = body
        for key in way:
            inner = inner[key]
        match data.draw(st.sampled_from(["drop", "retype", "nest"])):
            case "drop":
                del inner[last]
            case "retype":
                inner[last] = deepcopy(data.draw(st.sampled_from(OTHERS)))
            case _:
                it = inner[last]
                inner[last] = [it] if data.draw(st.booleans()) else {"it": it}
    survives(sample.headers["x-github-event"], body)


UNREAD = ("s_url", "events_url", "_id", "_count", "has_", "gravatar_id")
TOLD = [
    "issue",
    "pull_request",
    "comment",
    "review",
    "release",
    "discussion",
    "workflow_run",
    "repository",
]


@pytest.mark.parametrize("sample", EACH, ids=lambda it: it.path.stem)
def test_each_field_of_an_item_may_be_missing_or_of_another_kind(sample: Sample) -> None:
    event, body = sample.headers["x-github-event"], json.decode(sample.body)
    for part in [body, *(body[name] for name in TOLD if isinstance(body.get(name), dict))]:
        for name in [name for name in part if not name.endswith(UNREAD)]:
            kept = part.pop(name)
            survives(event, body)
            for other in (*OTHERS, [kept], {"it": kept}):
                part[name] = other
                survives(event, body)
            part[name] = kept


def test_a_payload_cut_anywhere_is_unreadable() -> None:
    for sample in [it for it in EACH if it.path.stem != "ping"]:
        whole = signed("github", b"secret", sample)
        for end in range(0, len(sample.body) - 2, max(1, len(sample.body) // 20)):
            with pytest.raises(Unreadable):
                list(
                    messages(provider, delivery(whole.headers["x-github-event"], sample.body[:end]))
                )
