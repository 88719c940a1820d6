"""Processes that the bench starts, and what each of them costs: read from /proc."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import json

TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@contextmanager
def server(kind: str, **facts: object) -> Iterator[tuple[int, int]]:
    """A server of `tests.load.servers` in a process of its own: its pid and its port."""
    command = [sys.executable, "-m", "tests.load.servers", kind, json.encode(facts).decode()]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdout
        line = child.stdout.readline()
        if not line:
            raise RuntimeError(f"the server {kind!r} did not start")
        yield child.pid, int(line)
    finally:
        assert child.stdin
        assert child.stdout
        child.stdin.close()  # which ends it
        child.stdout.close()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def cpu(pid: int) -> float:
    """Seconds of processor time that a process and its children have used."""
    return sum(_ticks(it) for it in (pid, *_children(pid))) / TICKS


def resident(pid: int) -> float:
    """Megabytes of memory that a process holds by itself."""
    for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


class Costs:
    """Processor time of named processes, per item, between its making and `per`."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = {name: pid for name, pid in pids.items() if pid}
        self._before = {name: cpu(pid) for name, pid in self._pids.items()}
        self._began = time.perf_counter()

    def per(self, items: int) -> dict[str, float]:
        """Microseconds of processor time per item, by process."""
        return {
            name: 1e6 * (cpu(pid) - self._before[name]) / max(items, 1)
            for name, pid in self._pids.items()
        }


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        found = [
            int(it) for it in Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()
        ]
    return found


def _ticks(pid: int) -> int:
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12]) + int(fields[13]) + int(fields[14])
    return 0
