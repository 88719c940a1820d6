"""Radicale, a CalDAV server that nobody here wrote, as a process of its own on loopback."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

USER, PASSWORD = "ana@example.test", "app-pass-word"


@asynccontextmanager
async def radicale(folder: Path) -> AsyncIterator[str]:
    """Its address for as long as the block lasts."""
    (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
    probe = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = probe.sockets[0].getsockname()[1]
    probe.close()
    await probe.wait_closed()
    given = {
        "config": "",
        "server-hosts": f"127.0.0.1:{port}",
        "storage-filesystem-folder": str(folder / "collections"),
        "auth-type": "htpasswd",
        "auth-htpasswd-filename": str(folder / "users"),
        "auth-htpasswd-encryption": "plain",
        "auth-delay": "0",
        "logging-level": "warning",
    }
    words = [word for name, it in given.items() for word in (f"--{name}", it)]
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "radicale", *words, stdout=log, stderr=log, cwd=folder
        )
        try:
            await _answers(port, process, folder)
            yield f"http://127.0.0.1:{port}"
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _answers(port: int, process: asyncio.subprocess.Process, folder: Path) -> None:
    async with asyncio.timeout(30):
        while True:
            assert process.returncode is None, (folder / "log").read_text()
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return


def person(url: str) -> httpx.AsyncClient:
    """Ana's own calendar program."""
    return httpx.AsyncClient(base_url=url, auth=(USER, PASSWORD), trust_env=False, timeout=15)
