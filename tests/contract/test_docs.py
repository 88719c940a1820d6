"""What the documents tell people to type exists, what they point at is there, what is generated is new."""

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from shared.cli import app
from shared.telemetry.metrics import Metrics
from tests.contract.reading import ROOT

DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("services/*/README.md"),
        *ROOT.glob("tests/README.md"),
        *ROOT.glob("deploy/**/README.md"),
        *ROOT.glob("k8s/**/README.md"),
    ]
)
OURS = ("shared/", "services/", "tests/", "docs/", "scripts/", "deploy/", "k8s/")
MADE_UP = re.compile(r"[<>*${}…]|\bacme|\.\.\.")
"""What stands for something else in a path: `services/<provider>/`, `tests/providers/acme`."""
TOOLS = {"cat", "cd", "cp", "curl", "docker", "echo", "eval", "export", "git", "helm", "kind"}
TOOLS |= {"kubectl", "nats", "npm", "openssl", "pg_dump", "pg_restore", "psql", "rm", "sops", "tar"}
"""Other people's commands, which the reader has or is told to get."""
TARGETS = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)

each = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda it: str(it.relative_to(ROOT)))


@each
def test_every_command_in_a_block_can_be_typed(document: Path) -> None:
    blocks = [text for language, text in BLOCK.findall(document.read_text()) if language == "bash"]
    wrong = [it for block in blocks for words in commands(block) for it in problems(words)]
    assert wrong == []


@each
def test_every_command_in_the_text_is_there(document: Path) -> None:
    spans = re.findall(r"`((?:make|fleet) [^`]+)`", prose(document))
    wrong = [it for span in spans for words in commands(span) for it in problems(words, part=True)]
    assert wrong == []


@each
def test_every_path_in_the_text_is_there(document: Path) -> None:
    spans = set(re.findall(r"`([\w./-]+)`", prose(document)))
    paths = [it for it in spans if it.startswith(OURS) and not MADE_UP.search(it)]
    assert [it for it in paths if not (ROOT / it).exists()] == []


@each
def test_every_test_and_function_that_is_named_is_there(document: Path) -> None:
    named = re.findall(r"`((?:tests|shared|services)/[\w./]+)::(\w+)`", prose(document))
    there = {it: (ROOT / it[0]).read_text() for it in named}
    assert [it for it in named if not re.search(rf"(?:def|class) {it[1]}\b", there[it])] == []


@each
def test_every_metric_that_is_named_is_there(document: Path) -> None:
    named = re.findall(r"`(self_\w+|http_client_\w+)`", prose(document))
    known = Metrics().render().decode()
    assert [it for it in named if f"# TYPE {it} " not in known] == []


@each
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", prose(document))
    assert [it for it in links if not leads(document, it)] == []


