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


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "created"),
    [
        ("everything", "2026-01-01T08:00:00.123000+00:00"),
        ("utc", "2026-01-01T00:00:00+00:00"),
        ("india", "2025-12-31T18:30:00+00:00"),
    ],
)
async def test_10_a_time_without_a_colon_in_its_offset_is_told_in_utc(
    name: str, created: str
) -> None:
    first, *_ = said(await walk("issues", listing(answer(f"issue.{name}")))).values()
    assert first.timestamp.isoformat() == created


@pytest.mark.anyio
async def test_21_what_customers_do_not_see_is_marked() -> None:
    found = said(await walk("issues", listing(answer("issue.internal_note")))).values()
    marks = {it.content: it.metadata.get("internal") for it in found if it.type == "comment"}
    assert marks == {"Do not tell them": "true", "Dear customer": None}


def test_no_golden_is_left_behind() -> None:
    assert {it.stem for it in EXPECTED.glob("*.json")} == set(ISSUES)
