"""What the README tells people to type does what it says: the first two minutes, and the consumer."""

import asyncio
import itertools
import os
import re
import signal
import sys
from pathlib import Path

import pytest
from msgspec import json

from services.github import simulator
from services.github.provider import provider
from shared.engines.process import ports
from shared.http.roleplay import post
from shared.normalizer import Message
from shared.oauth.keyring import new_key
from shared.store import accounts, routes
from shared.store.database import Database
from shared.types import Identity
from tests.contract.reading import ROOT, data, samples, signed
from tests.fakes.service import running
from tests.fakes.simulated import listening, until

pytestmark = pytest.mark.anyio

MADE_UP = "# an id that does not exist here"


async def test_the_consumer_of_the_readme_hears_an_event(database_url: str, nats_url: str) -> None:
    (snippet,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    opened = data("github") / "payloads/webhook/issues.opened.json"
    (sample,) = [it for it in samples("github") if it.path == opened]
    async with running(provider, database_url, nats_url) as service:
        await connect(service.hub.db)
        delivery = signed("github", b"s", sample)
        answer = await service.http.post(
            "/webhook", content=delivery.body, headers=delivery.headers
        )
        assert answer.status_code == 200
        line = await first_line(snippet, NATS_URL=nats_url, PYTHONUNBUFFERED="1")
    kind, _, body = line.partition(" ")
    assert kind == "self.issue.created"
    assert json.decode(body, type=Message).type == "issue"


@pytest.mark.timeout(180)
async def test_the_first_two_minutes_go_as_they_are_written(tmp_path: Path) -> None:
    """Every shell line of that section, as typed, in a directory where a fleet runs."""
    section = (ROOT / "README.md").read_text().partition("## Two minutes")[2].partition("\n## ")[0]
    connecting, tailing, syncing, naming = lines(section)
    github = simulator.app(post)
    github.consent.tokens["ghp_mine"] = "repo read:user"
    (tmp_path / "my-token.txt").write_text("ghp_mine\n")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    for name, words in {"fleet": '-c "from shared.cli import main; main()"', "python": ""}.items():
        program = tmp_path / ".venv/bin" / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable} {words} "$@"\n')
        program.chmod(0o755)
    async with listening(github) as url:
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "COLUMNS": "200"}
        environ |= {**github.environment(url), "ENCRYPTION_KEYS": f"1:{new_key()}"}
        environ |= {"PATH": f"{tmp_path}/.venv/bin:{os.environ['PATH']}", "SERVICE_ENV": "dev"}
        (port,) = itertools.islice(ports(0, fixed=False), 1)
        up = await shell(f"exec .venv/bin/fleet up --json --port {port}", tmp_path, environ)
        try:
            await until((tmp_path / ".fleet/fleet.json").exists, 60)
            await done(connecting, tmp_path, environ)
            await done(syncing, tmp_path, environ)
            tail = await shell(f"exec {tailing}", tmp_path, environ)
            try:
                assert tail.stdout
                place = next(iter(github.world.places.values()))
                await github.world.open_issue(place, "Seen in the tail")
                assert "success" in await done(syncing, tmp_path, environ)
                async with asyncio.timeout(20):
                    while "Seen in the tail" not in (await tail.stdout.readline()).decode():
                        pass
            finally:
                tail.terminate()
                await tail.communicate()
            told = await done(f"{naming}\necho $NATS_URL $FLEET_URL", tmp_path, environ)
            assert re.fullmatch(rf"nats://\S+ http://localhost:{port}\n", told)
            for line in operating():
                await done(f"{naming}\n{line}", tmp_path, environ, made_up=MADE_UP in line)
        finally:
            up.send_signal(signal.SIGINT)
            out, _ = await up.communicate()
    assert up.returncode == 0
    services = json.decode(out)  # all that a program gets to read
    assert "github" in [it["name"] for it in services]


def lines(document: str) -> list[str]:
    """What a document tells people to type, without remarks."""
    blocks = re.findall(r"^```bash\n(.*?)^```", document, re.M | re.S)
    return [line for block in blocks for line in block.splitlines() if line[:1] not in ("#", "")]


def operating() -> list[str]:
    """The commands of ours in OPERATIONS.md that come to an end, the made-up ids marked."""
    typed = lines((ROOT / "docs/OPERATIONS.md").read_text())
    ours = [it for it in typed if it.startswith((".venv/bin/fleet", "python -m"))]
    assert len(ours) >= 8
    ending = [it for it in ours if "until SIGTERM" not in it]
    return [f"{it} {MADE_UP}" if " replay " in it or " trace " in it else it for it in ending]


async def shell(line: str, where: Path, environ: dict[str, str]) -> asyncio.subprocess.Process:
    """A line in bash, its output caught."""
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        "bash", "-c", line, cwd=where, env=environ, stdout=pipe, stderr=pipe
    )


async def done(line: str, where: Path, environ: dict[str, str], *, made_up: bool = False) -> str:
    """What a line prints; it has to end well within a minute. A made-up id is told in a sentence."""
    running_line = await shell(line, where, environ)
    async with asyncio.timeout(60):
        out, err = await running_line.communicate()
    wanted = (0, 1) if made_up else (0,)
    assert running_line.returncode in wanted, f"{line}\n{out.decode()}{err.decode()}"
    assert b"Traceback" not in err
    return out.decode()


async def connect(db: Database) -> None:
    """An account of ana's that gets what no other account claims."""
    async with db.transaction() as conn:
        ident = await accounts.claim(conn, "github", "ana", Identity("1", "ana"), ())
        assert ident
        await routes.set_routes(conn, "github", ident, {"caller": [routes.EVERYTHING]})


async def first_line(program: str, **environ: str) -> str:
    """What a Python program prints first, in at most 30 seconds; it runs for ever otherwise."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        env={**os.environ, **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    assert process.stderr
    try:
        async with asyncio.timeout(30):
            line = await process.stdout.readline()
            assert line, (await process.stderr.read()).decode()
            return line.decode()
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
