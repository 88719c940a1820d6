"""Every recorded thing against the Message it becomes; `UPDATE_EXPECTED=1` writes them anew."""

import re
from pathlib import Path

import pytest
from msgspec import Raw

from services.dropbox.provider import provider
from services.dropbox.sync import Walk
from shared.normalizer import Version, encode
from shared.sync.normalize import prepare
from shared.types import Nudge, Record
from tests.contract.reading import ROOT, Sample, data, golden, samples, signed
from tests.providers.dropbox.material import Dropbox, recorded, said, walk

HERE = data("dropbox")
KINDS = ("file", "share")
"""What a folder of payloads holds."""
PATHS = sorted(it for kind in KINDS for it in (HERE / "payloads" / kind).glob("*.json"))
ASKED = {*range(1, 27)} - {24}
"""The questions of the fact sheet but that of the long poll, which is not used."""
assert provider.webhook
read = provider.webhook.read


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", PATHS, ids=name)
def test_a_recorded_thing_becomes_its_golden(path: Path) -> None:
    version = prepare(provider)(Record(path.parent.name, Raw(path.read_bytes())))
    assert isinstance(version, Version)
    golden(HERE / "expected" / name(path), [encode(version.message)])


@pytest.mark.parametrize("sample", samples("dropbox"), ids=lambda it: it.path.stem)
def test_a_notification_says_nothing_but_whose_files_to_look_at(sample: Sample) -> None:
    found = [*read(signed("dropbox", b"secret", sample))]
    assert all(isinstance(it, Nudge) and it.stream == "files" for it in found)


@pytest.mark.anyio
async def test_a_recorded_walk_becomes_its_golden() -> None:
    names = ("list_folder", "list_folder.last", "list_folder.changes")
    first, last, changes = (recorded(f"api/{it}") for it in names)
    api = Dropbox({"": first, "AAFfirst": last, "AAFlast": changes})
    text = b"2\r\n3\r\n5\r\n7"
    api.texts = {"rev:0162a1b2c3d4e50000000012345678": text, "id:p1": b"# Roadmap"}
    api.was = {"/team/old.txt": ["id:old1"]}
    pages = await walk(api)
    pages += await walk(api, pages[-1].cursor)
    assert isinstance(pages[-1].cursor, Walk)
    golden(HERE / "expected/api/walk.json", map(encode, said(pages)))


def test_at_least_seventy_payloads_are_recorded() -> None:
    assert len([*HERE.glob("payloads/**/*.json")]) >= 70


def test_no_golden_is_left_behind() -> None:
    found = {name(it) for kind in KINDS for it in HERE.glob(f"expected/{kind}/*.json")}
    assert found == set(map(name, PATHS))


def test_each_question_has_a_test_by_its_number() -> None:
    files = [*HERE.glob("test_*.py"), ROOT / "tests/integration/test_dropbox.py"]
    found = {it for one in files for it in re.findall(r"def test_(\d+)_", one.read_text())}
    assert {*map(int, found)} == ASKED
