"""Every recorded payload against what it becomes; `UPDATE_EXPECTED=1` writes them anew."""

import re
from pathlib import Path

import pytest

from services.notion.provider import provider
from shared.normalizer import encode
from shared.types import Nudge
from tests.contract.reading import ROOT, Sample, data, golden, messages, samples, signed
from tests.providers.notion.material import HEARING, recorded, said, walk

EXPECTED = data("notion") / "expected"
SAMPLES = samples("notion")
READINGS = sorted(it.stem for it in (data("notion") / "payloads/api").glob("*.json"))
NAMES = {
    "05e10000-0000-4000-8000-000000000001": "Ana A",
    "05e10000-0000-4000-8000-000000000002": "Bo B",
}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda it: it.path.stem)
def test_an_event_carries_nothing_but_where_to_look(sample: Sample) -> None:
    told = list(HEARING.read(signed("notion", b"secret", sample)))
    assert list(messages(provider, signed("notion", b"secret", sample))) == []
    ignored = sample.path.stem in provider.ignored
    assert [isinstance(it, Nudge) for it in told] == [not ignored]


@pytest.mark.anyio
@pytest.mark.parametrize("name", READINGS)
async def test_a_recorded_reading_becomes_its_golden(name: str) -> None:
    it = recorded(name)
    pages = await walk("content", it.api, it.walked)
    golden(EXPECTED / f"api/{name}.json", map(encode, said(pages, NAMES)))


def test_no_golden_is_left_behind() -> None:
    assert {it.stem for it in EXPECTED.glob("api/*.json")} == set(READINGS)


def test_at_least_sixty_payloads_are_recorded() -> None:
    assert len(SAMPLES) + len(READINGS) >= 60


def test_each_of_the_twenty_five_questions_has_a_test_by_its_number() -> None:
    files = [*Path(__file__).parent.glob("test_*.py"), ROOT / "tests/integration/test_notion.py"]
    asked = {it for file in files for it in re.findall(r"def test_(\d+)_", file.read_text())}
    assert asked == {str(number) for number in range(1, 26)}
