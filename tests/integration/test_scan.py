"""`make scan` compares what the fleet runs on with a list of known weaknesses, or says that it did not."""

import asyncio
import os
from asyncio.subprocess import PIPE, STDOUT

import pytest
from msgspec import json

from tests.contract.reading import ROOT
from tests.fakes.loopback import Asked, answer, loopback

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        not (ROOT / ".venv-scan/bin/pip-audit").is_file(),
        reason="*** pip-audit is not here: `make scan` installs it, from PyPI ***",
    ),
]

PACKAGES = len((ROOT / "constraints.txt").read_text().split("=="))


async def scanned(url: str) -> tuple[int, str]:
    """The exit status of a scan that asks a list at that address, and what it said."""
    service = {"PIP_AUDIT_VULNERABILITY_SERVICE": "osv", "PIP_AUDIT_OSV_URL": url}
    child = await asyncio.create_subprocess_exec(
        ROOT / "scripts/scan.sh", "packages", stdout=PIPE, stderr=STDOUT, env=os.environ | service
    )
    told, _ = await child.communicate()
    assert child.returncode is not None
    return child.returncode, told.decode()


async def one_is_weak(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """A list, as https://ossf.github.io/osv-schema describes it, in which only Jinja2 stands."""
    package = json.decode(asked.body)["package"]
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.9"}]}]
    weak = {"id": "PYSEC-2026-1", "affected": [{"package": package, "ranges": ranges}]}
    said = {"vulns": [weak]} if package["name"] == "jinja2" else {}
    writer.write(answer(200, said, connection="close"))
    await writer.drain()


async def test_a_known_weakness_fails_the_scan() -> None:
    async with loopback(one_is_weak) as server:
        status, said = await scanned(server.url)
        assert len(server.asked) > PACKAGES / 2, "some pins are for other machines"
    assert status == 1
    assert "jinja2" in said
    assert "PYSEC-2026-1" in said
    assert "99.9" in said


async def test_no_weakness_is_a_clean_bill() -> None:
    async with loopback(answer(200, {})) as server:
        status, said = await scanned(server.url)
    assert status == 0
    assert "No known vulnerabilities found" in said


@pytest.mark.parametrize("there", [True, False])
async def test_a_list_that_is_out_of_reach_is_said_and_fails_nothing(there: bool) -> None:
    async with loopback(answer(404)) as server:
        status, said = await scanned(server.url if there else "http://127.0.0.1:1")
    assert status == 0
    assert "*** SKIPPED: the list of weaknesses is out of reach" in said
