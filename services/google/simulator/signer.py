"""The key with which Pub/Sub signs the tokens of its pushes, and its public half."""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import crypt, jwt

ACCOUNT = "push@simulated.iam.gserviceaccount.com"
KID = "simulated"


class Signer:
    """A key of its own for every simulator."""

    def __init__(self) -> None:
        key, pem = rsa.generate_private_key(65537, 2048), serialization.Encoding.PEM
        private = key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        kind = serialization.PublicFormat.SubjectPublicKeyInfo
        self.certs = {KID: key.public_key().public_bytes(pem, kind).decode()}
        self._signer = crypt.RSASigner.from_string(private, KID)  # type: ignore[no-untyped-call]

    def token(self, audience: str, at: int) -> str:
        """A token for this audience, good for an hour from `at` in epoch seconds."""
        claims = {
            "iss": "https://accounts.google.com",
            "aud": audience,
            "email": ACCOUNT,
            "email_verified": True,
            "iat": at,
            "exp": at + 3600,
        }
        made: bytes = jwt.encode(self._signer, claims)  # type: ignore[no-untyped-call]
        return made.decode()
