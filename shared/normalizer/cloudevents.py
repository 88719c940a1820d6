"""How an item's change looks on the wire: CloudEvents 1.0, NATS binding, binary mode.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/nats-protocol-binding.md
Subject tokens come from the closed lists of types and sources and from the validated user id; no
text of a provider ever enters a subject.
"""

from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct, json

from shared.normalizer import Message, encode, event_id
from shared.normalizer.connection import happening

SHARDS = 8
"""Outbox rows of one account share a shard, so that one relay at a time publishes them in order."""

_ODD = frozenset(' %"')

SCHEMA = "https://self-integrations.dev/schemas/message/v1"

DELIVERY = "ce-deliveryid"
"""The header that names the webhook which brought an event."""

Change = Literal["created", "updated", "deleted"]


class Event(Struct, frozen=True):
    """One message for the bus: where it goes, what dedupes it, and its bytes."""

    account_id: UUID
    subject: str
    id: str
    headers: dict[str, str]
    payload: bytes

    @property
    def shard(self) -> int:
        """The lane that keeps this account's events in order."""
        return shard_of(self.account_id)


def shard_of(account_id: UUID) -> int:
    """The lane of an account, 0 to `SHARDS` - 1."""
    return account_id.int % SHARDS


def of_message(
    message: Message,
    *,
    account_id: UUID,
    user_id: str,
    version: str,
    change: Change,
    body: bytes = b"",
    traceparent: str = "",
    delivery_id: str = "",
) -> Event:
    """The event of one version of an item; `body` is the encoded Message when it is at hand.

    `delivery_id` names the webhook that brought it, and is empty for what a walk found.
    """
    ident = event_id(message.source, str(account_id), message.id, version)
    headers = _headers(
        ident,
        source=message.source,
        account_id=account_id,
        user_id=user_id,
        kind=f"self.{message.type}.{change}",
        at=message.updated_at or message.timestamp,
        traceparent=traceparent,
    )
    headers["ce-subject"] = _ascii(message.id)
    headers["ce-dataschema"] = SCHEMA
    if delivery_id:
        headers[DELIVERY] = named(delivery_id)
    return Event(
        account_id=account_id,
        subject=f"self.events.{message.type}.{message.source}.{user_id}",
        id=ident,
        headers=headers,
        payload=body or encode(message),
    )


def user_subjects(sources: tuple[str, ...], user_id: str) -> list[str]:
    """Every subject that a user's items of these sources are published under."""
    return [f"self.events.*.{source}.{user_id}" for source in sources]


def of_connection(
    what: str,
    *,
    source: str,
    account_id: UUID,
    user_id: str,
    at: datetime,
    occasion: str,
    detail: dict[str, object],
) -> Event:
    """What happened to a connection, by its name and facts in `shared.normalizer.connection`.

    `occasion` tells two happenings of the same kind apart (a run id, a token generation).
    """
    ident = event_id(source, str(account_id), f"connection:{what}", occasion)
    told = {"source": source, "account_id": account_id, "user_id": user_id, **detail}
    body = happening(what, at=at.astimezone(UTC), **told)
    return Event(
        account_id=account_id,
        subject=f"self.integrations.{source}.{user_id}",
        id=ident,
        headers=_headers(
            ident,
            source=source,
            account_id=account_id,
            user_id=user_id,
            kind=f"self.integration.{what}",
            at=at,
        ),
        payload=json.encode(body),
    )


def _headers(
    ident: str,
    *,
    source: str,
    account_id: UUID,
    user_id: str,
    kind: str,
    at: datetime,
    traceparent: str = "",
) -> dict[str, str]:
    headers = {
        "Nats-Msg-Id": ident,
        "ce-specversion": "1.0",
        "ce-id": ident,
        "ce-source": f"/integrations/{source}/accounts/{account_id}",
        "ce-type": kind,
        "ce-time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "ce-accountid": str(account_id),
        "ce-userid": user_id,
        "content-type": "application/json",
    }
    if traceparent:
        headers["traceparent"] = traceparent
    return headers


def named(delivery_id: str) -> str:
    """A delivery's id as the header of its events carries it."""
    return _ascii(delivery_id[:200])


def _ascii(text: str) -> str:
    """Percent-encodes what a header may not carry, as the binding asks (section 3.1.3.1)."""
    if text.isascii() and text.isprintable() and not _ODD & set(text):
        return text
    return "".join(
        c
        if " " < c < "\x7f" and c not in _ODD
        else "".join(f"%{b:02X}" for b in c.encode("utf-8", "replace"))
        for c in text
    )
