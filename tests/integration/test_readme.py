"""The README's consumer, run as it is written, hears an event that a running service publishes."""

import asyncio
import os
import re
import sys

import pytest
from msgspec import json

from services.github.provider import provider
from shared.normalizer import Message
from shared.store import accounts, routes
from shared.store.database import Database
from shared.types import Identity
from tests.contract.reading import ROOT, data, samples, signed
from tests.fakes.service import running

pytestmark = pytest.mark.anyio


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


async def connect(db: Database) -> None:
    """An account of ana's that gets what no other account claims."""
    async with db.transaction() as conn:
        ident = await accounts.claim(conn, "github", "ana", Identity("1", "ana"), ())
        assert ident
        await routes.set_routes(conn, "github", ident, "caller", [routes.EVERYTHING])


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
