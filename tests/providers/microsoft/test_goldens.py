"""Every recorded thing against the Message it becomes; `UPDATE_EXPECTED=1` writes them anew."""

from pathlib import Path

import pytest
from msgspec import Raw

from services.microsoft.provider import provider
from shared.normalizer import Version, encode
from shared.sync.normalize import prepare
from shared.types import Record
from tests.contract.reading import data, golden

ROOT = data("microsoft")
KINDS = {"mail": "mail", "event": "event", "drive_item": "drive_item"}
"""What a folder of payloads holds."""
PATHS = sorted(path for folder in KINDS for path in (ROOT / "payloads" / folder).glob("*.json"))


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", PATHS, ids=name)
def test_a_recorded_thing_becomes_its_golden(path: Path) -> None:
    version = prepare(provider)(Record(KINDS[path.parent.name], Raw(path.read_bytes())))
    assert isinstance(version, Version)
    golden(ROOT / "expected" / name(path), [encode(version.message)])


def test_there_is_enough_of_everything() -> None:
    assert len(PATHS) >= 80


def test_no_golden_is_left_behind() -> None:
    found = {str(it.relative_to(ROOT / "expected")) for it in ROOT.rglob("expected/**/*.json")}
    assert found == set(map(name, PATHS))
