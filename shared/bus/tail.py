"""The stream as it happens, for people: nothing is acknowledged and nobody else's reading is disturbed."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import nats
import nats.errors
import nats.js.errors
from msgspec import Struct
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.client import JetStreamContext

from shared.bus.stream import NAME
from shared.errors import Away

_WAIT = 2.0
"""Seconds a fetch waits: one that is in flight while the server restarts hears nothing."""


class Heard(Struct, frozen=True):
    """One message of the stream; `sequence` is its place in it, `at` when it was stored."""

    subject: str
    sequence: int
    at: datetime
    headers: Mapping[str, str]
    payload: bytes


async def tail(
    nats_url: str, subjects: Sequence[str], since: timedelta | None = None
) -> AsyncIterator[Heard]:
    """Yield what is published on the subjects, for ever, each message once and in order.

    Begins `since` ago, or with the next message when None. Goes on after a restart of the server
    where it was. Raises Away when NATS cannot be reached at all or the stream is missing.
    """

    async def quiet(_: Exception) -> None:
        """A tail reconnects by itself; the client's own log would be noise between the lines."""

    try:
        nc = await nats.connect(
            nats_url,
            connect_timeout=5,
            allow_reconnect=True,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.5,
            error_cb=quiet,
        )
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise Away(f"NATS does not answer: {error or type(error).__name__}") from error
    try:
        async for heard in _follow(nc, subjects, since):
            yield heard
    finally:
        await nc.close()


async def _follow(
    nc: Client, subjects: Sequence[str], since: timedelta | None
) -> AsyncIterator[Heard]:
    js = nc.jetstream(timeout=5)
    began, last = datetime.now(UTC), 0
    known = False
    while True:
        try:
            reader = await _consumer(js, subjects, since, last, again=known, began=began)
            known = True
            async for heard in _read(reader, last):
                last = heard.sequence
                yield heard
        except nats.js.errors.NotFoundError:
            if not known:
                raise Away(f"the stream {NAME} does not exist yet; start the fleet first") from None
        except (nats.errors.Error, OSError, TimeoutError):
            if not known:
                raise Away("NATS does not answer") from None
        await asyncio.sleep(0.5)


async def _consumer(
    js: JetStreamContext,
    subjects: Sequence[str],
    since: timedelta | None,
    last: int,
    *,
    again: bool,
    began: datetime,
) -> JetStreamContext.PullSubscription:
    """An ephemeral consumer that begins behind `last`, or where the tail was asked to begin."""
    where = ConsumerConfig(
        filter_subjects=list(subjects),
        ack_policy=AckPolicy.NONE,
        deliver_policy=DeliverPolicy.NEW,
        inactive_threshold=30.0,
        mem_storage=True,
        num_replicas=1,
    )
    if last:
        where.deliver_policy, where.opt_start_seq = DeliverPolicy.BY_START_SEQUENCE, last + 1
    elif since is not None or again:
        where.deliver_policy = DeliverPolicy.BY_START_TIME
        where.opt_start_time = began - (since or timedelta())
    made = await js.add_consumer(NAME, where)
    return await js.pull_subscribe_bind(consumer=made.name, stream=NAME)


async def _read(reader: JetStreamContext.PullSubscription, last: int) -> AsyncIterator[Heard]:
    """Read until something breaks; silence is checked for a consumer that has gone."""
    while True:
        try:
            messages = await reader.fetch(100, timeout=_WAIT)
        except TimeoutError:
            await reader.consumer_info()
            continue
        for heard in map(_heard, messages):
            if heard.sequence > last:
                last = heard.sequence
                yield heard


def _heard(message: Msg) -> Heard:
    about = message.metadata
    return Heard(
        subject=message.subject,
        sequence=about.sequence.stream,
        at=about.timestamp,
        headers=message.headers or {},
        payload=message.data,
    )
