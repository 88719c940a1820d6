"""Proofs that a delivery is genuine: pure, in constant time, the clock passed in.

A proof is compared as bytes, because a header may hold anything. Several secrets may be live while
one replaces another. No secret, or an empty one, proves nothing.
"""

import base64
import hmac
import re
from collections.abc import Callable, Sequence
from contextlib import suppress

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared.errors import NotGenuine

_SIGNED = re.compile(r"[0-9a-f]{128}")


def hmac_sha256_hex(
    secrets: Sequence[bytes], body: bytes, given: str | None, prefix: str = ""
) -> None:
    """Raise NotGenuine unless `given` is `prefix` and the lower-case hex HMAC-SHA256 of `body`."""
    _prove(secrets, body, given, lambda digest: prefix + digest.hex())


def hmac_sha256_base64(
    secrets: Sequence[bytes], body: bytes, given: str | None, prefix: str = ""
) -> None:
    """Raise NotGenuine unless `given` is `prefix` and the padded base64 HMAC-SHA256 of `body`."""
    _prove(secrets, body, given, lambda digest: prefix + base64.b64encode(digest).decode())


def ed25519_hex(keys: Sequence[bytes], body: bytes, given: str | None) -> None:
    """Raise NotGenuine unless `given` is the lower-case hex Ed25519 signature of `body`.

    The keys are public ones, in hex; a text that is no key proves nothing.
    """
    if not given:
        raise NotGenuine("The delivery carries no signature.")
    if not _SIGNED.fullmatch(given):
        raise NotGenuine("The signature is not one: 128 hexadecimal digits in lower case.")
    for key in keys:
        with suppress(ValueError, InvalidSignature):
            public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.decode("latin-1")))
            return public.verify(bytes.fromhex(given), body)
    raise NotGenuine("The signature does not belong to this delivery.")


def token(secrets: Sequence[bytes], given: str | None) -> None:
    """Raise NotGenuine unless `given` is one of the secrets, which some send as they are."""
    proof = (given or "").encode("utf-8", "surrogatepass")
    genuine = False
    for secret in secrets:
        genuine |= hmac.compare_digest(secret, proof) and bool(secret)
    if not genuine:
        raise NotGenuine("The delivery does not carry the secret.")


def fresh(timestamp: float, now: float, within: float) -> None:
    """Raise NotGenuine unless `timestamp` is at most `within` seconds from `now`, either way.

    All three are in seconds; both times count from the epoch.
    """
    if not abs(now - timestamp) <= within:  # written so that NaN is stale
        raise NotGenuine("The delivery is too old, or dated in the future.")


def _prove(
    secrets: Sequence[bytes], body: bytes, given: str | None, form: Callable[[bytes], str]
) -> None:
    if not given:
        raise NotGenuine("The delivery carries no signature.")
    proof = given.encode("utf-8", "surrogatepass")
    genuine = False
    for secret in secrets:
        digest = hmac.digest(secret, body, "sha256")
        same = hmac.compare_digest(form(digest).encode(), proof)
        genuine |= same and bool(secret)
    if not genuine:
        raise NotGenuine("The signature does not belong to this delivery.")
