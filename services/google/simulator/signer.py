"""The key with which Google signs what it says: of Pub/Sub's pushes, and of who consented."""

from base64 import urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import crypt, jwt

ACCOUNT = "push@simulated.iam.gserviceaccount.com"


class Signer:
    """Keys of its own for every simulator; their public halves as `certs` (PEM) and as `jwks`."""

    def __init__(self) -> None:
        self.certs: dict[str, str] = {}
        self.jwks: dict[str, list[dict[str, str]]] = {"keys": []}
        self.rotate()

    def rotate(self) -> None:
        """Sign with a new key from now on; the old ones are still published."""
        kid = f"simulated-{len(self.certs)}"
        key, pem = rsa.generate_private_key(65537, 2048), serialization.Encoding.PEM
        private = key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        kind = serialization.PublicFormat.SubjectPublicKeyInfo
        self.certs[kid] = key.public_key().public_bytes(pem, kind).decode()
        public = key.public_key().public_numbers()
        parts = {"n": _number(public.n), "e": _number(public.e)}
        self.jwks["keys"] += [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid, **parts}]
        self._signer = crypt.RSASigner.from_string(private, kid)  # type: ignore[no-untyped-call]

    def token(self, audience: str, at: float, **claims: Any) -> str:
        """A token for this audience, good for an hour from `at` in epoch seconds."""
        said = {"iss": "https://accounts.google.com", "aud": audience, "email_verified": True}
        life = {"iat": int(at), "exp": int(at) + 3600}
        made: bytes = jwt.encode(self._signer, {**said, **life, **claims})  # type: ignore[no-untyped-call]
        return made.decode()


def _number(it: int) -> str:
    data = it.to_bytes((it.bit_length() + 7) // 8)
    return urlsafe_b64encode(data).rstrip(b"=").decode()
