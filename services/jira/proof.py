"""Jira proves who calls with a token (JWT, HS256) that is signed with the app's own client secret.

It says nothing of the body, which is therefore taken for a hint and no more. A webhook that an
administrator made by hand signs its body with a secret of its own instead.
https://developer.atlassian.com/cloud/jira/platform/webhooks/
"""

import base64
import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from msgspec import MsgspecError, Struct, json

from shared.errors import NotGenuine
from shared.provider import Verify
from shared.types import Delivery, Secret
from shared.webhook import signature

BY_HAND = "JIRA_WEBHOOK_SECRET"
"""The variable that holds the secret of webhooks which administrators made."""
SKEW = 60.0
"""Seconds that Jira's clock and ours may differ."""

T = TypeVar("T")

_TOKEN = re.compile(r"Bearer ([A-Za-z0-9_-]{2,1000})\.([A-Za-z0-9_-]{2,5000})\.([A-Za-z0-9_-]{43})")
_STANDARD = str.maketrans("-_", "+/")


class Header(Struct, frozen=True):
    alg: str


class Claims(Struct):
    """Nobody documents them: what is there has to be right."""

    exp: float | None = None
    nbf: float | None = None


def verify(secrets: Sequence[bytes], it: Delivery, now: float) -> None:
    found = _TOKEN.fullmatch(it.headers.get("authorization", ""))
    if not found:
        raise NotGenuine("The delivery carries no token.")
    head, said, proof = found.groups()
    signature.hmac_sha256_base64(
        secrets, f"{head}.{said}".encode(), proof.translate(_STANDARD) + "="
    )
    try:
        header, claims = _decoded(head, Header), _decoded(said, Claims)
    except (MsgspecError, ValueError, RecursionError):
        raise NotGenuine("The token does not have the documented form.") from None
    if header.alg != "HS256":
        raise NotGenuine("The token is signed by another algorithm than Jira's.")
    over = claims.exp is not None and not now <= claims.exp + SKEW
    early = claims.nbf is not None and not now >= claims.nbf - SKEW
    if over or early:
        raise NotGenuine("The token's time is over, or has not come.")


def verifier(settings: Mapping[str, Secret]) -> Verify:
    """Takes deliveries of webhooks made by hand too, where their secret is known."""
    by_hand = [one.reveal().encode() for one in (settings.get(BY_HAND),) if one]

    def either(secrets: Sequence[bytes], it: Delivery, now: float) -> None:
        given = it.headers.get("x-hub-signature")
        if given is None:
            verify(secrets, it, now)
        else:
            signature.hmac_sha256_hex(by_hand, it.body, given, prefix="sha256=")

    return either


def _decoded(part: str, type: type[T]) -> T:
    return json.decode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)), type=type)
