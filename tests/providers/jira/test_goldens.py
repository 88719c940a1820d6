"""Every recorded payload against the Messages it becomes; `UPDATE_EXPECTED=1` writes them anew."""

from pathlib import Path

import pytest

from services.jira.provider import provider
from shared.normalizer import encode
from tests.contract.reading import Sample, golden, messages, samples, signed
from tests.providers.jira.material import PAYLOADS, answer, listing, said, walk

EXPECTED = Path(__file__).parent / "expected"
SAMPLES = samples("jira")
ISSUES = sorted(it.stem for it in (PAYLOADS / "api").glob("issue.*.json"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda it: it.path.stem)
def test_a_delivery_is_a_hint_and_nothing_of_it_is_believed(sample: Sample) -> None:
    assert list(messages(provider, signed("jira", b"secret", sample))) == []


@pytest.mark.anyio
@pytest.mark.parametrize("name", ISSUES)
async def test_a_recorded_issue_becomes_its_golden(name: str) -> None:
    pages = await walk("issues", listing(answer(name)))
    golden(EXPECTED / f"{name}.json", map(encode, said(pages).values()))


def test_no_golden_is_left_behind() -> None:
    assert {it.stem for it in EXPECTED.glob("*.json")} == set(ISSUES)
