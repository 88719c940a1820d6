"""LinkedIn's side of a delivery, for the questions that every provider is asked.

https://learn.microsoft.com/en-us/linkedin/shared/api-guide/webhook-validation
"""

import hashlib
import hmac

SIGNATURE = "x-li-signature"
NOW = 1_767_225_600.0
UNKNOWN: tuple[bytes, dict[str, str]] = (
    b'{"type": "ROCKET_NOTIFICATIONS", "notifications": []}',
    {},
)
"""A delivery of a kind that nobody declared."""


def headers(_payload: str) -> dict[str, str]:
    """The unsigned headers of a recorded payload: LinkedIn names neither the kind nor the delivery."""
    return {"content-type": "application/json"}


def sign(secret: bytes, body: bytes, headers: dict[str, str]) -> dict[str, str]:
    """The headers with the proof that LinkedIn would add: the method's name is part of what is signed."""
    proof = hmac.new(secret, b"hmacsha256=" + body, hashlib.sha256).hexdigest()
    return {**headers, SIGNATURE: proof}
