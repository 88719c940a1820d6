"""A demo fleet, and what a real browser found in it; everything runs once and is gone afterwards."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.conftest import ROOT, npm_installed

FOLDER = Path(__file__).parent


@pytest.fixture(scope="session")
def found(node: Path) -> dict[str, str]:
    """What became of each journey, by its name: empty, or what went wrong."""
    npm_installed(FOLDER)
    with world() as told:
        done = run(node, "journeys.mjs", told)
    if done.returncode == 77:
        sentence = done.stderr.strip()
        # A skip is easily overlooked, so it is said where nothing captures it.
        print(f"\n*** SKIPPED: {sentence}", file=sys.__stderr__, flush=True)
        pytest.skip(sentence)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert done.returncode == 0, done.stderr
    return {it["name"]: it["error"] for it in lines}


def run(node: Path, script: str, told: str) -> subprocess.CompletedProcess[str]:
    """Run a script of this folder in the world that `told` describes."""
    environ = {**os.environ, "WORLD": told}
    return subprocess.run(
        [node, script],
        cwd=FOLDER,
        env=environ,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


@contextmanager
def world() -> Iterator[str]:
    """A demo fleet, as the line of JSON that says where it is."""
    with TemporaryDirectory(prefix="self-browser-") as root:
        Path(root).chmod(0o711)
        command = [sys.executable, "-m", "tests.browser.world", root]
        fleet = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            assert fleet.stdout
            assert fleet.stderr
            told = next((line for line in fleet.stdout if line.startswith('{"url"')), "")
            assert told, fleet.stderr.read()
            yield told
        finally:
            fleet.terminate()
            _, complaints = fleet.communicate(timeout=60)
        assert "Traceback" not in complaints, complaints
        assert "was destroyed" not in complaints, complaints
