"""Figma's side of a delivery: the passcode that a webhook was made with comes back in every body.

So the proof is in the body, and proves nothing of what stands beside it.
https://developers.figma.com/docs/rest-api/webhooks-events/
"""

import json
import re
from collections.abc import Callable

from msgspec.structs import replace

from services.figma.webhook import passcode
from shared.types import Delivery

SIGNATURE = "in the body"
SIGNS_BODY = False
NOW = 1_769_940_006.0
PLACE = "team:1535685101263221741"
UNKNOWN: tuple[bytes, dict[str, str]] = (
    b'{"event_type": "FILE_DREAMT_OF", "passcode": "x", "timestamp": "2026-02-01T10:00:05Z",'
    b' "webhook_id": "22", "file_key": "AbC123"}',
    {},
)
"""A delivery of a kind that nobody declared."""

_PASSCODE = re.compile(rb'("passcode":\s*)"([^"]*)"')


def headers(_: str) -> dict[str, str]:
    """The headers of a recorded payload, which tell nothing."""
    return {"content-type": "application/json", "user-agent": "Figma/2.0"}


def sign(_secret: bytes, _body: bytes, headers: dict[str, str]) -> dict[str, str]:
    """The headers, which prove nothing."""
    return headers


def sealed(secret: bytes, body: bytes) -> bytes:
    """The body with the passcode of a webhook that was made by hand: the secret itself."""
    return _PASSCODE.sub(lambda found: found[1] + json.dumps(secret.decode()).encode(), body)


def forged(good: Delivery, forge: Callable[[str], str | None]) -> Delivery:
    """The delivery of a webhook that we made, with another passcode, or without one."""
    found = _PASSCODE.search(good.body)
    assert found
    secret = json.loads(found[2].join((b'"', b'"')))
    genuine = passcode(secret.encode(), PLACE).decode()
    proof = forge(genuine)
    assert proof != genuine
    said = found[1] + json.dumps(proof).encode() if proof is not None else b'"nothing": 0'
    body = good.body[: found.start()] + said + good.body[found.end() :]
    return replace(good, body=body, query=f"place={PLACE}")
