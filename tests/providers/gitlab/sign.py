"""GitLab's side of a delivery, for the questions that every provider is asked.

Signed by the signing token whose key is the secret; `TOKEN` carries the bare secret instead where a
hook, or its server, is older.
https://docs.gitlab.com/user/project/integrations/webhooks/
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from msgspec.structs import replace

from services.gitlab import proof
from services.gitlab.provider import provider
from shared.types import Delivery

SIGNATURE = "webhook-signature"
TOKEN = "x-gitlab-token"
NOW = 1_770_300_000.0
UNKNOWN: tuple[bytes, dict[str, str]] = (
    b'{"object_kind": "event_of_tomorrow", "project_id": 42}',
    {},
)
"""A delivery of a kind that nobody declared."""


def signing(secret: bytes) -> bytes:
    """The signing token whose key is the secret."""
    return proof.SIGNING + base64.b64encode(secret)


def _verify(secrets: Sequence[bytes], it: Delivery, now: float) -> None:
    proof.verify([signing(secret) for secret in secrets], it, now)


assert provider.webhook
WEBHOOK = replace(provider.webhook, verify=_verify)
"""The webhook of a service whose secret is a signing token."""


def headers(payload: str) -> dict[str, str]:
    """The unsigned headers of a recorded payload."""
    return {
        "content-type": "application/json",
        "user-agent": "GitLab/18.5.0",
        "x-gitlab-event": f"{payload.partition('.')[0].title()} Hook",
        "x-gitlab-event-uuid": "3427e3a2-0e2d-4f6e-9d94-0d4c3b7c2d5f",
        "x-gitlab-webhook-uuid": "a753eedb-1d72-4549-9ca7-eac8ea8e50dd",
        "x-gitlab-instance": "https://gitlab.com",
        "idempotency-key": "f5e5f430-f57b-4e6e-9fac-d9128cd7232f",
    }


def sign(
    secret: bytes, body: bytes, headers: dict[str, str], stamp: int = int(NOW)
) -> dict[str, str]:
    """The headers with the signature that GitLab would add."""
    ident = headers.get("idempotency-key", "")
    told = f"{ident}.{stamp}.".encode() + body
    made = base64.b64encode(hmac.digest(secret, told, hashlib.sha256)).decode()
    more = {SIGNATURE: f"v1,{made}", "webhook-id": ident, "webhook-timestamp": str(stamp)}
    return {**headers, **more}
