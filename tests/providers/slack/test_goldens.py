"""Every payload against the Messages it becomes; `UPDATE_EXPECTED=1` writes them anew."""

import os
import re
from pathlib import Path

import msgspec
import pytest

from services.slack.provider import provider
from shared.normalizer import Message, encode
from tests.contract.reading import ROOT, Sample, messages, samples, signed

EXPECTED = Path(__file__).parent / "expected"
SAMPLES = samples("slack")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda it: it.path.stem)
def test_a_recorded_payload_becomes_its_golden(sample: Sample) -> None:
    encoded = [encode(it) for it in messages(provider, signed("slack", b"secret", sample))]
    told = msgspec.json.format(b"[%b]" % b",".join(encoded), indent=1) + b"\n"
    path = EXPECTED / sample.path.name
    if os.environ.get("UPDATE_EXPECTED"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(told)
    assert told == path.read_bytes()
    assert [encode(it) for it in msgspec.json.decode(told, type=list[Message])] == encoded


def test_no_golden_is_left_behind() -> None:
    assert {it.name for it in EXPECTED.glob("*.json")} == {it.path.name for it in SAMPLES}


def test_each_of_the_twenty_three_questions_has_a_test_by_its_number() -> None:
    files = [*Path(__file__).parent.glob("test_*.py"), ROOT / "tests/integration/test_slack.py"]
    asked = {it for file in files for it in re.findall(r"def test_(\d+)_", file.read_text())}
    assert asked == {str(number) for number in range(1, 24)}


def test_at_least_sixty_shapes_of_messages_are_told() -> None:
    assert sum(it.path.name.startswith("message") for it in SAMPLES) >= 60
