"""Programs that a test runs beside itself: a stranger's stand-in, and a service of ours."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx


@contextmanager
def process(command: list[str], env: dict[str, str], log: Path) -> Iterator[None]:
    """Run a program for as long as the block lasts."""
    with log.open("wb") as out:
        child = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=out, stderr=out)
    try:
        yield
    finally:
        child.terminate()
        child.communicate(timeout=30)


async def answers(url: str, log: Path, within: float = 30.0) -> None:
    """Wait until a GET is answered 200."""
    deadline = time.monotonic() + within
    async with httpx.AsyncClient(trust_env=False) as client:
        while time.monotonic() < deadline:
            try:
                if (await client.get(url)).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await anyio.sleep(0.1)
    raise AssertionError(f"{url} is not ready:\n{await anyio.Path(log).read_text()}")


async def ask(
    client: httpx.AsyncClient, method: str, url: str, headers: dict[str, str], body: Any = None
) -> Any:
    """The decoded answer; anything but a 2xx fails the test."""
    answer = await client.request(method, url, headers=headers, json=body)
    assert answer.is_success, f"{method} {url}: {answer.status_code} {answer.text}"
    return answer.json()
