"""A vault calls nobody: what watches it for us does, and signs the time and the body with our secret.

A call says where somebody was seen writing, and nothing in it is believed: it makes a walk due.
"""

import re
from collections.abc import Iterator, Sequence

from msgspec import MsgspecError, Raw, Struct, json

from services.obsidian import paths
from shared.errors import NotGenuine, Unreadable, UnsupportedEvent
from shared.types import Delivery, Nudge, Record
from shared.webhook import signature

SIGNATURE, SENT = "x-obsidian-signature", "x-obsidian-timestamp"
WINDOW = 300.0
"""Seconds that a call may be old, or ahead."""
CHANGES = frozenset(["created", "modified", "renamed", "deleted", "changed"])
HIDDEN = "hidden"
IGNORED = {HIDDEN: "in a dot folder, or of a program that is just writing: nothing of the user's"}

_SECONDS = re.compile(r"[0-9]{1,12}\Z")
_ID = re.compile(r"[!-~]{1,100}\Z")


class Event(Struct):
    """`vault` is the account's id at the provider; `id` is the call's own, the same when it comes again."""

    event: str
    vault: str
    paths: list[str] = []


class Name(Struct):
    id: str = ""


def verify(secrets: Sequence[bytes], it: Delivery, now: float) -> None:
    sent = it.headers.get(SENT, "")
    if not (_SECONDS.match(sent) and sent.isascii()):
        raise NotGenuine("The call does not say when it was sent.")
    signed = sent.encode() + b"." + it.body
    signature.hmac_sha256_hex(secrets, signed, it.headers.get(SIGNATURE), prefix="sha256=")
    signature.fresh(float(sent), now, WINDOW)


def delivery_id(it: Delivery) -> str | None:
    """What the caller names the call by."""
    try:
        ident = json.decode(it.body, type=Name).id
    except (MsgspecError, ValueError, RecursionError):
        return None
    return ident if _ID.match(ident) else None


def read(it: Delivery) -> Iterator[Nudge | Record]:
    """A Nudge to look at the vault, unless nothing of the user's was touched."""
    try:
        told = json.decode(it.body, type=Event)
    except (MsgspecError, ValueError, RecursionError) as problem:
        raise Unreadable("The call does not have its documented shape.") from problem
    if told.event not in CHANGES:
        named = told.event[:100]
        raise UnsupportedEvent(f"The call tells of {named!r}, which nobody declared.", named)
    if not _ID.match(told.vault):
        raise Unreadable("The call does not say which vault it is about.")
    if told.paths and all(paths.hidden(one) for one in told.paths):
        yield Record(HIDDEN, Raw(b"{}"))
    else:
        yield Nudge((route(told.vault),), "notes")


def route(vault: str) -> str:
    """The key that leads from a call to its account."""
    return f"vault:{vault}"
