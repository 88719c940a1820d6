"""Every recorded payload against the Messages it becomes; `UPDATE_EXPECTED=1` writes them anew."""

from pathlib import Path
from typing import Any

import pytest

from services.github.provider import provider
from shared.normalizer import encode
from shared.types import Resource
from tests.contract.reading import Sample, golden, messages, samples, signed
from tests.fakes.api import Answer, FakeApi
from tests.providers.github.material import answer, said, walk

EXPECTED = Path(__file__).parent / "expected"
SAMPLES = samples("github")
HERE = Resource("1296269", "octocat/Hello-World", (), {"default_branch": "main"})
BASE = "/repos/octocat/Hello-World"
WALKS: dict[str, dict[str, str]] = {
    "repositories": {"/user/repos": "user-repos"},
    "issues": {f"{BASE}/issues": "issues"},
    "comments": {f"{BASE}/issues/comments": "issue-comments"},
    "pulls": {f"{BASE}/pulls": "pulls"},
    "reviews": {f"{BASE}/pulls": "pulls", f"{BASE}/pulls/1347/reviews": "reviews"},
    "review_comments": {f"{BASE}/pulls/comments": "review-comments"},
    "commits": {f"{BASE}/git/ref/heads/main": "ref", f"{BASE}/commits": "commits"},
    "releases": {f"{BASE}/releases": "releases"},
}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda it: it.path.stem)
def test_a_recorded_payload_becomes_its_golden(sample: Sample) -> None:
    found = messages(provider, signed("github", b"secret", sample))
    golden(EXPECTED / sample.path.name, map(encode, found))


@pytest.mark.anyio
@pytest.mark.parametrize("name", WALKS)
async def test_a_recorded_answer_becomes_its_golden(name: str) -> None:
    answers: dict[tuple[str, str], Any] = {
        ("GET", path): Answer(answer(recorded)) for path, recorded in WALKS[name].items()
    }
    pages = await walk(name, FakeApi(answers), resource=HERE)
    golden(EXPECTED / "api" / f"{name}.json", said(pages).values())


def test_no_golden_is_left_behind() -> None:
    wanted = {it.path.name for it in SAMPLES} | {f"api/{name}.json" for name in WALKS}
    assert {str(it.relative_to(EXPECTED)) for it in EXPECTED.rglob("*.json")} == wanted
