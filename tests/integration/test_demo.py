"""`fleet demo --once`: no account, no network, and the whole story comes to its end."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GITHUB = ("opens an issue", "comments on it", "another title", "It is deleted")
REAL = "postgresql://nobody@127.0.0.1:1/real"


@pytest.mark.timeout(480)
def test_the_story_is_told_to_its_end_without_touching_real_data(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from shared.cli import main; main()", "demo", "--once"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", "POSTGRES_URL": REAL},
        capture_output=True,
        text=True,
        timeout=470,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Traceback" not in told.stderr
    assert "success, " in told.stdout
    assert "UNACCOUNTED" not in told.stdout
    for step in GITHUB:
        assert step in told.stdout
    heard = re.search(r"That was the story: (\d+) changes were heard and published", told.stdout)
    assert heard
    assert int(heard[1]) >= len(GITHUB)
    assert "Context: some of the people in it.\n  " in told.stdout
    assert not (tmp_path / ".fleet/demo").exists(), "nothing is left behind"


def test_who_is_not_played_is_said_before_anything_starts(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from shared.cli import main; main()", "demo", "nobody"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 78
    assert "nobody plays nobody here; there are " in told.stderr.replace("\n", " ")
    assert not (tmp_path / ".fleet").exists()
