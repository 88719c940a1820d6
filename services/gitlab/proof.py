"""GitLab proves a delivery with a signature (Standard Webhooks), or with the bare secret.

The secret's own form says which: one that begins with `whsec_` is a signing token, and then nothing
but a signature is accepted; any other is the secret token of older hooks and servers.

A project's hook gets a secret of its own, made of ours, and names the project in its address: whoever
may change a hook, or write its template, can make it say anything, but for this project alone.
https://docs.gitlab.com/user/project/integrations/webhooks/
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import parse_qs

from shared.errors import NotGenuine
from shared.types import Delivery
from shared.webhook import signature

SIGNING = b"whsec_"
TOLERANCE = 300.0
"""Seconds that a signed delivery's clock and ours may differ."""
MOST = 8
"""Signatures that are tried of one delivery; while a key is replaced there are two."""

_NAME = re.compile(r"[!-~]{1,100}")
_STAMP = re.compile(r"[0-9]{1,12}")
_PROOF = re.compile(r"v1,([A-Za-z0-9+/]{1,200}={0,2})")


def verify(secrets: Sequence[bytes], it: Delivery, now: float) -> None:
    if (project := named(it)) is not None:
        secrets = [own(secret, project) for secret in secrets if secret]
    tokens = [secret for secret in secrets if not secret.startswith(SIGNING)]
    keys = [_key(secret) for secret in secrets if secret.startswith(SIGNING)]
    if keys and "webhook-signature" in it.headers:
        _signed(keys, it, now)
    else:
        signature.token(tokens, it.headers.get("x-gitlab-token"))


def own(secret: bytes, project: str) -> bytes:
    """The secret of one project's hook, in the form of ours."""
    signing = secret.startswith(SIGNING)
    key = _key(secret) if signing else secret
    if not key:
        return b""
    made = base64.b64encode(hmac.digest(key, b"project " + project.encode(), "sha256"))
    return SIGNING + made if signing else made


def named(it: Delivery) -> str | None:
    """The project that the address of a hook names; None for a hook that was made by hand."""
    given = parse_qs(it.query, keep_blank_values=True).get("project")
    return ",".join(given) if given else None


def delivery_id(it: Delivery) -> str | None:
    """The same on every retry; older servers name the event alone, which several hooks share."""
    key = it.headers.get("idempotency-key") or it.headers.get("webhook-id", "")
    if _NAME.fullmatch(key):
        return key
    event = it.headers.get("x-gitlab-event-uuid", "")
    if _NAME.fullmatch(event):
        return f"{event}:{hashlib.sha256(it.body).hexdigest()[:32]}"
    return None


def _signed(keys: Sequence[bytes], it: Delivery, now: float) -> None:
    """One good signature of those in the header is enough."""
    ident, stamp = it.headers.get("webhook-id", ""), it.headers.get("webhook-timestamp", "")
    given = it.headers["webhook-signature"].split(" ")
    proofs = [found[1] for part in given if (found := _PROOF.fullmatch(part))]
    known = _NAME.fullmatch(ident) and _STAMP.fullmatch(stamp) and len(proofs) == len(given)
    if not known or len(proofs) > MOST:
        raise NotGenuine("The delivery's signature does not have the documented form.")
    signature.fresh(float(stamp), now, TOLERANCE)
    told = b"%b.%b.%b" % (ident.encode(), stamp.encode(), it.body)
    for proof in proofs:
        with suppress(NotGenuine):
            return signature.hmac_sha256_base64(keys, told, proof)
    raise NotGenuine("The signature does not belong to this delivery.")


def _key(secret: bytes) -> bytes:
    """The key that a signing token stands for; an empty one, which proves nothing, where it is none."""
    try:
        return base64.b64decode(secret.removeprefix(SIGNING), validate=True)
    except ValueError:
        return b""
