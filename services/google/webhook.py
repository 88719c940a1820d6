"""Two kinds of callers: Pub/Sub with Gmail's news, and the channels of Calendar and Drive."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from msgspec import MsgspecError, json

from services.google import channels, gmail_push, pubsub
from services.google.pubsub import Certs
from shared.errors import NotGenuine, Unreadable
from shared.provider import Verify
from shared.types import Delivery, Nudge, Secret

ACCOUNT = "GOOGLE_PUBSUB_SERVICE_ACCOUNT"
CERTS_URL = "GOOGLE_CERTS_URL"
SETTINGS = (gmail_push.TOPIC, ACCOUNT, CERTS_URL)


def verifier(settings: Mapping[str, Secret], certs: Certs | None = None) -> Verify:
    """`verify` for the service account that pushes; its certificates are fetched when needed."""
    account, url = settings.get(ACCOUNT), settings.get(CERTS_URL)
    kept = certs or Certs(partial(pubsub.fetch, url.reveal()) if url else pubsub.fetch)

    def verify(secrets: Sequence[bytes], it: Delivery, _now: float) -> None:
        if "x-goog-channel-id" in it.headers:
            channels.verify(secrets, it)
        else:
            pubsub.verify(secrets, it, kept, account.reveal() if account else "")

    return verify


def verify(_secrets: Sequence[bytes], _it: Delivery, _now: float) -> None:
    """Nothing is genuine before `verifier` was told the settings."""
    raise NotGenuine("Google's webhook is not configured.")


def delivery_id(it: Delivery) -> str | None:
    """Pub/Sub's message id, which a redelivery keeps; a channel's own number."""
    if "x-goog-channel-id" in it.headers:
        return channels.delivery_id(it)
    try:
        ident = json.decode(it.body, type=gmail_push.Push).message.messageId
    except (MsgspecError, ValueError, RecursionError):
        return None
    return f"pubsub:{ident}" if ident.isalnum() and ident.isascii() and len(ident) <= 100 else None


def read(it: Delivery) -> Iterator[Nudge]:
    """At most one Nudge: no delivery of Google carries content."""
    if "x-goog-channel-id" in it.headers:
        yield from channels.read(it)
        return
    try:
        yield gmail_push.read(it)
    except (MsgspecError, ValueError, RecursionError) as problem:
        raise Unreadable("The push does not have its documented shape.") from problem
