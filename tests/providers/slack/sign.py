"""Slack's side of a delivery, for the questions that every provider is asked.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac

SIGNATURE = "x-slack-signature"
STAMP = "x-slack-request-timestamp"
NOW = 1_767_600_000.0
UNKNOWN = (
    b'{"type": "event_callback", "team_id": "T01", "event": {"type": "event_of_tomorrow"}}',
    {"content-type": "application/json"},
)
"""A delivery of a kind that nobody declared."""


def headers(_: str) -> dict[str, str]:
    """The unsigned headers of a recorded payload: what it is about is in the body alone."""
    return {"content-type": "application/json", STAMP: str(int(NOW))}


def sign(secret: bytes, body: bytes, headers: dict[str, str]) -> dict[str, str]:
    """The headers with the proof that Slack would add."""
    base = b"v0:" + headers.get(STAMP, "").encode() + b":" + body
    proof = hmac.new(secret, base, hashlib.sha256).hexdigest()
    return {**headers, SIGNATURE: f"v0={proof}"}
