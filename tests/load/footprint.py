"""What a service weighs and how long it takes to start: the real command, on engines that run."""

import os
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as File

from tests.load.figures import Path, Row, middle
from tests.load.processes import resident
from tests.load.world import KEYS, Size, World

PATIENCE = 60.0
FLEET = str(File(sysconfig.get_path("scripts")) / "fleet")
PYTHON = sys.executable


def measure(world: World, size: Size, scratch: File) -> Path:
    """One service and all of them, each started several times."""
    rows: list[Row] = []
    # The fleet first: it applies the migrations that a service by itself expects.
    for name, command, path, most in (
        (
            "`fleet up`, all services, engines apart",
            [FLEET, "up", "--port", "{port}"],
            "/github/health",
            250,
        ),
        (
            "one service, as its container runs it",
            [PYTHON, "-m", "services.github"],
            "/health",
            110,
        ),
    ):
        seconds: list[float] = []
        weights: list[float] = []
        for _ in range(size.rounds):
            with _started(world, scratch, command, path) as (pid, took):
                seconds.append(took)
                time.sleep(1.0)  # what runs in the background at the start is part of the weight
                weights.append(resident(pid))
        weight = middle(weights)
        rows += [
            Row("memory", name, weight, "MB", "", f"< {most}", weight < most),
            Row("start-up", f"{name}, until /health answers", middle(seconds), "s"),
        ]
    return Path("footprint", rows)


@contextmanager
def _started(
    world: World, scratch: File, command: list[str], path: str
) -> Iterator[tuple[int, float]]:
    """A running command: its pid, and the seconds until it answered."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ = os.environ | {
        "POSTGRES_URL": world.postgres_url,
        "NATS_URL": world.nats_url,
        "ENCRYPTION_KEYS": KEYS,
        "SERVICE_PORT": str(port),
    }
    began = time.perf_counter()
    child = subprocess.Popen(
        [it.replace("{port}", str(port)) for it in command],
        cwd=scratch,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _healthy(port, path):
            if child.poll() is not None or time.perf_counter() - began > PATIENCE:
                raise RuntimeError(f"{' '.join(command)} did not start")
            time.sleep(0.01)
        yield child.pid, time.perf_counter() - began
    finally:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(30)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _healthy(port: int, path: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as wire:
            wire.sendall(f"GET {path} HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n".encode())
            return wire.recv(12) == b"HTTP/1.1 200"
    except OSError:
        return False
