"""Every recorded payload against the Messages it becomes; `UPDATE_EXPECTED=1` writes them anew."""

from pathlib import Path

import pytest

from services.twitter.provider import provider
from shared.normalizer import encode
from tests.contract.reading import Sample, golden, messages, samples, signed
from tests.providers.twitter.material import recorded, said, walk

EXPECTED = Path(__file__).parent / "expected"
SAMPLES = samples("twitter")
WALKS = [it.name for it in provider.streams]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda it: it.path.stem)
def test_a_recorded_payload_becomes_its_golden(sample: Sample) -> None:
    told = messages(provider, signed("twitter", b"secret", sample))
    golden(EXPECTED / sample.path.name, map(encode, told))


@pytest.mark.anyio
@pytest.mark.parametrize("name", WALKS)
async def test_a_recorded_answer_becomes_its_golden(name: str) -> None:
    pages = await walk(name, recorded())
    golden(EXPECTED / "api" / f"{name}.json", map(encode, said(pages).values()))


def test_no_golden_is_left_behind() -> None:
    wanted = {it.path.name for it in SAMPLES} | {f"api/{name}.json" for name in WALKS}
    assert {str(it.relative_to(EXPECTED)) for it in EXPECTED.rglob("*.json")} == wanted
