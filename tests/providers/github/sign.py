"""GitHub's side of a delivery, for the questions that every provider is asked.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

import hashlib
import hmac

SIGNATURE = "x-hub-signature-256"
NOW = 1_767_225_600.0
UNKNOWN = (b'{"action": "created"}', {"x-github-event": "an_event_of_tomorrow"})
"""A delivery of a kind that nobody declared."""


def headers(payload: str) -> dict[str, str]:
    """The unsigned headers of a recorded payload, told by its file name: `issues.opened`."""
    return {
        "content-type": "application/json",
        "x-github-event": payload.partition(".")[0],
        "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    }


def sign(secret: bytes, body: bytes, headers: dict[str, str]) -> dict[str, str]:
    """The headers with the proof that GitHub would add."""
    proof = hmac.new(secret, body, hashlib.sha256).hexdigest()
    return {**headers, SIGNATURE: f"sha256={proof}"}
