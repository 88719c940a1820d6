"""schemathesis asks every operation of every service's OpenAPI file: valid, nearly valid, and neither.

It lives in an environment of its own, made by `make fuzz`.
"""

import asyncio
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest

from shared.service.callers import SCOPES
from tests.chaos.size import pick
from tests.contract.reading import ROOT
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
    if not TOOL.is_file():
        pytest.skip("*** schemathesis is not here: `make fuzz` installs it, from PyPI ***")
    mine = await stage.account("ana")
    key = await stage.key(*SCOPES, user_id="ana")
    settings = tmp_path / "schemathesis.toml"
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
        f"http://127.0.0.1:{stage.port}/schema/openapi.json",
    ]
    command += ["--header", f"Authorization: {key['authorization']}", "--no-color"]
    command += ["--checks", ",".join(CHECKS), "--seed", "1", "--generation-database", "none"]
    command += ["--max-examples", EXAMPLES, "--suppress-health-check", "all"]
    child = await asyncio.create_subprocess_exec(
        *map(str, command), stdout=PIPE, stderr=STDOUT, cwd=tmp_path
    )
    told, _ = await child.communicate()
    assert child.returncode == 0, told.decode()[-8000:]
    await stage.ask("afterwards", "GET", "/health", {200})
