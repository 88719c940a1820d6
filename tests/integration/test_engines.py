"""The engines that a fleet brings along: started, found again after a kill, stopped, kept private."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from shared import engines
from shared.engines import nats, postgres
from shared.engines.process import Process, ports, running
from shared.errors import Away, ConfigError

ROOT = Path(__file__).parents[2]
KILLED = """
import sys, time
from pathlib import Path
from shared import engines
it = engines.start(Path(sys.argv[1]), durable=False, fixed_ports=False)
print(it.postgres.process.pid, it.nats.process.pid, it.postgres_url, flush=True)
time.sleep(60)
"""


@pytest.fixture
def root() -> Iterator[Path]:
    """A directory that another user may pass through; whatever still runs there is ended."""
    path = Path(tempfile.mkdtemp(prefix="self-engines-"))
    path.chmod(0o711)
    yield path
    for name in ("postgres/postmaster.pid", "nats.pid"):
        with suppress(FileNotFoundError, ProcessLookupError, ValueError):
            os.kill(int((path / ".fleet" / name).read_text().split()[0]), signal.SIGKILL)
    shutil.rmtree(path)


def start(root: Path) -> engines.Running:
    """Both engines, on free ports and without fsync."""
    return engines.start(root, durable=False, fixed_ports=False)


def kill_a_fleet(root: Path) -> tuple[int, int]:
    """Start the engines from another process and kill that; returns the numbers of what it left."""
    fleet = subprocess.Popen(
        [sys.executable, "-c", KILLED, root], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert fleet.stdout
    words = fleet.stdout.readline().split()
    fleet.kill()
    fleet.wait()
    fleet.stdout.close()
    return int(words[0]), int(words[1])


def ask(url: str, statement: str) -> object:
    """The first value that a statement gives, or nothing."""
    with psycopg.connect(url, autocommit=True) as conn:
        done = conn.execute(statement.encode())
        row = done.fetchone() if done.description else None
        return row[0] if row else None


def test_what_was_written_is_there_after_a_stop_and_a_start(root: Path) -> None:
    first = start(root)
    ask(first.postgres_url, "create table kept as select 7 as n")
    assert not first.postgres.adopted
    first.stop()
    assert not first.postgres.process.alive()
    assert not first.nats.process.alive()
    second = start(root)
    assert ask(second.postgres_url, "select n from kept") == 7
    assert second.encryption_keys == first.encryption_keys
    assert nats.hello(second.nats_url).version == second.nats.version
    second.stop()


def test_a_killed_fleet_leaves_engines_that_the_next_one_adopts(root: Path) -> None:
    left = kill_a_fleet(root)
    assert all(map(running, left))
    it = start(root)
    assert (it.postgres.process.pid, it.nats.process.pid) == left
    assert it.postgres.adopted
    assert it.nats.adopted
    assert ask(it.postgres_url, "select 1") == 1
    it.stop()
    assert not any(map(running, left))


def test_a_nats_that_does_not_answer_is_ended_before_another_opens_its_store(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nats, "DEAF", 0.5)
    _, left = kill_a_fleet(root)
    (root / ".fleet/nats.port").write_text("1")
    it = start(root)
    assert not running(left)  # two servers on one store would destroy it
    assert it.nats.process.pid != left
    it.stop()


def test_engines_that_were_killed_too_are_started_again(root: Path) -> None:
    for pid in kill_a_fleet(root):
        os.kill(pid, signal.SIGKILL)
    it = start(root)
    assert not it.postgres.adopted
    assert ask(it.postgres_url, "select 1") == 1
    it.stop()


def test_a_server_that_ends_while_it_is_asked_is_started_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying, _ = kill_a_fleet(root)
    ask = postgres._ask
    asked = iter([dying])

    def kill_first(*given: Any, **adopted: Any) -> Any:
        for pid in asked:
            os.kill(pid, signal.SIGKILL)
            raise ConfigError("server closed the connection unexpectedly")
        return ask(*given, **adopted)

    monkeypatch.setattr(postgres, "_ask", kill_first)
    it = start(root)
    assert not it.postgres.adopted
    assert it.postgres.process.pid != dying
    it.stop()


def test_a_process_number_that_was_given_to_somebody_else_is_not_taken_for_an_engine(
    root: Path,
) -> None:
    start(root).stop()
    data = root / ".fleet/postgres"
    stranger = subprocess.Popen(["sleep", "60"])
    (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n1\n1\n\n127.0.0.1\n\nready\n")
    (root / ".fleet/nats.pid").write_text(str(stranger.pid))
    it = start(root)
    it.stop()
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_second_fleet_in_the_same_directory_is_told_so(root: Path) -> None:
    it = start(root)
    with pytest.raises(ConfigError, match=rf"already runs in {root} \(process {os.getpid()}\)"):
        start(root)
    assert ask(it.postgres_url, "select 1") == 1
    it.stop()
    start(root).stop()


def test_nobody_else_on_the_machine_gets_in(root: Path) -> None:
    it = start(root)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(it.postgres_url.replace(":", ":x", 2).replace(":x//", "://"))
    with pytest.raises(ConfigError, match="refuses the credentials"):
        nats.hello(it.nats_url.replace("nats://fleet:", "nats://fleet:x"))
    fleet = root / ".fleet"
    for secret in ("encryption_keys", "postgres.password", "nats.password", "nats.conf"):
        assert (fleet / secret).stat().st_mode & 0o777 == 0o600
    for folder in ("postgres", "nats"):
        assert (fleet / folder).stat().st_mode & 0o777 == 0o700
    assert ask(it.postgres_url, "show listen_addresses") == "127.0.0.1"
    it.stop()


def test_the_terminals_ctrl_c_does_not_reach_the_engines(root: Path) -> None:
    it = start(root)
    assert os.getsid(it.postgres.process.pid) != os.getsid(0) != os.getsid(it.nats.process.pid)
    it.stop()


def test_a_second_ctrl_c_does_not_cut_the_stop_short(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = start(root)
    pids = (it.postgres.process.pid, it.nats.process.pid)
    for module in (nats, postgres):

        def pressed(process: Process, stop: Callable[[Process], None] = module.stop) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            stop(process)
            os.kill(os.getpid(), signal.SIGTERM)

        monkeypatch.setattr(module, "stop", pressed)
    it.stop()
    assert not any(map(running, pids))
    assert "database system is shut down" in (root / ".fleet/postgres.log").read_text()


def test_a_taken_port_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert next(ports(port, fixed=True)) > port
        assert next(ports(port, fixed=False)) != port


def test_a_stranger_on_the_old_port_is_no_obstacle(root: Path) -> None:
    start(root).stop()
    with socket.create_server(("127.0.0.1", 0)) as server:
        (root / ".fleet/nats.port").write_text(str(server.getsockname()[1]))

        def speak() -> None:
            with suppress(OSError):
                while True:
                    wire, _ = server.accept()
                    wire.sendall(b"HTTP/1.1 400 Bad Request\r\n")
                    wire.close()

        thread = threading.Thread(target=speak, daemon=True)
        thread.start()
        it = start(root)
        assert nats.hello(it.nats_url).version == it.nats.version
        it.stop()
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_files_cut_short_by_a_loss_of_power_are_no_obstacle(root: Path) -> None:
    start(root).stop()
    for name in ("postgres/postmaster.pid", "nats.pid", "nats.port"):
        (root / ".fleet" / name).write_bytes(b"\0\xff")
    it = start(root)
    assert ask(it.postgres_url, "select 1") == 1
    it.stop()


@pytest.mark.parametrize("release", ["17", "19"])
def test_data_of_another_release_is_left_alone_and_named(root: Path, release: str) -> None:
    start(root).stop()
    (root / ".fleet/postgres/PG_VERSION").write_text(f"{release}\n")
    with pytest.raises(
        ConfigError, match=rf"made by PostgreSQL {release}, which is not here; move"
    ):
        start(root)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_disk_that_is_too_small_is_named_and_left_as_it_was(root: Path) -> None:
    fleet = root / ".fleet"
    fleet.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=40M,mode=711", "none", fleet],
        capture_output=True,
        check=False,
    )
    if mount.returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        with pytest.raises(ConfigError, match=r"could not be made: .*(No space left|disk space)"):
            start(root)
        assert not (fleet / "postgres.new").exists()
    finally:
        subprocess.run(["umount", fleet], check=True)


def test_lost_keys_are_said_before_new_ones_hide_the_loss(root: Path) -> None:
    (root / ".fleet/postgres").mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"encryption_keys is gone.*put it back, or remove"):
        start(root)
    assert not (root / ".fleet/encryption_keys").exists()


def test_missing_programs_are_a_sentence(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"run `pip install 'self-integrations\[engines\]'`"):
        start(root)
    monkeypatch.undo()
    start(root).stop()  # and the lock was given back


def test_a_server_that_cannot_start_is_quoted(root: Path) -> None:
    start(root).stop()
    (root / ".fleet/postgres/postgresql.auto.conf").write_text("shared_buffers = nonsense\n")
    with pytest.raises(ConfigError, match=r"PostgreSQL did not start: .*FATAL.*postgres\.log"):
        start(root)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
@pytest.mark.parametrize(("mode", "spaces"), [(0o711, True), (0o700, True), (0o700, False)])
def test_as_root_nothing_is_made_reachable_that_was_not(
    root: Path, mode: int, spaces: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not spaces:
        monkeypatch.setattr(postgres, "_SPACE", ("false",))
    root.chmod(mode)
    it = start(root)
    assert root.stat().st_mode & 0o777 == mode
    owner = (root / ".fleet/postgres").stat().st_uid
    assert (owner == 0) == (mode == 0o700 and spaces)  # a namespace keeps the files ours
    assert ask(it.postgres_url, "select pg_read_file('PG_VERSION') is not null")
    it.stop()
    start(root).stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_who_cannot_become_anybody_is_told_so(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for way in ("_SPACE", "_PASSING"):
        monkeypatch.setattr(postgres, way, ("false",))
    root.chmod(0o700)
    with pytest.raises(ConfigError, match=r"refuses to run as root.*ordinary user, or set"):
        start(root)


@pytest.mark.parametrize(
    ("line", "error", "words"),
    [
        (
            json.dumps({"version": "2.9.10"}),
            ConfigError,
            r"NATS 2\.9\.10 at .* is too old; version 2\.12",
        ),
        ("[]", Away, "NATS does not answer"),
        (None, ConfigError, "is not a NATS server"),
    ],
)
def test_a_server_is_judged_by_its_first_words(
    line: str | None, error: type[Exception], words: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            wire, _ = server.accept()
            wire.sendall(f"INFO {line}\r\n".encode() if line else b"HTTP/1.1 400\r\n")
            wire.close()

        thread = threading.Thread(target=speak)
        thread.start()
        with pytest.raises(error, match=words):
            nats.hello(f"nats://127.0.0.1:{server.getsockname()[1]}")
        thread.join()


@pytest.mark.parametrize("url", ["nats://localhost:99999", "nats://[::1", "nats://localhost:x"])
def test_what_is_no_url_is_a_sentence(url: str) -> None:
    with pytest.raises(ConfigError, match="NATS_URL is not a URL"):
        nats.hello(url)


def test_no_server_at_all_is_away() -> None:
    (port,) = (next(ports(0, fixed=False)),)
    with pytest.raises(Away, match="NATS does not answer at"):
        nats.hello(f"nats://127.0.0.1:{port}")
