"""Processes that outlive a killed fleet: started in a session of their own, found again, stopped."""

import fcntl
import os
import secrets
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from msgspec import Struct

from shared.errors import ConfigError

_TRIES = 100
_LOUD = ("FATAL", "[FTL]", "error:", "No space left")


class Way(Struct, frozen=True):
    """How a program is run that refuses root: as another user, whom `prefix` becomes where there is one."""

    uid: int | None = None
    gid: int | None = None
    prefix: tuple[str, ...] = ()

    def run(
        self, command: Sequence[str | Path], text: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end with `text` as standard input; the caller looks at the outcome."""
        return subprocess.run(
            [*self.prefix, *command],
            input=text,
            text=True,
            capture_output=True,
            check=False,
            **self._how(),
        )

    def start(self, command: Sequence[str | Path], log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start in a session of its own, so that a terminal's Ctrl-C does not reach it."""
        return subprocess.Popen(
            [*self.prefix, *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **self._how(),
        )

    def _how(self) -> dict[str, Any]:
        who: dict[str, Any] = {}
        if self.uid is not None and not self.prefix:
            who = {"user": self.uid, "group": self.gid, "extra_groups": []}
        env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        return {"cwd": "/", "env": env, "start_new_session": True, **who}


class Process:
    """One running engine: a child of ours, or one that an earlier fleet left behind."""

    def __init__(self, pid: int, child: subprocess.Popen[bytes] | None = None) -> None:
        self.pid = pid
        self._child = child

    def alive(self) -> bool:
        """Whether it still runs."""
        if self._child:
            return self._child.poll() is None
        return running(self.pid)

    def stop(self, *steps: tuple[signal.Signals, float]) -> None:
        """Send each signal in turn until it is gone, waiting that many seconds after each."""
        for number, patience in steps:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)
            if wait_until(lambda: not self.alive(), patience):
                return


class Engine(Struct, frozen=True):
    """An engine that answered: where, which version, and whether it had been left running."""

    title: str
    url: str
    version: str
    process: Process
    adopted: bool = False


def running(pid: int) -> bool:
    """Whether a process with that number exists; one that has ended but was not waited for does not."""
    with suppress(OSError):
        state = (
            Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
        )
        return state not in "ZX"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def command_line(pid: int) -> str:
    """The words a process was started with, or empty when it is gone or nobody tells."""
    if Path("/proc/self/cmdline").exists():
        with suppress(OSError):
            return (
                Path(f"/proc/{pid}/cmdline")
                .read_bytes()
                .replace(b"\0", b" ")
                .decode("utf-8", "replace")
            )
        return ""
    asked = subprocess.run(
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip()


def working_in(folder: Path) -> list[int]:
    """The living processes whose working directory it is, where /proc tells; empty elsewhere."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):
            if entry.readlink() == folder:
                found.append(int(entry.parent.name))
    return [pid for pid in found if running(pid)]


def wait_until(done: Callable[[], bool], within: float, every: float = 0.01) -> bool:
    """Whether it came true within that many seconds."""
    deadline = time.monotonic() + within
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def ports(first: int, *, fixed: bool) -> Iterator[int]:
    """Free ports on loopback: from `first` upwards when `fixed`, else whatever the system gives."""
    for offset in range(_TRIES):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", first + offset if fixed else 0))
            except (OSError, OverflowError):  # taken, or beyond the last one
                continue
            port = int(probe.getsockname()[1])
        yield port


def private(path: Path, make: Callable[[], str] = lambda: secrets.token_hex(24)) -> str:
    """The secret kept in that file (0600), made once when there is none."""
    with suppress(FileNotFoundError):
        if kept := path.read_text("utf-8").strip():
            return kept
    value = make()
    write_private(path, value + "\n")
    return value


def write_private(path: Path, text: str) -> None:
    """Write the file whole or not at all, readable by its owner only."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def lock(path: Path) -> IO[str]:
    """Hold the file's lock until it is closed or this process ends, however it ends.

    Raises ConfigError when another fleet holds it.
    """
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = file.read().strip() or "unknown"
        file.close()
        raise ConfigError(
            f"a fleet already runs in {path.parent.parent} (process {pid}); stop that one, or start this elsewhere"
        ) from None
    file.truncate()
    file.write(str(os.getpid()))
    file.flush()
    return file


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ignore Ctrl-C and SIGTERM in the block: an engine that is being stopped is let finish."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: Mapping[signal.Signals, Any] = {
        number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def last_words(log: Path, since: int) -> str:
    """What an engine wrote into its log from that byte on, or the file's name when it said nothing."""
    with log.open("rb") as file:
        file.seek(since)
        return loudest(file.read().decode("utf-8", "replace")) or f"see {log}"


def loudest(text: str) -> str:
    """The line that says what went wrong, with the hint below it, else the last one."""
    lines = text.strip().splitlines() or [""]
    loud = [n for n, line in enumerate(lines) if any(word in line for word in _LOUD)]
    at = loud[-1] if loud else len(lines) - 1
    hint = lines[at + 1].partition("HINT:")[2] if at + 1 < len(lines) else ""
    return f"{lines[at].strip()} ({hint.strip()})" if hint else lines[at].strip()
