"""Every recorded payload against the Messages it becomes; `UPDATE_EXPECTED=1` writes them anew."""

import os
from pathlib import Path

import msgspec
import pytest

from services.github.provider import provider
from shared.normalizer import Message, encode
from tests.contract.reading import Sample, messages, samples, signed

EXPECTED = Path(__file__).parent / "expected"
SAMPLES = samples("github")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda it: it.path.stem)
def test_a_recorded_payload_becomes_its_golden(sample: Sample) -> None:
    found = list(messages(provider, signed("github", b"secret", sample)))
    told = msgspec.json.format(b"[%b]" % b",".join(map(encode, found)), indent=1) + b"\n"
    golden = EXPECTED / sample.path.name
    if os.environ.get("UPDATE_EXPECTED"):
        EXPECTED.mkdir(exist_ok=True)
        golden.write_bytes(told)
    assert told == golden.read_bytes()
    assert msgspec.json.decode(told, type=list[Message]) == found


def test_no_golden_is_left_behind() -> None:
    recorded = {it.path.name for it in SAMPLES}
    assert {path.name for path in EXPECTED.iterdir()} == recorded
