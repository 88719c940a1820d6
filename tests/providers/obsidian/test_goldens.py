"""Every recorded note against what it becomes; `UPDATE_EXPECTED=1` writes them anew."""

import re
from pathlib import Path

import pytest

from services.obsidian.paths import composed
from services.obsidian.provider import provider
from shared.normalizer import encode
from shared.types import Nudge
from tests.contract.reading import ROOT, Sample, data, golden, messages, samples, signed
from tests.providers.obsidian.material import (
    HEARING,
    local,
    names,
    on_disk,
    recorded,
    said,
    vault,
    walk,
)

EXPECTED = data("obsidian") / "expected"
SAMPLES = samples("obsidian")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda it: it.path.stem)
def test_a_call_carries_nothing_but_where_to_look(sample: Sample) -> None:
    told = list(HEARING.read(signed("obsidian", b"secret", sample)))
    assert list(messages(provider, signed("obsidian", b"secret", sample))) == []
    hidden = sample.path.stem.startswith("hidden")
    assert [isinstance(it, Nudge) for it in told] == [not hidden]


@pytest.mark.anyio
async def test_every_recorded_note_becomes_its_golden() -> None:
    told = {it.metadata["path"]: it for it in said(await walk(vault().api))}
    for name in names():
        golden(EXPECTED / f"api/{name}.json", [encode(told[composed(recorded(name).path)])])


@pytest.mark.anyio
async def test_a_folder_and_the_plugin_tell_the_same(tmp_path: Path) -> None:
    there = vault()
    on_disk(tmp_path, there)
    by_plugin = {it.id: it for it in said(await walk(there.api))}
    by_folder = {it.id: it for it in said(await walk(local(tmp_path)))}
    assert by_folder.keys() == by_plugin.keys()
    for ident, it in by_plugin.items():
        for one in (it, by_folder[ident]):
            for name in ("created", "size"):
                one.metadata.pop(name, None)
        assert by_folder[ident] == it


def test_no_golden_is_left_behind() -> None:
    assert {it.stem for it in EXPECTED.glob("api/*.json")} == set(names())


def test_at_least_fifty_payloads_are_recorded() -> None:
    assert len(SAMPLES) + len(names()) >= 50


def test_each_of_the_thirty_one_questions_has_a_test_by_its_number() -> None:
    files = [*Path(__file__).parent.glob("test_*.py"), ROOT / "tests/integration/test_obsidian.py"]
    asked = {it for file in files for it in re.findall(r"def test_(\d+)_", file.read_text())}
    assert asked == {str(number) for number in range(1, 32)}
