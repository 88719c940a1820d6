"""Every recorded payload against the Messages it becomes; `UPDATE_EXPECTED=1` writes them anew."""

from pathlib import Path

import pytest

from services.linear.provider import provider
from shared.normalizer import Version, encode
from shared.sync.normalize import prepare
from shared.types import Record
from tests.contract.reading import Sample, golden, samples, signed
from tests.fakes.api import FakeApi
from tests.providers.linear.material import answer, named, said, walk

EXPECTED = Path(__file__).parent / "expected"
SAMPLES = samples("linear")
WALKS = [it.name for it in provider.streams if it.name not in ("teams", "people")]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda it: it.path.stem)
def test_a_recorded_payload_becomes_its_golden(sample: Sample) -> None:
    normalize = prepare(provider)
    assert provider.webhook
    told = provider.webhook.read(signed("linear", b"secret", sample))
    found = [normalize(named(it)) for it in told if isinstance(it, Record)]
    bodies = [encode(it.message) for it in found if isinstance(it, Version)]
    golden(EXPECTED / sample.path.name, bodies)


@pytest.mark.anyio
@pytest.mark.parametrize("name", WALKS)
async def test_a_recorded_answer_becomes_its_golden(name: str) -> None:
    pages = await walk(name, FakeApi({("GRAPHQL", "*"): answer(name)}))
    golden(EXPECTED / "api" / f"{name}.json", map(encode, said(pages).values()))


def test_no_golden_is_left_behind() -> None:
    wanted = {it.path.name for it in SAMPLES} | {f"api/{name}.json" for name in WALKS}
    assert {str(it.relative_to(EXPECTED)) for it in EXPECTED.rglob("*.json")} == wanted
