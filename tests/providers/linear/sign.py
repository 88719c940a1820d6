"""Linear's side of a delivery, for the questions that every provider is asked.

https://linear.app/developers/webhooks
"""

import hashlib
import hmac

SIGNATURE = "linear-signature"
NOW = 1_767_225_600.0
UNKNOWN = (
    b'{"action": "create", "type": "Rocket", "organizationId": "o-1", "data": {"id": "r-1"}}',
    {"linear-delivery": "234d1a4e-b617-4388-90fe-adc3633d6b72", "linear-event": "Rocket"},
)
"""A delivery of a kind that nobody declared."""


def headers(payload: str) -> dict[str, str]:
    """The unsigned headers of a recorded payload, told by its file name: `Issue.create`."""
    return {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "Linear-Webhook",
        "linear-delivery": "234d1a4e-b617-4388-90fe-adc3633d6b72",
        "linear-event": payload.partition(".")[0],
        "linear-timestamp": "1767225600000",
    }


def sign(secret: bytes, body: bytes, headers: dict[str, str]) -> dict[str, str]:
    """The headers with the proof that Linear would add."""
    return {**headers, SIGNATURE: hmac.new(secret, body, hashlib.sha256).hexdigest()}
