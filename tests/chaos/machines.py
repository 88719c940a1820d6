"""Processes that are killed without a word and started again as they were."""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol

from shared.engines.process import Engine

ROOT = Path(__file__).parents[2]

SERVICE = "tests.chaos.service"

_NURSERY = multiprocessing.get_context("forkserver")
"""Has imported the service already, so that a replica is up in a fraction of the time."""
_NURSERY.set_forkserver_preload(["pytest", SERVICE])


class Child(Protocol):
    """What a started process can be asked."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def kill(self) -> None: ...

    def terminate(self) -> None: ...

    def wait(self, timeout: float | None = None) -> int: ...


Launch = Callable[[Path], Child]
"""Starts a process that writes to the end of that file."""


class Machine:
    """One process: how it is started, and where it writes."""

    def __init__(
        self, name: str, launch: Launch, log: Path, *, engine: Engine | None = None
    ) -> None:
        self.name = name
        self.kills = 0
        self._launch = launch
        self._log = log
        self._engine = engine
        self._child: Child | None = None

    @classmethod
    def of(cls, engine: Engine, log: Path) -> "Machine":
        """An engine that runs already: it is started again with the same words, as the same user."""
        place = Path(f"/proc/{engine.process.pid}")
        command = place.joinpath("cmdline").read_bytes().decode().rstrip("\0").split("\0")
        uid = place.stat().st_uid
        if engine.title == "PostgreSQL" and uid == 0:  # it refuses root, unless it cannot tell
            command = ["unshare", "--user", "--map-user=1000", *command]
        return cls(engine.title, program(command, uid=uid or None), log, engine=engine)

    def start(self) -> None:
        """Start it, in a session of its own."""
        self._child = self._launch(self._log)

    def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is flushed, no lease is given back."""
        self.kills += 1
        if self._child:
            self._child.kill()
            self._child.wait()
        elif self._engine:
            self._engine.process.stop((signal.SIGKILL, 10))

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        if self._child:
            return self._child.poll() is None
        return bool(self._engine and self._engine.process.alive)

    def end(self, within: float) -> int:
        """SIGTERM; return the exit status. Raises subprocess.TimeoutExpired after so many seconds."""
        assert self._child
        self._child.terminate()
        return self._child.wait(within)

    @property
    def pid(self) -> int:
        """Its number."""
        if self._child:
            return self._child.pid
        assert self._engine
        return self._engine.process.pid

    @property
    def memory(self) -> int:
        """Bytes of memory that it holds."""
        held = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(held) * os.sysconf("SC_PAGE_SIZE")

    def words(self) -> str:
        """The end of what it wrote."""
        return self._log.read_text(errors="replace")[-4000:] if self._log.exists() else ""


def program(command: Sequence[str], *, uid: int | None = None) -> Launch:
    """A program, as that user."""

    def launch(log: Path) -> Child:
        with log.open("ab") as out:
            return subprocess.Popen(
                command,
                cwd=ROOT if uid is None else "/",
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                user=uid,
                extra_groups=None if uid is None else [],
            )

    return launch


def replica(port: int, environ: Mapping[str, str]) -> Launch:
    """A service of the chaos tests on that port, with nothing but that in its environment."""
    return lambda log: Forked(port, dict(environ), log)


class Forked:
    """A process of the nursery's, with the words of `subprocess.Popen`."""

    def __init__(self, port: int, environ: dict[str, str], log: Path) -> None:
        self._process = _NURSERY.Process(target=_serve, args=(port, environ, log), daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid or 0

    def poll(self) -> int | None:
        """How it ended, if it did."""
        return self._process.exitcode

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()

    def terminate(self) -> None:
        """SIGTERM."""
        self._process.terminate()

    def wait(self, timeout: float | None = None) -> int:
        """How it ended, when it has; raises subprocess.TimeoutExpired after so many seconds."""
        self._process.join(timeout)
        if (status := self._process.exitcode) is None:
            raise subprocess.TimeoutExpired(SERVICE, timeout or 0)
        return status


def _serve(port: int, environ: dict[str, str], log: Path) -> None:
    os.setsid()
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environ)
    import_module(SERVICE).main(port)


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules."""
    return [sys.executable, "-m", module, *arguments]
