"""NEW_TITLE signs the raw body. https://developers.NEW_NAME.example/webhooks"""

from collections.abc import Iterator, Sequence

from msgspec import MsgspecError, json

from services.NEW_NAME.models import Event
from shared.errors import Unreadable, UnsupportedEvent
from shared.types import Delivery, Record
from shared.webhook import signature

KINDS = {"item.created", "item.updated", "item.deleted"}


def verify(secrets: Sequence[bytes], it: Delivery, _now: float) -> None:
    signature.hmac_sha256_hex(secrets, it.body, it.headers.get("x-NEW_NAME-signature"))


def delivery_id(it: Delivery) -> str | None:
    return it.headers.get("x-NEW_NAME-delivery")


def read(it: Delivery) -> Iterator[Record]:
    """One Record; its route says whose it is, as `identify` gave that route to the account."""
    try:
        told = json.decode(it.body, type=Event)
    except (MsgspecError, ValueError, RecursionError) as problem:
        raise Unreadable("The event does not have its documented shape.") from problem
    if told.event not in KINDS:
        raise UnsupportedEvent(
            f"NEW_TITLE sent the event {told.event!r}, which nobody declared.", told.event
        )
    removed = told.event == "item.deleted"
    yield Record("item", told.item, removed=removed, routes=(f"workspace:{told.workspace}",))
