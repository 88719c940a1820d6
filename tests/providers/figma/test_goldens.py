"""Every recorded payload against what it becomes; `UPDATE_EXPECTED=1` writes them anew."""

import re
from pathlib import Path

import pytest

from services.figma.provider import provider
from services.figma.webhook import IGNORED, TOLD
from shared.normalizer import encode
from shared.types import Nudge
from tests.contract.reading import ROOT, Sample, data, golden, messages, samples, signed
from tests.providers.figma.material import HEARING, recorded, said, walk

EXPECTED = data("figma") / "expected"
SAMPLES = samples("figma")
TELLING = [it for it in SAMPLES if it.path.stem.partition(".")[0] in TOLD]
LOOKING = [it for it in SAMPLES if it.path.stem.partition(".")[0] not in {*TOLD, *IGNORED}]
WALKS = sorted(it.stem for it in (data("figma") / "payloads/api").glob("*.json"))


@pytest.mark.parametrize("sample", TELLING, ids=lambda it: it.path.stem)
def test_what_only_a_webhook_tells_becomes_its_golden(sample: Sample) -> None:
    found = messages(provider, signed("figma", b"secret", sample))
    golden(EXPECTED / sample.path.name, map(encode, found))


@pytest.mark.parametrize("sample", LOOKING, ids=lambda it: it.path.stem)
def test_what_the_api_tells_as_well_makes_us_look(sample: Sample) -> None:
    found = list(HEARING.read(signed("figma", b"secret", sample)))
    assert found
    assert all(isinstance(it, Nudge) and it.resource.startswith("file:") for it in found)


@pytest.mark.anyio
@pytest.mark.parametrize("name", WALKS)
async def test_a_recorded_walk_becomes_its_golden(name: str) -> None:
    it = recorded(name)
    golden(
        EXPECTED / f"api/{name}.json", map(encode, said(await walk(it.stream, it.api, it.walked)))
    )


def test_no_golden_is_left_behind() -> None:
    assert {it.stem for it in EXPECTED.glob("api/*.json")} == set(WALKS)
    assert {it.name for it in EXPECTED.glob("*.json")} == {it.path.name for it in TELLING}


def test_at_least_fifty_payloads_are_recorded() -> None:
    assert len(SAMPLES) + len(WALKS) >= 50


def test_each_of_the_twenty_four_questions_has_a_test_by_its_number() -> None:
    files = [*Path(__file__).parent.glob("test_*.py"), ROOT / "tests/integration/test_figma.py"]
    names = [it for file in files for it in re.findall(r"def test_([\d_]+)_", file.read_text())]
    asked = {number for it in names for number in it.split("_")}
    assert asked == {str(number) for number in range(1, 25)}
