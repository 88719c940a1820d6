"""Microsoft's side of a delivery: each notification gives back the state that its subscription was given.

So the proof is in the body, and only that state is proven, not what stands beside it.
"""

import hashlib
import hmac
import re
from collections.abc import Callable

from msgspec.structs import replace

from shared.types import Delivery

SIGNATURE = "in the body"
SIGNS_BODY = False
NOW = 1_795_165_200.0
OID = "48d31887-5fad-4d73-a9f5-3c356e68a038"
UNKNOWN: tuple[bytes, dict[str, str]] = (
    b'{"value": [{"changeType": "renamed", "clientState": "mail:%s:x"}]}' % OID.encode(),
    {},
)
"""A delivery of a kind that nobody declared."""

_STATE = re.compile(rb'("clientState":\s*")([a-z]+:[0-9a-f-]+):[^"]*"')
_PROOF = re.compile(r'(?<="clientState": ")([a-z]+:[0-9a-f-]+:)([0-9a-f]*)(?=")')


def headers(payload: str) -> dict[str, str]:
    """The headers of a recorded payload."""
    return {"content-type": "application/json; charset=utf-8"}


def sign(_secret: bytes, _body: bytes, headers: dict[str, str]) -> dict[str, str]:
    """The headers, which prove nothing."""
    return headers


def sealed(secret: bytes, body: bytes) -> bytes:
    """The body with the states that a service with this secret gave."""

    def given(found: re.Match[bytes]) -> bytes:
        proof = hmac.new(secret, found[2], hashlib.sha256).hexdigest().encode()
        return found[1] + found[2] + b":" + proof + b'"'

    return _STATE.sub(given, body)


def forged(good: Delivery, forge: Callable[[str], str | None]) -> Delivery:
    """The delivery with another proof in its first notification, or without a state."""
    text = good.body.decode()
    found = _PROOF.search(text)
    assert found
    proof = forge(found[2])
    assert proof != found[2]
    said = "" if proof is None else found[1] + proof
    body = text[: found.start()] + said + text[found.end() :]
    return replace(good, body=body.encode("utf-8", "surrogatepass"))