def test_what_is_generated_is_what_the_code_says() -> None:
    command = [sys.executable, str(ROOT / "scripts/docs.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_table_is_explained() -> None:
    migrations = "".join(it.read_text() for it in ROOT.glob("shared/store/migrations/*.sql"))
    tables = re.findall(r"^create (?:unlogged )?table (\w+)", migrations, re.MULTILINE)
    explained = (ROOT / "docs/ARCHITECTURE.md").read_text()
    assert [it for it in tables if f"| `{it}` |" not in explained] == []


def test_every_alarm_is_explained() -> None:
    rules = "".join(it.read_text() for it in ROOT.glob("deploy/prometheus/alerts.yml"))
    alarms = re.findall(r"- alert: (\w+)", rules)
    explained = (ROOT / "docs/OPERATIONS.md").read_text()
    assert [it for it in alarms if f"| `{it}` |" not in explained] == []


def test_help_lists_every_target_in_a_line() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    lines = [line.split(maxsplit=2) for line in done.stdout.splitlines() if "make " in line]
    assert {words[1] for words in lines} == TARGETS
    assert all(len(words) == 3 for words in lines)


def test_make_installs_every_extra() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = re.findall(r"--editable '\.\[(.+)\]'", (ROOT / "Makefile").read_text())
    assert {name for it in asked for name in it.split(",")} == set(
        declared["optional-dependencies"]
    )


@pytest.mark.parametrize(
    "line",
    [
        "make everything",
        "fleet fly",
        ".venv/bin/fleet sync --colour red",
        "fleet connect --user ana",
        "fleet keys paint",
        "scripts/nothing.sh",
        "python -m services.nothing",
        "pytest tests/nothing",
        "cat x | frobnicate",
        'eval "$(fleet envy)"',
    ],
)
def test_a_command_that_is_not_there_is_noticed(line: str) -> None:
    assert [it for words in commands(line) for it in problems(words)]


@pytest.mark.parametrize(
    "line",
    [
        "make run     # the fleet",
        "SEED=7 make chaos",
        "make PYTHON=/usr/bin/python3.12 install",
        "fleet connect github --user ana --token-stdin < token.txt",
        'fleet sync --account "$ACCOUNT" --full && fleet tail --json | cat',
        'eval "$(.venv/bin/fleet env)"',
        "export PUBLIC_URL=https://hub.example.com",
        "cp .env.example .env",
    ],
)
def test_a_command_that_is_there_is_let_through(line: str) -> None:
    assert not [it for words in commands(line) for it in problems(words)]


def prose(document: Path) -> str:
    """The document without its blocks."""
    return BLOCK.sub("", document.read_text())


def leads(document: Path, link: str) -> bool:
    """Whether a link of this document ends at a file or a heading that exists."""
    if re.match(r"https?://|mailto:", link):
        return True
    path, _, anchor = link.partition("#")
    target = document.parent / path if path else document
    if not anchor or not target.is_file():
        return target.exists()
    heads = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
    return anchor in slugs


def commands(block: str) -> Iterator[list[str]]:
    """The simple commands of a piece of shell, those inside `$(...)` too."""
    for line in block.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        target = False
        for word in lexer:
            for inside in re.findall(r"\$\((.+?)\)", word):
                yield from commands(inside)
            if set(word) <= set("<>"):
                target = True
            elif set(word) <= set(";|&()"):
                yield words
                words = []
            elif target:
                target = False
            else:
                words.append(word)
        yield words


def problems(words: list[str], *, part: bool = False) -> Iterator[str]:
    """What is wrong with a command; with `part`, it may be without its arguments."""
    words = words[
        next((n for n, it in enumerate(words) if not re.match(r"\w+=", it)), len(words)) :
    ]
    if not words:
        return
    said, name = " ".join(words), words[0].removeprefix(".venv/bin/").removeprefix("./")
    for word in words:
        if word.removeprefix("./").startswith(OURS) and not MADE_UP.search(word):
            path = word.removeprefix("./").partition("::")[0]
            if not (ROOT / path).exists():
                yield f"{path} does not exist: {said}"
    if name == "make":
        targets = [it for it in words[1:] if "=" not in it]
        if not targets or not set(targets) <= TARGETS:
            yield f"no such target: {said}"
    elif name == "fleet":
        yield from (f"{problem}: {said}" for problem in fleet(words[1:], part=part))
    elif name in ("python", "python3"):
        module = words[2] if words[1:2] == ["-m"] else ""
        inside = module.startswith(("services.", "shared.", "tests."))
        if inside and not MADE_UP.search(module) and not there(module):
            yield f"no such module: {said}"
    elif not (
        name.startswith(OURS) or name in TOOLS or (Path(sys.executable).parent / name).exists()
    ):
        yield f"nobody knows this command: {said}"


def fleet(words: list[str], *, part: bool) -> Iterator[str]:
    """What the command line itself would say of these words."""
    command: Any = typer.main.get_command(app)
    while words and hasattr(command, "commands"):
        if words[0] not in command.commands:
            yield f"no such command as {words[0]}"
            return
        command, words = command.commands[words[0]], words[1:]
    if part and (not words or hasattr(command, "commands")):
        return
    if hasattr(command, "commands"):
        yield "a command is missing"
        return
    try:
        command.make_context("fleet", words, resilient_parsing=False)
    except Exception as error:
        needed = type(error).__name__ == "MissingParameter"
        if not (part and needed):
            yield str(getattr(error, "message", error)) or type(error).__name__


def there(module: str) -> bool:
    """Whether `python -m` finds it, without importing anything."""
    path = ROOT / module.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()
