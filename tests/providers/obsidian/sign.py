"""The watcher's side of a call, for the questions that every provider is asked."""

import hashlib
import hmac

SIGNATURE = "x-obsidian-signature"
NOW = 1_767_600_750.0
UNKNOWN = b'{"id": "c-0", "event": "dreamt", "vault": "v1"}', {"content-type": "application/json"}
"""A call of a kind that nobody declared."""


def headers(_: str) -> dict[str, str]:
    """The unsigned headers of a recorded payload: what it is about is in the body alone."""
    return {"content-type": "application/json", "x-obsidian-timestamp": f"{NOW:.0f}"}


def sign(secret: bytes, body: bytes, headers: dict[str, str]) -> dict[str, str]:
    """The headers with the proof, over the time and the body."""
    sent = headers.get("x-obsidian-timestamp", f"{NOW:.0f}")
    proof = hmac.new(secret, f"{sent}.".encode() + body, hashlib.sha256).hexdigest()
    return {**headers, "x-obsidian-timestamp": sent, SIGNATURE: f"sha256={proof}"}
