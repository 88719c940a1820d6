"""Every recorded payload against what it becomes; `UPDATE_EXPECTED=1` writes them anew."""

import re
from pathlib import Path

import pytest

from services.zoom.provider import provider
from shared.normalizer import encode
from tests.contract.reading import ROOT, Sample, data, golden, messages, samples, signed
from tests.providers.zoom.material import recorded, said, walk

EXPECTED = data("zoom") / "expected"
SAMPLES = samples("zoom")
READINGS = sorted(it.stem for it in (data("zoom") / "payloads/api").glob("*.json"))
DISCOVERING = ("library", "past")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda it: it.path.stem)
def test_a_recorded_event_becomes_its_golden(sample: Sample) -> None:
    found = messages(provider, signed("zoom", b"secret", sample))
    golden(EXPECTED / "webhook" / sample.path.name, map(encode, found))


@pytest.mark.anyio
@pytest.mark.parametrize("name", READINGS)
async def test_a_recorded_reading_becomes_its_golden(name: str) -> None:
    it = recorded(name)
    pages = await walk(it.stream, it.api, it.resource)
    golden(EXPECTED / "api" / f"{name}.json", map(encode, said(pages)))
    assert bool(pages[0].resources) is (it.stream in DISCOVERING)


def test_no_golden_is_left_behind() -> None:
    wanted = {f"webhook/{it.path.name}" for it in SAMPLES} | {f"api/{it}.json" for it in READINGS}
    assert {str(it.relative_to(EXPECTED)) for it in EXPECTED.rglob("*.json")} == wanted


def test_at_least_eighty_payloads_are_recorded() -> None:
    assert len(SAMPLES) + len(READINGS) >= 80


def test_each_of_the_twenty_one_questions_has_a_test_by_its_number() -> None:
    files = [*Path(__file__).parent.glob("test_*.py"), ROOT / "tests/integration/test_zoom.py"]
    asked = {it for file in files for it in re.findall(r"def test_(\d+)_", file.read_text())}
    assert asked == {str(number) for number in range(1, 22)}
