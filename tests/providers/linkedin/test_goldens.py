"""Every recorded payload against the Messages it becomes; `UPDATE_EXPECTED=1` writes them anew.

The payloads are written after the shapes that LinkedIn documents.
"""

from pathlib import Path

import pytest
from msgspec import Raw

from services.linkedin.provider import provider
from shared.normalizer import Version, encode
from shared.sync.normalize import prepare
from shared.types import Record
from tests.contract.reading import Sample, data, golden, messages, samples, signed

EXPECTED = data("linkedin") / "expected"
SAMPLES = samples("linkedin")
LISTED = sorted((data("linkedin") / "payloads/api").glob("*.json"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda it: it.path.stem)
def test_a_recorded_payload_becomes_its_golden(sample: Sample) -> None:
    found = messages(provider, signed("linkedin", b"secret", sample))
    golden(EXPECTED / sample.path.name, map(encode, found))


@pytest.mark.parametrize("path", LISTED, ids=lambda it: it.stem)
def test_a_recorded_answer_becomes_its_golden(path: Path) -> None:
    kind = path.stem.partition("_")[0]
    told = prepare(provider)(Record(kind, Raw(path.read_bytes())))
    assert isinstance(told, Version)
    golden(EXPECTED / "api" / path.name, [encode(told.message)])


def test_no_golden_is_left_behind() -> None:
    wanted = {it.path.name for it in SAMPLES} | {f"api/{it.name}" for it in LISTED}
    assert {str(it.relative_to(EXPECTED)) for it in EXPECTED.rglob("*.json")} == wanted
