"""Zoom's side of a delivery, for the questions that every provider is asked.

https://developers.zoom.us/docs/api/webhooks/#verify-webhook-events
"""

import hashlib
import hmac

SIGNATURE = "x-zm-signature"
STAMP = "x-zm-request-timestamp"
NOW = 1_767_604_261.0
UNKNOWN: tuple[bytes, dict[str, str]] = (
    b'{"event": "meeting.dreamt_of", "event_ts": 1767604260123, "payload": {"account_id": "a"}}',
    {},
)
"""A delivery of a kind that nobody declared."""


def headers(_: str) -> dict[str, str]:
    """The unsigned headers of a recorded payload: what it is about is in the body alone."""
    return {"content-type": "application/json; charset=utf-8", "clientid": "ADZ9k9bTWmGUoUbECUKU_a"}


def sign(
    secret: bytes, body: bytes, headers: dict[str, str], stamp: str = str(int(NOW))
) -> dict[str, str]:
    """The headers with the proof that Zoom would add."""
    told = b"v0:" + stamp.encode() + b":" + body
    proof = "v0=" + hmac.new(secret, told, hashlib.sha256).hexdigest()
    return {**headers, STAMP: stamp, SIGNATURE: proof}
