"""Every recorded payload against what it becomes; `UPDATE_EXPECTED=1` writes them anew."""

import re
from pathlib import Path

import pytest

from services.discord.provider import provider
from shared.normalizer import encode
from tests.contract.reading import ROOT, Sample, data, golden, messages, samples, signed
from tests.providers.discord.material import NAMES, api, listed, read, versions, webhook

EXPECTED = data("discord") / "expected"
SAMPLES = samples("discord")
LISTED = sorted(it.stem for it in (data("discord") / "payloads/api").glob("message.*.json"))
NAMED = set(NAMES)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda it: it.path.stem)
def test_a_delivery_becomes_its_golden(sample: Sample) -> None:
    told = messages(provider, signed("discord", b"secret", sample))
    golden(EXPECTED / f"{sample.path.stem}.json", map(encode, told))


@pytest.mark.anyio
@pytest.mark.parametrize("name", LISTED)
async def test_a_listed_message_becomes_its_golden(name: str) -> None:
    found = await listed(api(name))
    golden(EXPECTED / f"api/{name}.json", map(encode, found))


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["message", "message_reply", "message_in_thread"])
async def test_a_message_is_the_same_by_both_doors(name: str) -> None:
    body = webhook(f"interaction.{name}")
    (row,) = body["data"]["resolved"]["messages"].values()
    handed = versions([it for it in read(body) if hasattr(it, "payload")], NAMES)  # type: ignore[misc]
    found = await listed(row, str(body["channel"]["type"]))
    assert [it.body for it in handed] == [encode(it) for it in found]
    assert len(found) == 1


def test_no_golden_is_left_behind() -> None:
    assert {it.stem for it in EXPECTED.glob("api/*.json")} == set(LISTED)
    assert {it.stem for it in EXPECTED.glob("*.json")} == {it.path.stem for it in SAMPLES}


def test_each_of_the_twenty_five_questions_has_a_test_by_its_number() -> None:
    files = [*Path(__file__).parent.glob("test_*.py"), ROOT / "tests/integration/test_discord.py"]
    asked = {it for file in files for it in re.findall(r"def test_(\d+)_", file.read_text())}
    assert asked == {str(number) for number in range(1, 26)} - GATEWAY


GATEWAY = {"19"}
"""What only the gateway tells: who joins, moves and leaves in voice. See the README."""
