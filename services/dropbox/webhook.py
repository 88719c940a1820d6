"""Dropbox signs the raw body with the app's secret and tells whose files changed, never which.

https://www.dropbox.com/developers/reference/webhooks
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qs

from msgspec import MsgspecError, Raw, Struct, json

from services.dropbox.oauth import route
from shared.errors import Unreadable, UnsupportedEvent
from shared.types import Delivery, Nudge
from shared.webhook import signature

KNOWN = frozenset({"list_folder", "delta"})
"""What a notification may hold; `delta` says the same once more with ids that are no longer used."""
_ACCOUNT = re.compile(r"dbid:[0-9A-Za-z_-]{1,100}\Z")
_CHALLENGE = re.compile(r"[ -~]{1,512}\Z")


class Accounts(Struct, frozen=True):
    accounts: tuple[str, ...] = ()


class Notice(Struct):
    list_folder: Accounts = Accounts()


def challenge(_secrets: Sequence[bytes], it: Delivery) -> bytes | None:
    """What proves that the address is ours, as plain text; it comes before anything is signed."""
    if it.method != "GET":
        return None
    given = parse_qs(it.query, errors="replace").get("challenge", [""])[0]
    return given.encode() if _CHALLENGE.match(given) else None


def verify(secrets: Sequence[bytes], it: Delivery, _now: float) -> None:
    signature.hmac_sha256_hex(secrets, it.body, it.headers.get("x-dropbox-signature"))


def delivery_id(it: Delivery) -> str | None:
    """One of its own for each: all news of an account are the same bytes, and must not be twins."""
    return f"{hashlib.sha256(it.body).hexdigest()[:32]}:{it.received_at:.6f}"


def read(it: Delivery) -> Iterator[Nudge]:
    """Go and look, once for each account."""
    try:
        members = json.decode(it.body, type=dict[str, Raw])
        told = json.decode(it.body, type=Notice).list_folder.accounts
    except (MsgspecError, ValueError, RecursionError) as problem:
        raise Unreadable("The notification does not have its documented shape.") from problem
    if not KNOWN & members.keys():
        named = ",".join(sorted(members))[:100]
        if not named:
            raise Unreadable("The notification says nothing.")
        raise UnsupportedEvent(f"Dropbox notifies of {named!r}, which nobody declared.", named)
    if not all(map(_ACCOUNT.match, told)):
        raise Unreadable("The notification names an account by something that is no id.")
    for account in dict.fromkeys(told):
        yield Nudge((route(account),), "files")
