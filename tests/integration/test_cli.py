"""The command line against a whole fleet: one made-up provider, real engines, real processes."""

import io
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from unittest.mock import patch

import msgspec
import psycopg
import pytest
from msgspec import structs
from rich.console import Console

from services.github.webhook import verify
from shared.cli import main
from shared.cli.fleet import Fleet, write
from shared.cli.output import as_table, plain, screen
from shared.cli.sync import coverage
from shared.engines.process import ports, running
from shared.types import Delivery

ROOT = Path(__file__).parents[2]
FLEET = [sys.executable, "-c", "from shared.cli import main; main()"]
ENGINES = (
    "POSTGRES_URL",
    "NATS_URL",
    "FLEET_URL",
    "FLEET_API_KEY",
    "ENCRYPTION_KEYS",
    "PUBLIC_URL",
)
PROVIDER = """
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from msgspec import Raw, Struct
from shared.normalizer import Message, Person
from shared.provider import Api, OAuth, Provider, Stream
from shared.types import Identity, Page, Record, Resource

class Note(Struct):
    id: str
    text: str

class Cursor(Struct):
    done: bool = False

async def identify(api: Api) -> Identity:
    return Identity(id="42", name="Ana of Acme")

async def notes(api: Api, cursor: Cursor, resource: Resource) -> AsyncIterator[Page]:
    body = b'{"id": "%d", "text": "note \\\\u001b[31m %d"}'
    records = tuple(
        Record(kind="note", payload=Raw(body % (n, n)), revision="2026-01-01T00:00:00.000000Z")
        for n in range(3)
    )
    yield Page(records=records, cursor=Cursor(True), excluded={"draft": 2}, total=5)

def note(it: Note) -> Message:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Message(
        id=it.id, source="acme", type="note", timestamp=at, content=it.text, author=Person("7", "Bo")
    )

provider = Provider(
    name="acme",
    title="Acme",
    port=%PORT%,
    base_url="https://api.acme.invalid",
    sources=("acme",),
    normalizers={"note": note},
    oauth=OAuth(
        authorize_url="https://acme.invalid/authorize",
        token_url="https://acme.invalid/token",
        identify=identify,
        scopes=("read",),
    ),
    streams=(Stream(name="notes", source="acme", cursor=Cursor, pages=notes),),
)
"""


def environment(root: Path, **more: str) -> dict[str, str]:
    """What a shell in that directory would have, with the made-up services first."""
    ours = {name: value for name, value in os.environ.items() if name not in ENGINES}
    path = os.pathsep.join([str(root), str(ROOT)])
    return {**ours, "PYTHONPATH": path, "COLUMNS": "200", "NO_COLOR": "1", **more}


def call(root: Path, *words: str, code: int = 0, given: str = "", **more: str) -> str:
    """Run `fleet` in this process; returns standard output, or standard error when it was to fail."""
    out, err, before = io.StringIO(), io.StringIO(), Path.cwd()
    ended: object = 0
    screen.width = 200
    with (
        patch.dict(os.environ, environment(root, **more), clear=True),
        patch.multiple(
            sys, argv=["fleet", *words], stdin=io.StringIO(given), stdout=out, stderr=err
        ),
    ):
        os.chdir(root)
        try:
            main()
        except SystemExit as ending:
            ended = ending.code
        finally:
            os.chdir(before)
    assert (ended or 0) == code, err.getvalue() + out.getvalue()
    return err.getvalue() if code in (2, 69, 78) else out.getvalue()


