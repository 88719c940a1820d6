"""A provider comes and goes without a trace elsewhere: shown on a copy of the repository."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.reading import ROOT

pytestmark = pytest.mark.timeout(300)

LEFT_OUT = shutil.ignore_patterns(
    ".*_cache",
    ".fleet",
    ".git",
    ".hypothesis",
    ".venv*",
    "__pycache__",
    "node_modules",
    "*.egg-info",
)
NO_PAYLOAD = "tests/contract/test_providers.py::test_a_payload_was_recorded[acme2]"


ENTRIES = {
    "README.md": r"^\| \[GitHub\]\(.*\n",
    ".env.example": r"\n# --- GitHub\n(?:.+\n)*",
    "docker-compose.yml": r"\n  github:\n(?:    .*\n)*",
    "deploy/prometheus/targets.yml": r"^    - github:\d+\n",
    "k8s/providers/kustomization.yaml": r"^  - github\n",
    "k8s/components/*/services.yaml": r"^---\n(?:(?!---$).*\n)*?  name: github(?:-secrets)?\n(?:(?!---$).*\n)*",
}
"""Where a provider is named, and what has to go there."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The repository as it stands, to do with as a test likes."""
    return Path(shutil.copytree(ROOT, tmp_path / "copy", ignore=LEFT_OUT))


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for tests that must not change anything."""
    return Path(shutil.copytree(ROOT, tmp_path_factory.mktemp("same") / "copy", ignore=LEFT_OUT))


def create(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Scaffold; the machine's own `python3` may be too old."""
    environ = {**os.environ, "PYTHON": sys.executable}
    command = ["scripts/create-integration.sh", *words]
    return subprocess.run(
        command, cwd=root, env=environ, capture_output=True, text=True, check=False
    )


def python(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a module of this environment on the copy's code."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-B", "-m", *words]
    return subprocess.run(
        command, cwd=root, env=environ, capture_output=True, text=True, check=False
    )


def contract(root: Path, *words: str) -> str:
    """What the contract says of the copy's providers, in pytest's words."""
    asked = [f"tests/contract/test_{it}.py" for it in ("providers", "architecture", "manifests")]
    asked = [it for it in asked if (root / it).is_file()]
    done = python(root, "pytest", "-q", "-rf", "-p", "no:randomly", *asked, *words)
    return done.stdout + done.stderr


def test_a_scaffold_answers_every_question_but_for_its_payloads(copy: Path) -> None:
    done = create(copy, "acme2", "--title", "Acme Two")
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"^  \d\. ", done.stdout, re.MULTILINE)) == 5
    told = contract(copy, "tests/providers/acme2", "-k", "acme2 or catalogue or rule or file")
    assert re.findall(r"^FAILED (\S+)", told, re.MULTILINE) == [NO_PAYLOAD], told
    assert "no payload recorded yet" in told
    assert re.search(r"1 failed, \d{2,} passed", told)
    ours = ["services/acme2", "tests/providers/acme2"]
    for check in (["ruff", "format", "--check"], ["ruff", "check"], ["mypy"]):
        done = python(copy, *check, *ours)
        assert done.returncode == 0, done.stdout + done.stderr
    written = [file for part in ours for file in (copy / part).rglob("*") if file.is_file()]
    assert not [file for file in written if b"NEW_" in file.read_bytes()]


def test_a_recorded_payload_is_all_that_a_scaffold_lacks(copy: Path) -> None:
    create(copy, "acme2")
    payload = copy / "tests/providers/acme2/payloads/webhook/item.created.json"
    payload.write_text(payload.read_text().replace("Water the plants", "Feed the cat"))
    told = contract(copy, "-k", "acme2")
    assert "failed" not in told, told


