"""Notion's side of a delivery, for the questions that every provider is asked.

https://developers.notion.com/reference/webhooks#validating-event-payloads
"""

import hashlib
import hmac

SIGNATURE = "x-notion-signature"
NOW = 1_767_600_750.0
UNKNOWN = (
    b'{"id": "e1", "type": "page.dreamt_of", "workspace_id": "w1", "entity": {"id": "p1"}}',
    {"content-type": "application/json"},
)
"""A delivery of a kind that nobody declared."""


def headers(_: str) -> dict[str, str]:
    """The unsigned headers of a recorded payload: what it is about is in the body alone."""
    return {"content-type": "application/json", "user-agent": "notion-api"}


def sign(secret: bytes, body: bytes, headers: dict[str, str]) -> dict[str, str]:
    """The headers with the proof that Notion would add."""
    return {**headers, SIGNATURE: "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()}
