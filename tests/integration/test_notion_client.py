"""Notion's own package against us: each side's signature is genuine to the other, and its client reads what we play."""

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import pytest
from msgspec import json

from services.notion.provider import provider
from services.notion.simulator import app
from shared.errors import NotGenuine
from shared.http.roleplay import post
from shared.types import Delivery
from tests.contract.reading import samples
from tests.fakes.simulated import listening
from tests.providers.notion import sign

SECRET = b"secret_abc123_verification_token"
BODIES = [it.body for it in samples("notion")]


def asked(node: Path, peers: Path, **wish: Any) -> dict[str, Any]:
    """What Notion's package answers."""
    done = subprocess.run(
        [node, peers / "notion.mjs"], input=json.encode(wish), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    answer: dict[str, Any] = json.decode(done.stdout)
    return answer


def test_each_sides_signature_is_genuine_to_the_other(node: Path, peers: Path) -> None:
    ours = [sign.sign(SECRET, body, {})[sign.SIGNATURE] for body in BODIES]
    forged = [it[:-1] + ("0" if it[-1] != "0" else "1") for it in ours]
    pairs = zip(BODIES * 2, ours + forged, strict=True)
    deliveries = [{"body": body.decode(), "signature": it} for body, it in pairs]
    answer = asked(node, peers, secret=SECRET.decode(), deliveries=deliveries)
    assert answer["genuine"] == [True] * len(BODIES) + [False] * len(BODIES)
    assert provider.webhook
    for body, theirs in zip(BODIES, answer["signed"][: len(BODIES)], strict=True):
        genuine = Delivery(body, {sign.SIGNATURE: theirs})
        provider.webhook.verify([SECRET], genuine, 0.0)
        with pytest.raises(NotGenuine):
            provider.webhook.verify([b"another secret"], genuine, 0.0)


@pytest.mark.anyio
async def test_its_client_reads_and_writes_what_is_played_here(node: Path, peers: Path) -> None:
    notion = app(post, pages=3)
    notion.world.callback_url = "http://127.0.0.1:1/nobody"
    notion.consent.tokens.add("ntn_theirs")
    before, world = len(notion.world.pages), notion.world
    shown = sum(len(world.blocks[it]) for it in world.pages)
    remarks = sum(map(len, world.comments.values()))
    async with listening(notion) as url:
        answer = await asyncio.to_thread(asked, node, peers, base=url, token="ntn_theirs")
    read = answer["read"]
    assert world.pages[read.pop("made")]
    wanted = {"pages": before, "sources": 1, "blocks": shown, "comments": remarks}
    assert read == {**wanted, "rows": 3, "users": 3}
    assert notion.unknown == []
