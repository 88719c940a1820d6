"""X's side of a delivery, for the questions that every provider is asked.

https://docs.x.com/x-api/webhooks/quickstart
"""

import base64
import hashlib
import hmac

SIGNATURE = "x-twitter-webhooks-signature"
NOW = 1_784_927_600.0
UNKNOWN = (
    b'{"data": {"event_uuid": "7", "event_type": "rocket.launch", "filter": {"user_id": "944480690"}, '
    b'"payload": {"id": "1"}}}',
    {"content-type": "application/json"},
)
"""A delivery of a kind that nobody declared."""


def headers(_payload: str) -> dict[str, str]:
    """The unsigned headers of a recorded payload: X sends no others that matter."""
    return {"content-type": "application/json"}


def sign(secret: bytes, body: bytes, headers: dict[str, str]) -> dict[str, str]:
    """The headers with the proof that X would add."""
    proof = base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode()
    return {**headers, SIGNATURE: f"sha256={proof}"}
