"""Dropbox's side of a delivery: the raw body, signed with the app's secret.

https://www.dropbox.com/developers/reference/webhooks
"""

import hashlib
import hmac

SIGNATURE = "x-dropbox-signature"
NOW = 1_795_165_200.0
UNKNOWN = (b'{"paper": {"docs": ["x"]}}', {"content-type": "application/json"})
"""A delivery of a kind that nobody declared."""


def headers(_: str) -> dict[str, str]:
    """The unsigned headers of a recorded payload: all say the same."""
    return {"content-type": "application/json", "user-agent": "DropboxWebhooks/1.0"}


def sign(secret: bytes, body: bytes, headers: dict[str, str]) -> dict[str, str]:
    """The headers with the proof that Dropbox would add."""
    return {**headers, SIGNATURE: hmac.new(secret, body, hashlib.sha256).hexdigest()}
