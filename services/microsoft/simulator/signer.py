"""The keys of the Microsoft that does not exist, and the tokens that it signs with them (RS256)."""

from base64 import urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from msgspec import json

KID = "simulated"


class Signer:
    """One key; `jwks` is what is published of it."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(65537, 2048)
        public = self._key.public_key().public_numbers()
        numbers = {"n": _number(public.n), "e": _number(public.e)}
        own = {"kty": "RSA", "use": "sig", "kid": KID, "alg": "RS256", **numbers}
        self.jwks = {"keys": [own]}

    def token(self, audience: str, now: float, **claims: Any) -> str:
        """A token that is good for an hour."""
        said = {"aud": audience, "iat": int(now), "exp": int(now) + 3600, **claims}
        signed = f"{_part({'alg': 'RS256', 'typ': 'JWT', 'kid': KID})}.{_part(said)}"
        proof = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_encoded(proof)}"


def _part(it: Any) -> str:
    return _encoded(json.encode(it))


def _number(it: int) -> str:
    return _encoded(it.to_bytes((it.bit_length() + 7) // 8, "big"))


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
