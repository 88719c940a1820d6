"""Whatever is dropped from a payload or put into it: a Message that can be sent, or Unreadable."""

from typing import Any

import pytest
from msgspec import json

from services.gitlab.provider import provider
from shared.errors import Unreadable, UnsupportedEvent
from shared.normalizer import Message, encode
from tests.contract.reading import Sample, messages, samples
from tests.providers.gitlab.material import delivery

SAMPLES = samples("gitlab")
EACH = list({it.path.stem.partition(".")[0]: it for it in SAMPLES}.values())
"""One payload of every event."""
OTHERS: list[Any] = [None, True, 0, 10**30, "", "\x00", "\ud7ff", [], [None], {"id": None}]
PARTS = ("object_attributes", "project", "user", "issue", "merge_request")


def survives(body: Any) -> None:
    try:
        found = list(messages(provider, delivery(body)))
    except (Unreadable, UnsupportedEvent):
        return
    for message in found:
        assert json.decode(encode(message), type=Message) == message
        assert all(isinstance(it, str) and it for it in message.metadata.values())
        assert not any(it.isspace() for it in message.id)


@pytest.mark.parametrize("sample", EACH, ids=lambda it: it.path.stem)
def test_each_field_may_be_missing_or_of_another_kind(sample: Sample) -> None:
    body = json.decode(sample.body)
    for part in [body, *(body[name] for name in PARTS if isinstance(body.get(name), dict))]:
        for name in list(part):
            kept = part.pop(name)
            survives(body)
            for other in (*OTHERS, [kept], {"it": kept}):
                part[name] = other
                survives(body)
            part[name] = kept


@pytest.mark.parametrize("sample", EACH, ids=lambda it: it.path.stem)
def test_a_payload_cut_anywhere_is_unreadable(sample: Sample) -> None:
    for end in range(0, len(sample.body) - 2, max(1, len(sample.body) // 20)):
        with pytest.raises(Unreadable):
            list(messages(provider, delivery(sample.body[:end])))
