"""Google's side of a delivery: Pub/Sub's token, signed with a key made for the tests.

The token's audience is the webhook secret; the body is not signed.
https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
"""

import time
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import crypt, jwt
from msgspec.structs import replace

from services.google import channels, webhook
from services.google.provider import provider
from services.google.pubsub import Certs
from shared.types import Secret

SIGNATURE = "authorization"
SIGNS_BODY = False
NOW = time.time()
UNKNOWN = (
    b"",
    {"x-goog-channel-id": "1", "x-goog-channel-token": "", "x-goog-resource-state": "tomorrow"},
)
"""A delivery of a kind that nobody declared."""
ACCOUNT = "push@acme-project.iam.gserviceaccount.com"
KID = "the key of the tests"


class Key:
    """A key as Google has them: a private half, and a certificate that is published."""

    def __init__(self) -> None:
        key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
        at = datetime.fromtimestamp(NOW, UTC)
        made = x509.CertificateBuilder(name, name, key.public_key(), 1, at, at + timedelta(days=1))
        pem = serialization.Encoding.PEM
        self.certificate = made.sign(key, hashes.SHA256()).public_bytes(pem).decode()
        self.private = key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


@cache
def key(name: str) -> Key:
    """One key a name, made once: that takes a while."""
    return Key()


def certs() -> dict[str, str]:
    return {KID: key(KID).certificate}


def token(audience: str, signed_by: str = KID, kid: str = KID, **claims: Any) -> str:
    """A token as Pub/Sub sends it, with other claims where a test wants them: times in seconds from now."""
    now = int(time.time())
    times = {"iat": 0, "exp": 3600} | {it: claims.pop(it) for it in ("iat", "exp") if it in claims}
    said = {
        "iss": "https://accounts.google.com",
        "aud": audience,
        "email": ACCOUNT,
        "email_verified": True,
        **{name: now + it for name, it in times.items() if it is not None},
        **claims,
    }
    signer = crypt.RSASigner.from_string(key(signed_by).private, kid)  # type: ignore[no-untyped-call]
    made: bytes = jwt.encode(signer, said)  # type: ignore[no-untyped-call]  # Google ships none
    return made.decode()


def settled() -> Certs:
    """Certificates that are there at once."""
    return Certs(certs, start=lambda work: work())


assert provider.webhook
WEBHOOK = replace(
    provider.webhook, verify=webhook.verifier({webhook.ACCOUNT: Secret(ACCOUNT)}, settled())
)
"""The webhook of a service that was told who pushes."""


def headers(payload: str) -> dict[str, str]:
    """The unsigned headers of a recorded payload."""
    return {"content-type": "application/json"}


def sign(secret: bytes, body: bytes, headers: dict[str, str]) -> dict[str, str]:
    """The headers with the proof that Google would add, or give back as it was given it."""
    if "x-goog-channel-id" in headers:
        stream, sub, resource = headers["x-goog-channel-token"].split(":")
        given = channels.token(secret, headers["x-goog-channel-id"], stream, sub, unquote(resource))
        return {**headers, "x-goog-channel-token": given}
    return {**headers, SIGNATURE: f"Bearer {token(secret.decode())}"}
