"""Discord's side of a delivery, for the questions that every provider is asked.

What both sides know is made from one secret here: the private key that signs, and the public one that
a service is given. https://discord.com/developers/docs/interactions/overview
"""

import hashlib
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from services.discord.provider import provider
from shared.types import Delivery

SIGNATURE = "x-signature-ed25519"
TIMESTAMP = "x-signature-timestamp"
NOW = 1_767_600_750.0
UNKNOWN = (
    b'{"version": 1, "type": 1, "event": {"type": "APPLICATION_DREAMT_OF", "data": {}}}',
    {"content-type": "application/json"},
)
"""A delivery of a kind that nobody declared."""


def private(secret: bytes) -> Ed25519PrivateKey:
    """The key of whoever has the secret."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(secret).digest())


def public(secret: bytes) -> bytes:
    """What the portal shows of it, in hex; of no secret there is no key."""
    return private(secret).public_key().public_bytes_raw().hex().encode() if secret else b""


def headers(_: str) -> dict[str, str]:
    """The unsigned headers of a recorded payload: what it is about is in the body alone."""
    return {"content-type": "application/json", "user-agent": "Discord-Webhook/1.0"}


def sign(secret: bytes, body: bytes, headers: dict[str, str]) -> dict[str, str]:
    """The headers with the proof that Discord would add."""
    stated = str(int(NOW))
    proof = private(secret).sign(stated.encode() + body).hex()
    return {**headers, TIMESTAMP: stated, SIGNATURE: proof}


def _verify(secrets: Sequence[bytes], it: Delivery, now: float) -> None:
    assert provider.webhook
    provider.webhook.verify([public(secret) for secret in secrets], it, now)


assert provider.webhook
WEBHOOK = structs.replace(provider.webhook, verify=_verify)
"""The declared one, for a service whose key was made from the secret."""
