"""Processes that are killed without a word and started again as they were."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from shared.engines.process import Engine

ROOT = Path(__file__).parents[2]


class Machine:
    """One process: its command, the user it runs as, and where it writes."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        uid: int | None = None,
        engine: Engine | None = None,
    ) -> None:
        self.name = name
        self.kills = 0
        self._command = list(command)
        self._log = log
        self._env = dict(os.environ if env is None else env)
        self._uid = uid
        self._engine = engine
        self._child: subprocess.Popen[bytes] | None = None

    @classmethod
    def of(cls, engine: Engine, log: Path) -> "Machine":
        """An engine that runs already: it is started again with the same words, as the same user."""
        place = Path(f"/proc/{engine.process.pid}")
        command = place.joinpath("cmdline").read_bytes().decode().rstrip("\0").split("\0")
        uid = place.stat().st_uid
        if engine.title == "PostgreSQL" and uid == 0:  # it refuses root, unless it cannot tell
            command = ["unshare", "--user", "--map-user=1000", *command]
        return cls(engine.title, command, log, uid=uid or None, engine=engine)

    def start(self) -> None:
        """Start it, in a session of its own."""
        who = {} if self._uid is None else {"user": self._uid, "extra_groups": []}
        with self._log.open("ab") as log:
            self._child = self._popen(log, who)

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

    def _popen(self, log: IO[bytes], who: dict[str, object]) -> "subprocess.Popen[bytes]":
        popen: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen
        return popen(
            self._command,
            cwd="/" if who else ROOT,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **who,
        )


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules."""
    return [sys.executable, "-m", module, *arguments]
