"""The stream as it happens, for people: nothing is acknowledged and nobody else's reading is disturbed."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import nats.errors
import nats.js.errors
from msgspec import Struct
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.client import JetStreamContext

from shared.bus.nkey import reader
from shared.bus.stream import NAME
from shared.errors import Away

LOOK = 2_000
"""The newest messages of the stream among which `recent` looks."""

_ALL = timedelta(days=8)
"""Longer than the stream keeps anything."""

_UNREADABLE = "NATS does not answer, or its user of this process may not read the stream"

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
    nats_url: str, subjects: Sequence[str], since: timedelta | None = None, *, after: int = 0
) -> AsyncIterator[Heard]:
    """Yield what is published on the subjects, for ever, each message once and in order.

    Begins behind the sequence `after`, else `since` ago, or with the next message. Goes on after a restart of the server
    where it was. Raises Away when NATS cannot be reached at all or the stream is missing.
    """

    again = {"allow_reconnect": True, "max_reconnect_attempts": -1, "reconnect_time_wait": 0.5}
    async with reader(nats_url, **again) as nc:
        async for heard in _follow(nc, subjects, since, after):
            yield heard


async def recent(nats_url: str, subjects: Sequence[str], most: int) -> tuple[list[Heard], int]:
    """The newest messages on the subjects, oldest first, and the sequence to go on behind.

    At most `most` of them, from among the newest `LOOK` of the stream. Raises Away.
    """
    async with reader(nats_url, allow_reconnect=False) as nc:
        js = nc.jetstream(timeout=2)
        try:
            newest = (await js.stream_info(NAME)).state.last_seq
            begin = max(0, newest - LOOK)
            pulled = await _consumer(js, subjects, _ALL, begin, datetime.now(UTC))
            left = (await pulled.consumer_info()).num_pending or 0
            found: deque[Heard] = deque(maxlen=most)
            while left > 0:
                messages = await pulled.fetch(min(left, 500), timeout=_WAIT)
                left -= len(messages)
                found += map(hear, messages)
        except nats.js.errors.NotFoundError:
            raise Away(f"the stream {NAME} does not exist yet; start the fleet first") from None
        except (nats.errors.Error, nats.js.errors.Error, TimeoutError):
            raise Away(_UNREADABLE) from None
    return list(found), newest


async def _follow(
    nc: Client, subjects: Sequence[str], since: timedelta | None, after: int
) -> AsyncIterator[Heard]:
    js = nc.jetstream(timeout=5)
    began, last = datetime.now(UTC), after
    known = False
    while True:
        try:
            ago = timedelta() if known and since is None else since
            pulled = await _consumer(js, subjects, ago, last, began)
            known = True
            async for heard in _read(pulled, last):
                last = heard.sequence
                yield heard
        except nats.js.errors.NotFoundError:
            if not known:
                raise Away(f"the stream {NAME} does not exist yet; start the fleet first") from None
        except (nats.errors.Error, OSError, TimeoutError):
            if not known:
                raise Away(_UNREADABLE) from None
        await asyncio.sleep(0.5)


async def _consumer(
    js: JetStreamContext,
    subjects: Sequence[str],
    since: timedelta | None,
    last: int,
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
    elif since is not None:
        where.deliver_policy = DeliverPolicy.BY_START_TIME
        where.opt_start_time = began - since
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
        for heard in map(hear, messages):
            if heard.sequence > last:
                last = heard.sequence
                yield heard


def hear(message: Msg) -> Heard:
    """What the client was given, as readers know it."""
    about = message.metadata
    return Heard(
        subject=message.subject,
        sequence=about.sequence.stream,
        at=about.timestamp,
        headers=message.headers or {},
        payload=message.data,
    )