def spawn(root: Path, *words: str, code: int = 0, **more: str) -> str:
    """Run `fleet` as a process of its own, where the made-up services have to be imported."""
    done = subprocess.run(
        [*FLEET, *words],
        cwd=root,
        env=environment(root, **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr if code and done.stderr else done.stdout


def start(root: Path, *words: str) -> subprocess.Popen[bytes]:
    """Start `fleet` and wait until it has left its note."""
    with (root / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [*FLEET, *words], cwd=root, env=environment(root), stdout=log, stderr=log
        )
    deadline = time.monotonic() + 40
    while not (root / ".fleet/fleet.json").exists():
        told = (root / "up.log").read_text()
        assert process.poll() is None, told
        assert time.monotonic() < deadline, told
        time.sleep(0.05)
    return process


def stop(root: Path, process: subprocess.Popen[bytes], number: int) -> None:
    """Tell a fleet to stop; its engines and its note are gone with it."""
    engines = [
        int((root / ".fleet" / name).read_text().split()[0])
        for name in ("postgres/postmaster.pid", "nats.pid")
    ]
    process.send_signal(number)
    assert process.wait(30) == 0, (root / "up.log").read_text()
    assert not any(map(running, engines))
    assert not (root / ".fleet/fleet.json").exists()


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    """A directory with a package of services in which there is one provider."""
    with made() as path:
        yield path


@contextmanager
def made() -> Iterator[Path]:
    """Such a directory, with a port of its own for the provider."""
    path = Path(tempfile.mkdtemp(prefix="self-cli-"))
    acme = path / "services" / "acme"
    (acme / "configs").mkdir(parents=True)
    (path / "services/__init__.py").touch()
    (acme / "__init__.py").touch()
    (acme / "configs/config.yaml").write_text("nats:\n  subjects: [self.events.note.acme]\n")
    (acme / "provider.py").write_text(PROVIDER.replace("%PORT%", str(next(ports(0, fixed=False)))))
    (acme / "__main__.py").write_text(
        "from services.acme.provider import provider\nfrom shared.service.main import run\nrun(provider)\n"
    )
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def fleet(root: Path) -> Iterator[Path]:
    """The same with a fleet running in it, one process a service; gone without a trace at the end."""
    process = start(root, "up", "--processes")
    try:
        yield root
    finally:
        stop(root, process, signal.SIGTERM)


@pytest.fixture(scope="module")
def account(fleet: Path) -> str:
    """The id of ana's account."""
    made = json.loads(
        call(fleet, "connect", "acme", "--user", "ana", "--token-stdin", "--json", given="t0ken\n")
    )
    assert made["name"] == "Ana of Acme"
    return str(made["id"])


def rows(root: Path, *words: str) -> Any:
    """What a command prints with --json."""
    return json.loads(call(root, *words, "--json"))


def test_up_says_what_runs_what_is_missing_and_what_to_type_next(fleet: Path) -> None:
    told = (fleet / "up.log").read_text()
    assert "PostgreSQL 18" in told
    assert "NATS 2." in told
    assert "set ACME_CLIENT_ID, ACME_CLIENT_SECRET" in told
    (typed,) = (line.split() for line in told.splitlines() if " connect acme " in line)
    assert typed[1:] == ["connect", "acme", "--user", "ana", "--token", "<token>"]
    assert shutil.which(typed[0], path=f"{os.environ['PATH']}:.") or (fleet / typed[0]).exists()
    assert "Started server process" not in told
    assert (fleet / ".fleet/fleet.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((fleet / ".fleet/fleet.json").read_text())["api_key"] not in told


def test_env_is_made_for_a_shell(fleet: Path) -> None:
    script = call(fleet, "env") + 'echo "$NATS_URL $POSTGRES_URL $FLEET_URL $FLEET_API_KEY"'
    said = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.split() == list(rows(fleet, "env").values())
    assert [word.partition(":")[0] for word in said.stdout.split()][:3] == [
        "nats",
        "postgresql",
        "http",
    ]


def test_status_and_accounts_show_what_is_connected(fleet: Path, account: str) -> None:
    assert rows(fleet, "status")["acme"]["missing"] == ["ACME_CLIENT_ID", "ACME_CLIENT_SECRET"]
    (one,) = rows(fleet, "accounts", "--user", "ana")
    assert (one["id"], one["provider"], one["status"]) == (account, "acme", "active")
    assert rows(fleet, "accounts", "--user", "bo") == []
    assert "Ana of Acme" in call(fleet, "accounts")
    assert "1 active" in call(fleet, "status")


def test_a_sync_is_watched_to_its_end_and_its_figures_add_up(fleet: Path, account: str) -> None:
    told = call(fleet, "sync", "--account", account, "--stream", "notes", "--full")
    assert "acme notes: success, " in told
    assert "2 excluded (draft 2)" in told
    assert "UNACCOUNTED" not in told
    (run,) = rows(fleet, "sync", "--user", "ana")
    assert run["status"] == "success"
    call(fleet, "sync", "--user", "nobody", code=1)
    call(fleet, "sync", code=2)


def test_tail_shows_what_was_published_and_nothing_that_a_terminal_obeys(
    fleet: Path, account: str
) -> None:
    call(fleet, "sync", "--account", account)
    told = spawn(fleet, "tail", "--since", "1h", "--type", "note", "--user", "ana", "--count", "3")
    assert [line.split()[1:5] for line in told.splitlines()] == [["acme", "note", "ana", "Bo:"]] * 3
    assert "\x1b" not in told
    first = json.loads(
        spawn(fleet, "tail", "--since", "1h", "--count", "1", "--json").splitlines()[0]
    )
    assert first["subject"].startswith("self.")
    assert first["data"]
    call(fleet, "tail", "--user", "a.*", code=2)
    call(fleet, "tail", "--since", "soon", code=2)


def test_keys_are_made_listed_and_ended(fleet: Path) -> None:
    key = call(fleet, "keys", "create", "backend", "--scope", "connections:read").strip()
    (ident,) = [one["id"] for one in rows(fleet, "keys", "list") if one["name"] == "backend"]
    assert ident in key
    assert key.split("_", 3)[3] not in call(fleet, "keys", "list", "--json")
    call(fleet, "accounts", "--user", "ana", FLEET_API_KEY=key, code=1)  # not without impersonate
    call(fleet, "keys", "revoke", ident)
    call(fleet, "keys", "revoke", ident, code=1)
    call(fleet, "keys", "create", "x", "--scope", "everything", code=1)


def test_rewrap_wants_the_keys_and_puts_every_account_under_the_first(
    fleet: Path, account: str
) -> None:
    assert account
    assert "ENCRYPTION_KEYS is not set" in call(fleet, "keys", "rewrap", code=78)
    old = (fleet / ".fleet/encryption_keys").read_text().strip()
    both = "2:" + old.partition(":")[2] + "," + old
    assert json.loads(call(fleet, "keys", "rewrap", "--json", ENCRYPTION_KEYS=both)) == {
        "rewrapped": 1,
        "kid": 2,
    }
    back = old + "," + "2:" + old.partition(":")[2]
    assert "1 accounts are now under key 1" in call(fleet, "keys", "rewrap", ENCRYPTION_KEYS=back)


def test_dead_letters_and_migrations_that_are_not_there(fleet: Path) -> None:
    assert rows(fleet, "dead-letters") == []
    call(fleet, "replay", "acme", "99", code=1)
    call(fleet, "replay", "acme", code=2)
    assert "no dead letters" in call(fleet, "replay", "acme", "--all")
    assert json.loads(spawn(fleet, "migrate", "--json")) == {"applied": []}
    spawn(fleet, "migrate", "--check")


def test_dead_letters_that_were_replayed_are_shown_when_asked_for(fleet: Path) -> None:
    with psycopg.connect(rows(fleet, "env")["POSTGRES_URL"], autocommit=True) as conn:
        conn.execute(
            "insert into dead_letter (kind, provider, what, headers, body, error, replayed_at)"
            " values ('record', 'acme', 'note', '', '', 'odd', now())"
        )
        assert rows(fleet, "dead-letters") == []
        (letter,) = rows(fleet, "dead-letters", "--all")
        conn.execute("delete from dead_letter")
    assert letter["error"] == "odd"


@pytest.mark.parametrize(
    ("words", "code", "says", "given"),
    [
        ("status --provider acm", 1, "no service 'acm' here; did you mean acme?", {}),
        ("dead-letters --provider x", 1, "no service 'x' here; there are acme", {}),
        ("replay 5 6", 1, "no service '5' here; there are acme", {}),
        ("connect acme --user bo", 78, "set ACME_CLIENT_ID and start the service again", {}),
        ("status", 78, "set FLEET_API_KEY to a live one", {"FLEET_API_KEY": "hub_live_x_y"}),
        ("tail", 69, "127.0.0.1:1: ", {"NATS_URL": "nats://u:s3cret@127.0.0.1:1"}),
    ],
)
def test_a_mistake_and_what_is_not_there_are_told_apart(
    fleet: Path, words: str, code: int, says: str, given: dict[str, str]
) -> None:
    told = spawn(fleet, *words.split(), code=code, **given)
    assert says in told
    assert "s3cret" not in told


def test_the_doctor_finds_what_does_not_answer_and_says_what_to_set(
    fleet: Path, account: str
) -> None:
    assert account
    found = json.loads(spawn(fleet, "doctor", "--json", code=1))
    told = {(it["about"], it["level"]): it["says"] for it in found}
    assert told["NATS", "ok"].endswith("streams as they should be")
    assert told["tables", "ok"] == "up to date"
    assert "nothing answers at https://api.acme.invalid" in told["acme", "wrong"]
    assert any("set ACME_CLIENT_ID, ACME_CLIENT_SECRET" in it["says"] for it in found)


def test_a_trace_of_what_nobody_knows_is_not_found(fleet: Path) -> None:
    call(fleet, "trace", "nobody/knows", code=1)


def test_a_second_fleet_in_the_same_directory_is_told_so(fleet: Path) -> None:
    assert "a fleet already runs in" in spawn(
        fleet, "up", "--port", str(next(ports(0, fixed=False))), code=78
    )


def test_a_demo_is_found_from_the_directory_it_was_started_in(tmp_path: Path) -> None:
    demo = Fleet(url="http://d", api_key="k", nats_url="nats://d", pid=os.getpid())
    (tmp_path / ".fleet/demo/.fleet").mkdir(parents=True)
    write(tmp_path / ".fleet/demo", demo)
    assert rows(tmp_path, "env")["NATS_URL"] == "nats://d"
    (tmp_path / ".fleet/fleet.json").write_bytes(
        msgspec.json.encode(structs.replace(demo, nats_url="nats://real"))
    )
    assert rows(tmp_path, "env")["NATS_URL"] == "nats://real", "a real fleet comes first"


def test_what_is_wrong_is_one_sentence_and_a_code(root: Path, tmp_path: Path) -> None:
    gone = {"FLEET_URL": "http://127.0.0.1:1", "FLEET_API_KEY": "k"}
    assert call(tmp_path, "status", code=69).startswith("fleet: no fleet runs in this directory")
    assert "nothing answers at http://127.0.0.1:1/acme" in spawn(root, "status", code=69, **gone)
    assert "there is no provider 'acm'; did you mean acme?" in spawn(root, "run", "acm", code=78)
    free = str(next(ports(0, fixed=False)))
    lonely = spawn(root, "run", "acme", "--port", free, code=78, NATS_URL="nats://127.0.0.1:1")
    assert (
        lonely == "fleet: POSTGRES_URL is not set; set both POSTGRES_URL and NATS_URL, or neither\n"
    )
    call(root, "nonsense", code=2)


def test_one_service_runs_alone_and_stops_everything_too(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "services", tmp_path / "services")
    process = start(tmp_path, "run", "acme", "--port", str(next(ports(0, fixed=False))))
    try:
        assert rows(tmp_path, "status")["acme"]["postgres"] == "connected"
        (key,) = rows(tmp_path, "keys", "list")
        assert key["revoked_at"] is None
    finally:
        stop(tmp_path, process, signal.SIGINT)


def test_a_recorded_webhook_can_be_sent_to_a_running_service() -> None:
    """Signed as the provider signs, with an id of its own each time, and the verdict is told."""
    heard: list[tuple[dict[str, str], bytes]] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            heard.append(({name.lower(): it for name, it in self.headers.items()}, body))
            self.send_response(200 if len(heard) < 3 else 401)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    with HTTPServer(("127.0.0.1", 0), Door) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        words = [sys.executable, str(ROOT / "scripts/replay"), "github", "secret"]
        words += ["issues.opened", "issues.opened", "ping"]
        words += ["--url", f"http://127.0.0.1:{server.server_port}/webhook"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
        server.shutdown()
    assert done.stdout.split("\n")[:3] == ["200 issues.opened", "200 issues.opened", "401 ping"]
    assert done.returncode == 1
    (first, body), (second, _), _ = heard
    verify([b"secret"], Delivery(body, first), 0.0)
    assert first["x-github-delivery"] != second["x-github-delivery"]


def test_nothing_printed_can_command_the_terminal() -> None:
    assert plain("a\x1b[31mb\r\nc\u202ed[bold]").plain == "a [31mb  c d[bold]"
    assert len(plain("x" * 999).plain) == 201


def test_a_narrow_terminal_cuts_nothing_off(monkeypatch: pytest.MonkeyPatch) -> None:
    told = io.StringIO()
    monkeypatch.setattr("shared.cli.output.screen", Console(file=told, width=20))
    as_table(("service", "state"), [("acme", "set ACME_CLIENT_SECRET")], "nothing")
    assert "ACMECLIENTSECRET" in re.sub(r"[^A-Z]", "", told.getvalue())


def test_a_run_that_does_not_add_up_says_so() -> None:
    run: dict[str, Any] = {
        "stream": "",
        "status": "success",
        "listed": 10,
        "published": 4,
        "unchanged": 3,
        "excluded": {"draft": 2},
        "error": "",
    }
    assert coverage("acme", run) == (
        "acme all streams: success, 10 listed = 4 published + 3 unchanged + 2 excluded (draft 2)"
        " + 1 UNACCOUNTED FOR"
    )


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("run acme --port -1", "Input should be greater than or equal to 0"),
        ("up --port 65536", "Input should be less than or equal to 65535"),
        ("connect acme --user ana --token ''", "there is no token in --token"),
        ("connect acme --user ana --token-stdin", "there is no token on standard input"),
        ("connect acme --user ana --token x --token-stdin", "not both"),
        ("sync", "give --account or --user"),
        ("tail --type isue", "there is no type 'isue'; choose from"),
        ("tail --user a.*", "cannot be part of a subject"),
        ("trace ''", "give the id of a delivery or of an event"),
        ("replay acme", "give the id of a dead letter, or --all"),
    ],
)
def test_what_is_typed_wrongly_is_said_before_anything_is_done(
    tmp_path: Path, words: str, reason: str
) -> None:
    assert reason in " ".join(call(tmp_path, *shlex.split(words), code=2).split())
    assert not (tmp_path / ".fleet").exists()


def test_the_last_port_may_be_taken_too(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 65535)):
        told = call(tmp_path, "up", "--port", "65535", code=78)
    assert told == "fleet: port 65535 is in use; choose another one with --port\n"


def test_services_of_a_killed_fleet_make_way_for_those_of_the_next_one() -> None:
    with made() as root:
        killed = start(root, "up", "--processes")
        (child,) = ours(killed.pid)
        killed.kill()
        killed.wait()
        (root / ".fleet/fleet.json").unlink()
        again = start(root, "up", "--processes")
        assert not running(child)
        assert len(ours(again.pid)) == 1
        assert "was still running" in (root / "up.log").read_text()
        stop(root, again, signal.SIGTERM)


def ours(parent: int) -> list[int]:
    """The services that a fleet has started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            above = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            if above == str(parent) and b"services.acme" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found
