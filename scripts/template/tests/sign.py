"""NEW_TITLE's side of a delivery, for the questions that every provider is asked."""

import hashlib
import hmac

SIGNATURE = "x-NEW_NAME-signature"
NOW = 1_767_225_600.0
UNKNOWN = (b'{"event": "item.sold", "workspace": "w1", "item": {}}', {"x-NEW_NAME-delivery": "d2"})
"""A delivery of a kind that nobody declared."""


def headers(payload: str) -> dict[str, str]:
    """The unsigned headers of a recorded payload, told by its file name: `item.created`."""
    return {"content-type": "application/json", "x-NEW_NAME-delivery": f"d1-{payload}"}


def sign(secret: bytes, body: bytes, headers: dict[str, str]) -> dict[str, str]:
    """The headers with the proof that NEW_TITLE would add."""
    return {**headers, SIGNATURE: hmac.new(secret, body, hashlib.sha256).hexdigest()}