def test_it_gets_a_free_port_a_row_and_its_variables(copy: Path) -> None:
    assert create(copy, "acme2").returncode == 0
    assert create(copy, "acme3").returncode == 0
    rows = re.findall(
        r"^\| \[Acme(\d)\]\(\S+\) \| (\d+) \|", (copy / "README.md").read_text(), re.M
    )
    assert [number for number, _ in rows] == ["2", "3"]
    ports = re.findall(r"^\|[^|]*\| (\d{4}) \|", (copy / "README.md").read_text(), re.M)
    assert len(set(ports)) == len(ports)
    declared = [
        re.search(r"port=(\d+)", (copy / f"services/acme{n}/provider.py").read_text())
        for n in (2, 3)
    ]
    assert [it[1] for it in declared if it] == [port for _, port in rows]
    variables = (copy / ".env.example").read_text()
    assert "\nACME2_CLIENT_ID=\n" in variables
    assert "\nACME3_WEBHOOK_SECRET_PREVIOUS=\n" in variables


def test_a_planned_provider_takes_its_own_row_and_port(copy: Path) -> None:
    readme = copy / "README.md"
    planned = "| Wonder (Mail, Files) | 8999 | | | planned |"
    table = re.sub(r"^(\| \[.*)$", rf"\1\n{planned}", readme.read_text(), count=1, flags=re.M)
    readme.write_text(table)
    assert create(copy, "wonder").returncode == 0
    assert planned not in readme.read_text()
    assert "| [Wonder](services/wonder/README.md) | 8999 |" in readme.read_text()
    assert "port=8999," in (copy / "services/wonder/provider.py").read_text()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "usage"),
        (["acme2", "--colour", "red"], "usage"),
        (["acme2", "--title"], "usage"),
        (["github"], "services/github exists already"),
        (["email"], "a module of Python"),
        (["class"], "a word or a module of Python"),
        (["shared"], "a word or a module of Python"),
        (["Acme"], "is not a name"),
        (["acme-two"], "is not a name"),
        (["../acme"], "is not a name"),
        (["2acme"], "is not a name"),
        (["acme2\nx"], "are one line"),
        (["acme2", "--title", 'Acme"'], "is not a title"),
        (["acme2", "--title", "A/B"], "is not a title"),
        (["acme2", "--title", "A\nB"], "are one line"),
    ],
    ids=repr,
)
def test_a_name_that_cannot_be_is_refused_and_nothing_is_written(
    untouched: Path, words: list[str], reason: str
) -> None:
    before = everything(untouched)
    done = create(untouched, *words)
    assert done.returncode == 2
    assert reason in done.stderr
    assert everything(untouched) == before


def test_a_calendar_may_be_called_so(copy: Path) -> None:
    shutil.rmtree(copy / "services/calendar", ignore_errors=True)
    shutil.rmtree(copy / "tests/providers/calendar", ignore_errors=True)
    assert create(copy, "calendar").returncode == 0


def test_a_provider_that_is_deleted_leaves_everything_else_green(copy: Path) -> None:
    shutil.rmtree(copy / "services/github")
    shutil.rmtree(copy / "tests/providers/github")
    for file in (copy / "tests").rglob("*.py"):
        if "services.github" in file.read_text() and file.name.startswith("test_"):
            file.unlink()
    for name, pattern in ENTRIES.items():
        files = list(copy.glob(name))
        before = [file.read_text() for file in files]
        after = [re.sub(pattern, "", text, flags=re.MULTILINE) for text in before]
        assert not files or before != after, f"{name} does not have it"
        for file, text in zip(files, after, strict=True):
            file.write_text(text)
    shutil.rmtree(copy / "k8s/providers/github", ignore_errors=True)
    # Hostile ones are many and ask a provider about itself; a scaffold has no payload yet.
    told = contract(copy, "-k", "not hostile and not test_a_payload_was_recorded")
    assert "failed" not in told, told
    assert " passed" in told
    collected = python(copy, "pytest", "-q", "--collect-only", "tests")
    assert collected.returncode == 0, collected.stdout + collected.stderr


def everything(root: Path) -> dict[str, bytes]:
    """Every file that a scaffold might touch, with its bytes."""
    parts = ("services", "tests/providers", "README.md", ".env.example")
    files = (file for part in parts for file in [root / part, *(root / part).rglob("*")])
    return {str(file): file.read_bytes() for file in files if file.is_file()}
