"""Every recorded payload against the Messages it becomes; `UPDATE_EXPECTED=1` writes them anew."""

from pathlib import Path
from typing import Any

import pytest

from services.gitlab.provider import provider
from shared.normalizer import encode
from tests.contract.reading import Sample, golden, messages, samples, signed
from tests.fakes.api import Answer, FakeApi
from tests.providers.gitlab.material import AT, answer, said, walk

EXPECTED = Path(__file__).parent / "expected"
SAMPLES = samples("gitlab")
MR_NOTES = f"{AT}/merge_requests/3/discussions"
WALKS: dict[str, dict[str, str]] = {
    "projects": {"/api/v4/projects": "projects"},
    "issues": {f"{AT}/issues": "issues"},
    "issue_notes": {f"{AT}/issues": "issues", f"{AT}/issues/5/discussions": "issue-discussions"},
    "merge_requests": {f"{AT}/merge_requests": "merge-requests"},
    "merge_request_notes": {
        f"{AT}/merge_requests": "merge-requests",
        MR_NOTES: "merge-request-discussions",
    },
    "commits": {f"{AT}/repository/branches/main": "branch", f"{AT}/repository/commits": "commits"},
    "pipelines": {f"{AT}/pipelines": "pipelines", f"{AT}/pipelines/31": "pipeline"},
    "releases": {f"{AT}/releases": "releases"},
}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda it: it.path.stem)
def test_a_recorded_payload_becomes_its_golden(sample: Sample) -> None:
    found = messages(provider, signed("gitlab", b"secret", sample))
    golden(EXPECTED / sample.path.name, map(encode, found))


@pytest.mark.anyio
@pytest.mark.parametrize("name", WALKS)
async def test_a_recorded_answer_becomes_its_golden(name: str) -> None:
    answers: dict[tuple[str, str], Any] = {
        ("GET", path): Answer(answer(recorded)) for path, recorded in WALKS[name].items()
    }
    pages = await walk(name, FakeApi(answers))
    golden(EXPECTED / "api" / f"{name}.json", said(pages).values())


def test_no_golden_is_left_behind() -> None:
    wanted = {it.path.name for it in SAMPLES} | {f"api/{name}.json" for name in WALKS}
    assert {str(it.relative_to(EXPECTED)) for it in EXPECTED.rglob("*.json")} == wanted
