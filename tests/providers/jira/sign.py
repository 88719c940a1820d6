"""Jira's side of a delivery, for the questions that every provider is asked.

The token is signed with the app's client secret; the body is not signed.
https://developer.atlassian.com/cloud/jira/platform/webhooks/
"""

import base64
import hmac
from typing import Any

from msgspec import json

SIGNATURE = "authorization"
SIGNS_BODY = False
NOW = 1_767_225_600.0
UNKNOWN: tuple[bytes, dict[str, str]] = (
    b'{"timestamp": 1767225600123, "webhookEvent": "rocket_launched"}',
    {},
)
"""A delivery of a kind that nobody declared."""


def headers(payload: str) -> dict[str, str]:
    """The unsigned headers of a recorded payload."""
    return {
        "content-type": "application/json; charset=UTF-8",
        "user-agent": "Atlassian Webhook HTTP Client",
        "x-atlassian-webhook-identifier": "4ba81b5c-8ae2-4f8e-a7ba-6f2a8f0a9a25",
        "x-atlassian-webhook-flow": "Primary",
    }


def sign(secret: bytes, body: bytes, headers: dict[str, str]) -> dict[str, str]:
    """The headers with the token that Jira would add."""
    return {**headers, SIGNATURE: f"Bearer {token(secret)}"}


def token(secret: bytes, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """A token as Jira sends it, with another header or other claims where a test wants them."""
    head = header or {"alg": "HS256", "typ": "JWT"}
    said = {"iss": "a client id", "iat": int(NOW), "exp": int(NOW) + 180, **claims}
    # Spelled with spaces, so that whoever spells the same claims anew has another token.
    signed = b".".join(_encoded(json.format(json.encode(it), indent=0)) for it in (head, said))
    return (signed + b"." + _encoded(hmac.digest(secret, signed, "sha256"))).decode()


def _encoded(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")
