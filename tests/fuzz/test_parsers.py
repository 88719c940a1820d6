"""Every parser takes every input: a little of it here, half a minute of atheris each in `make fuzz`."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chaos.size import SIZE
from tests.contract.reading import ROOT, data
from tests.fuzz.parsers import PARSERS, once

ATHERIS = any((ROOT / ".venv-fuzz").glob("lib/python3*/site-packages/atheris"))
ODDITIES = st.sampled_from(
    [
        *(b"<@U1|", b"&lt;", b"](", b"![", b"```", b"<" * 50, b"[" * 50, b"*" * 50),
        *(b"=?utf-8?B?", b"\r\n\r\n", b"--x", b"Content-Type: multipart/mixed; boundary=x\r\n"),
        *(b"\0", b"\xff", b'{"a":'),
    ]
)
INPUT = st.binary(max_size=60) | st.lists(ODDITIES | st.binary(max_size=8), max_size=12).map(
    b"".join
)

each = pytest.mark.parametrize("name", PARSERS)


@each
def test_it_takes_anything(name: str) -> None:
    @settings(max_examples=60, deadline=None, database=None, derandomize=True)
    @given(INPUT)
    def read(given: bytes) -> None:
        once(PARSERS[name], given)

    read()


@pytest.mark.skipif(SIZE == "ci", reason="half a minute for each parser: `make fuzz`")
@pytest.mark.timeout(120)
@each
def test_half_a_minute_of_atheris_breaks_nothing(name: str, tmp_path: Path) -> None:
    if not ATHERIS:
        pytest.skip("*** atheris has no wheel for this Python or machine ***")
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    for n, path in enumerate(sorted(data(name.partition("-")[0]).glob("payloads/*/*"))[:60]):
        (seeds / str(n)).write_bytes(path.read_bytes()[:20_000])
    command = [
        sys.executable,
        "-m",
        "tests.fuzz.parsers",
        name,
        "-max_total_time=30",
        "-timeout=10",
    ]
    command += ["-rss_limit_mb=2048", "-max_len=20000", f"-artifact_prefix={tmp_path}/", str(seeds)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
