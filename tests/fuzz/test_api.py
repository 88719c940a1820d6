"""schemathesis asks every operation of every service's OpenAPI file: valid, nearly valid, and neither.

It lives in an environment of its own, made by `make fuzz`.
"""

import asyncio
import os
import socket
import sys
from asyncio.subprocess import PIPE, STDOUT
from importlib.resources import files
from pathlib import Path
from uuid import UUID

import pytest

from services.context.applying import handle
from shared.service.callers import SCOPES, create_key
from shared.store.database import Database
from shared.store.migrate import migrate
from tests.chaos.size import pick
from tests.context.fold import Told, account, heard
from tests.context.goldens import messages
from tests.contract.reading import ROOT
from tests.fakes.simulated import until
from tests.hostile.stage import Stage

EXAMPLES = pick(0, 100, 500)
"""Of each operation; and as many ways through several of them."""

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not EXAMPLES, reason="minutes for each service: `make fuzz`"),
]

TOOL = ROOT / ".venv-fuzz/bin/schemathesis"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
    "use_after_free",
    "unsupported_method",
)


async def test_no_operation_breaks_or_answers_what_it_does_not_say(
    stage: Stage, tmp_path: Path
) -> None:
    mine = await stage.account("ana")
    key = await stage.key(*SCOPES, user_id="ana")
    await _ask(stage.port, key["authorization"], mine, tmp_path)
    await stage.ask("afterwards", "GET", "/health", {200})


async def test_nor_does_one_of_the_context_service(
    db: Database, database_url: str, nats_url: str, tmp_path: Path
) -> None:
    await migrate(db, files("services.context").joinpath("migrations"), "context")
    await handle(db, [heard(Told(it, number)) for number, it in enumerate(messages(), 1)])
    key = await create_key(db, "t", SCOPES, user_id="ana", days=1, env="dev")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    urls = {"POSTGRES_URL": database_url, "NATS_URL": nats_url, "SERVICE_PORT": str(port)}
    command = [sys.executable, "-m", "services.context"]
    given = {**os.environ, **urls, "SERVICE_ENV": "dev", "RATE_LIMIT_REQUESTS": "10000000"}
    service = await asyncio.create_subprocess_exec(*command, env=given, cwd=ROOT)
    try:
        await until(lambda: _listens(port), within=60)
        await _ask(port, f"Bearer {key}", account("one"), tmp_path)
        assert service.returncode is None, "it still runs"
    finally:
        service.terminate()
        await service.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def _ask(port: int, authorization: str, mine: UUID, folder: Path) -> None:
    if not TOOL.is_file():
        pytest.skip("*** schemathesis is not here: `make fuzz` installs it, from PyPI ***")
    settings = folder / "schemathesis.toml"
    settings.write_text(
        f'[parameters]\naccount_id = "{mine}"\n'
        "[checks.not_a_server_error]\n"
        'expected-statuses = ["2xx", "3xx", "4xx", 502]\n'  # 502: the provider's, not ours
    )
    command = [
        TOOL,
        "--config-file",
        settings,
        "run",
        f"http://127.0.0.1:{port}/schema/openapi.json",
    ]
    command += ["--header", f"Authorization: {authorization}", "--no-color"]
    command += ["--checks", ",".join(CHECKS), "--seed", "1", "--generation-database", "none"]
    command += ["--max-examples", EXAMPLES, "--suppress-health-check", "all"]
    child = await asyncio.create_subprocess_exec(
        *map(str, command), stdout=PIPE, stderr=STDOUT, cwd=folder
    )
    told, _ = await child.communicate()
    assert child.returncode == 0, told.decode()[-8000:]
