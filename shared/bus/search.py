"""Finding events in the stream by their headers: a bounded look, for people who ask."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import uuid4

import nats.errors
import nats.js.errors
from msgspec import Struct
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from shared.bus.nkey import reader
from shared.bus.stream import NAME
from shared.errors import Away
from shared.normalizer.cloudevents import DELIVERY, named

MOST = 50_000
"""The newest messages of the stream that are looked at."""
FORGOTTEN = 0.5
"""Seconds after which a consumer that nobody hears is gone: a server keeps a thousand of them."""


class Stored(Struct, frozen=True):
    """An event in the stream; `sequence` is its place there, `at` when it was stored."""

    sequence: int
    subject: str
    type: str
    at: datetime


async def by_id(nats_url: str, sources: Sequence[str], event_id: str) -> Stored | None:
    """The event with that `ce-id`, None when it is not among the newest `MOST` messages."""
    return next(iter(await _scan(nats_url, sources, ("ce-id", event_id), None)), None)


async def of_delivery(
    nats_url: str, sources: Sequence[str], delivery_id: str, at: datetime
) -> list[Stored]:
    """What a webhook that arrived at that time brought, as far as `MOST` messages afterwards."""
    return await _scan(nats_url, sources, (DELIVERY, named(delivery_id)), at)


async def _scan(
    nats_url: str, sources: Sequence[str], wanted: tuple[str, str], start: datetime | None
) -> list[Stored]:
    subjects = [
        subject
        for source in sources
        for subject in (f"self.events.*.{source}.*", f"self.integrations.{source}.*")
    ]
    async with reader(nats_url, allow_reconnect=False) as nc:
        try:
            found = [it for subject in subjects async for it in _read(nc, subject, wanted, start)]
        except (nats.errors.Error, nats.js.errors.Error, TimeoutError) as error:
            raise Away(f"the stream could not be read: {type(error).__name__}") from error
    return sorted(found, key=lambda it: it.sequence)


async def _read(
    nc: Client, subject: str, wanted: tuple[str, str], start: datetime | None
) -> AsyncIterator[Stored]:
    """A consumer of one subject, which stands in the request, so that a server can grant just that."""
    js, inbox = nc.jetstream(timeout=5), nc.new_inbox()
    where = ConsumerConfig(
        name=uuid4().hex,
        deliver_subject=inbox,
        filter_subject=subject,
        ack_policy=AckPolicy.NONE,
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        headers_only=True,
        inactive_threshold=FORGOTTEN,
        mem_storage=True,
        num_replicas=1,
    )
    if start is None:
        newest = (await js.stream_info(NAME)).state.last_seq
        where.opt_start_seq = max(1, newest - MOST)
    else:
        where.deliver_policy, where.opt_start_time = DeliverPolicy.BY_START_TIME, start
    heard, (name, value) = await nc.subscribe(inbox), wanted
    left = min((await js.add_consumer(NAME, where)).num_pending or 0, MOST)
    while left > 0:
        message = await heard.next_msg(timeout=5)
        headers, about = message.headers or {}, message.metadata
        left = min(left - 1, about.num_pending)
        if headers.get(name) == value:
            kind = headers.get("ce-type", "")
            yield Stored(about.sequence.stream, message.subject, kind, about.timestamp)
    await heard.unsubscribe()
