"""One connection to NATS a process, and the only way a Message leaves the hub.

An acknowledgement means that the server has the message on disk (`sync_interval: always`). What
waits together is published as one atomic batch; a batch that is refused, because an earlier try had
stored some of it, is published one by one in the same order.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

import nats.errors
import structlog
from msgspec import Struct, json
from nats.aio.client import Client

from shared.bus import stream
from shared.bus.nkey import connect
from shared.errors import Away, ConfigError
from shared.normalizer.cloudevents import Event

log = structlog.get_logger()

LARGEST_BATCH = 500
"""Events in one atomic batch; the server takes 1,000."""

PATIENCE = 10.0
"""Seconds to wait for an acknowledgement; a new leader needs up to seven."""

_TEMPORARY = 500
"""JetStream's `code` from which a refusal is about the server (full, no leader), not about the message."""


class Ack(Struct, frozen=True):
    """What became of a group: the first `stored` events are in the stream, and if `refused` is not
    empty, the one behind them can never be published."""

    stored: int
    refused: str = ""


class Bus:
    """Publishing, and what the hub asks the stream."""

    def __init__(self, nc: Client, asked: set[asyncio.Timeout]) -> None:
        self._nc = nc
        self._asked = asked

    @classmethod
    async def connect(cls, url: str, name: str, *, patience: float = 30.0) -> "Bus":
        """Connect within `patience` seconds; afterwards the client reconnects for ever by itself."""

        async def failed(error: Exception) -> None:
            log.warning("nats reported an error", error=str(error) or type(error).__name__)

        asked: set[asyncio.Timeout] = set()

        async def lost() -> None:
            """Nothing that was asked over a connection that is gone will ever be answered."""
            for waiting in asked:
                if not waiting.expired():
                    waiting.reschedule(asyncio.get_running_loop().time())

        connecting = connect(
            url,
            name=name,
            inbox_prefix=f"_INBOX.{name}".encode(),
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.5,
            connect_timeout=5,
            ping_interval=10,
            max_outstanding_pings=2,
            pending_size=0,  # nothing waits in memory: a publish while disconnected fails at once
            drain_timeout=10,
            error_cb=failed,
            disconnected_cb=lost,
        )
        try:
            return cls(await asyncio.wait_for(connecting, patience), asked)
        except (TimeoutError, OSError, nats.errors.Error) as error:
            raise ConfigError(
                f"NATS did not answer within {patience:g} s; check NATS_URL and that the server runs"
            ) from error

    @property
    def version(self) -> str:
        """The server's version."""
        return str(self._nc.connected_server_version).removeprefix("<nats server v").rstrip(">")

    @property
    def closed(self) -> bool:
        """Whether the client has given up for good: only a restart of the process mends that."""
        return bool(self._nc.is_closed)

    @property
    def connected(self) -> bool:
        """Whether a server is at the other end right now."""
        return bool(self._nc.is_connected)

    async def provision(self, *, replicas: int, max_bytes: int) -> None:
        """Make sure that the streams exist and are what they have to be."""
        await stream.provision(self._nc, replicas=replicas, max_bytes=max_bytes)

    async def publish(self, events: Sequence[Event]) -> Ack:
        """Publish in order and wait until all is on disk; raises Away when that is not certain.

        An event that was stored before is not stored again (`Nats-Msg-Id`), so after Away the same
        events are simply published once more.
        """
        try:
            with suppress(nats.errors.MaxPayloadError):  # found out again, and named, one by one
                if len(events) > 1 and await self._publish_batch(events):
                    return Ack(len(events))
            return await self._publish_singly(events)
        except (nats.errors.Error, TimeoutError, OSError) as error:
            raise Away(f"NATS did not acknowledge: {type(error).__name__}") from error

    async def _publish_batch(self, events: Sequence[Event]) -> bool:
        batch, last = uuid4().hex, len(events)
        for number, event in enumerate(events[:-1], 1):
            headers = event.headers | {"Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(number)}
            await self._nc.publish(event.subject, event.payload, headers=headers)
        headers = events[-1].headers | {
            "Nats-Batch-Id": batch,
            "Nats-Batch-Sequence": str(last),
            "Nats-Batch-Commit": "1",
        }
        answer = await self._ask(events[-1], headers)
        return "error" not in answer and answer.get("count") == last

    async def _publish_singly(self, events: Sequence[Event]) -> Ack:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE
        for number, event in enumerate(events):
            if loop.time() > deadline:  # whoever asked holds a transaction open for this
                return Ack(number)
            try:
                answer = await self._ask(event, event.headers)
            except nats.errors.MaxPayloadError:
                return Ack(number, refused="larger than the server takes")
            if (error := answer.get("error")) is None:
                continue
            if error.get("code", _TEMPORARY) < _TEMPORARY:
                return Ack(number, refused=error["description"])
            if number:
                return Ack(number)
            raise Away(f"NATS refused to store: {error.get('description', 'no reason given')}")
        return Ack(len(events))

    async def _ask(self, event: Event, headers: dict[str, str]) -> dict[str, Any]:
        """Publish one event and return the acknowledgement; the wait ends with the connection."""
        async with asyncio.timeout(PATIENCE) as waiting:
            self._asked.add(waiting)
            try:
                reply = await self._nc.request(
                    event.subject, event.payload, headers=headers, timeout=PATIENCE
                )
            finally:
                self._asked.discard(waiting)
        return json.decode(reply.data, type=dict[str, Any])

    async def purge(self, subjects: Sequence[str]) -> None:
        """Drop what the stream holds under these subjects. The bytes leave the disk with the blocks."""
        try:
            for subject in subjects:
                await stream.ask(self._nc, f"STREAM.PURGE.{stream.NAME}", {"filter": subject})
        except (nats.errors.Error, TimeoutError, OSError) as error:
            raise Away("NATS does not answer") from error

    async def fill(self) -> tuple[int, int, int]:
        """Messages in the stream, its bytes, and the bytes it may hold."""
        try:
            info = await stream.ask(self._nc, f"STREAM.INFO.{stream.NAME}")
        except (nats.errors.Error, TimeoutError) as error:
            raise Away("NATS does not answer") from error
        state = info.get("state", {})
        return state.get("messages", 0), state.get("bytes", 0), info["config"]["max_bytes"]

    async def close(self) -> None:
        """Drain and close; a connection that is down at the moment is just closed."""
        try:
            await self._nc.drain()
        except (nats.errors.Error, TimeoutError):
            await self._nc.close()
