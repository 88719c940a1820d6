"""docs/GUARANTEES.md promises nothing without a test, and nothing that it names is missing."""

import re

import pytest

from tests.contract.reading import ROOT

PAGE = (ROOT / "docs/GUARANTEES.md").read_text()
NODE = re.compile(r"`tests/[\w/]+\.py::test_\w+`")
PROMISES = dict(re.findall(r"^### (G\d+)\. .+?\n(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL))
FIGURES = {
    f"G{number}"
    for cell in re.findall(r"^\| (G\d[^|]*) \|", PAGE, re.MULTILINE)
    for first, last in re.findall(r"G(\d+)(?: to G(\d+))?", cell)
    for number in range(int(first), int(last or first) + 1)
}
TOYS = dict(re.findall(r"^\| (\d+) \| (.*)$", PAGE, re.MULTILINE))


@pytest.mark.parametrize("number", range(1, 16))
def test_a_guarantee_names_its_proof_and_what_it_does_not_cover(number: int) -> None:
    promise = PROMISES[f"G{number}"]
    proof, _, rest = promise.partition("- **Not covered**: ")
    assert NODE.search(proof.partition("- **Proof**: ")[2])
    assert rest.strip()
    assert f"G{number}" in FIGURES


@pytest.mark.parametrize("number", range(1, 21))
def test_a_toy_is_refuted_by_a_test(number: int) -> None:
    assert NODE.search(TOYS[str(number)])


def test_every_test_is_named_in_the_way_that_is_looked_up() -> None:
    assert PAGE.count("::test_") == len(NODE.findall(PAGE))


def test_no_engine_is_mocked() -> None:
    """What stands in for NATS or PostgreSQL here is NATS or PostgreSQL."""
    mocks = re.compile(r"\b(?:Async|Magic|NonCallable)?Mock\(|patch\(\s*[\"'](?:nats|psycopg)")
    found = [it for it in (ROOT / "tests").rglob("*.py") if mocks.search(it.read_text())]
    assert [it for it in found if "node_modules" not in it.parts] == []
