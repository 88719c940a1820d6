"""Reading the stream for good: one durable pull consumer, settled only behind the reader's own commit.

Any number of processes share a consumer. A message may come twice and out of order, so what is done
with it has to bear both. What cannot be handled is tried alone, with growing pauses, and then given
up on: it never stops the messages behind it, and an outage of the reader's database is no fault of
any message.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import nats.errors
import structlog
from msgspec import Struct, json
from nats.aio.client import Client
from nats.aio.msg import Msg

from shared.bus.nkey import connect
from shared.bus.settling import PAUSES, Bury, Handle, Settling
from shared.bus.stream import FIXED, NAME, ask
from shared.errors import Away, ConfigError

log = structlog.get_logger()

BATCH = 500
"""Messages in one transaction of the reader."""

PULLS = 2
"""Batches under way at once: one is fetched while the other is written."""

ACK_WAIT = 30.0
"""Seconds after which another process is given what one has not settled."""

EVERYTHING: Sequence[str] = FIXED[NAME]["subjects"]
"""Every item, and what happens to connections."""

_WAIT = 2.0
"""Seconds a pull waits: one that is in flight while the server restarts hears nothing."""

_NS = 1_000_000_000


class Lag(Struct, frozen=True):
    """How far a consumer is behind: messages not yet delivered, and delivered but not settled."""

    pending: int
    unsettled: int


class Consumer:
    """A durable consumer of the stream, by its name. `pauses` are as `PAUSES`; `ack_wait` is as
    `ACK_WAIT`."""

    def __init__(
        self,
        url: str,
        name: str,
        subjects: Sequence[str] = EVERYTHING,
        *,
        ack_wait: float | None = None,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._url, self.name, self._subjects = url, name, list(subjects)
        self._ack_wait, self._pauses = ack_wait or ACK_WAIT, pauses
        self._nc: Client | None = None

    @property
    def connected(self) -> bool:
        """Whether a server is at the other end right now."""
        return self._nc is not None and bool(self._nc.is_connected)

    @property
    def closed(self) -> bool:
        """Whether the client has given up for good: only a restart of the process mends that."""
        return self._nc is not None and bool(self._nc.is_closed)

    async def open(self, patience: float = 30.0) -> None:
        """Connect within `patience` seconds; raises ConfigError."""

        async def failed(error: Exception) -> None:
            log.warning("nats reported an error", error=str(error) or type(error).__name__)

        connecting = connect(
            self._url,
            name=self.name,
            inbox_prefix=f"_INBOX.{self.name}".encode(),
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.5,
            connect_timeout=5,
            ping_interval=10,
            max_outstanding_pings=2,
            error_cb=failed,
        )
        try:
            self._nc = await asyncio.wait_for(connecting, patience)
        except (TimeoutError, OSError, nats.errors.Error) as error:
            raise ConfigError(
                f"NATS did not answer within {patience:g} s; check NATS_URL and that the server runs"
            ) from error

    async def close(self) -> None:
        """Close the connection; what was not settled comes again, here or elsewhere."""
        if self._nc is not None:
            await self._nc.close()

    async def lag(self) -> Lag:
        """How far behind it is; raises Away."""
        try:
            info = await self._ask(f"CONSUMER.INFO.{NAME}.{self.name}")
        except (nats.errors.Error, TimeoutError, OSError) as error:
            raise Away("NATS does not answer") from error
        if "error" in info:
            raise Away(f"the consumer {self.name} does not exist yet")
        return Lag(info["num_pending"], info["num_ack_pending"])

    async def run(self, handle: Handle, bury: Bury) -> None:
        """Read until cancelled. The consumer is made where it is missing, and again if somebody deletes
        it; raises ConfigError for one that differs."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(PULLS):
                    group.create_task(self._read(handle, bury))
        except* ConfigError as errors:
            raise errors.exceptions[0] from None

    async def _read(self, handle: Handle, bury: Bury) -> None:
        missing = f"the stream {NAME} does not exist yet; the first provider's service makes it"
        said = False
        while True:
            try:
                if await self._provision():
                    said = False
                    await self._pull(handle, bury)
                elif not said:
                    said = True
                    log.warning("waiting", loop=self.name, error=missing)
            except (nats.errors.Error, TimeoutError, OSError) as error:
                log.warning("waiting", loop=self.name, error=str(error) or type(error).__name__)
            await asyncio.sleep(self._pauses[0])

    async def _provision(self) -> bool:
        """Make sure that the consumer is what it has to be; False while there is no stream."""
        wanted: dict[str, Any] = {
            "durable_name": self.name,
            "name": self.name,
            "filter_subjects": self._subjects,
            "ack_policy": "explicit",
            "ack_wait": int(self._ack_wait * _NS),
            "deliver_policy": "all",
            "max_deliver": -1,  # a count that runs out leaves a message behind without a word
            "max_ack_pending": 2 * PULLS * BATCH,
            "replay_policy": "instant",
        }
        place = f"{NAME}.{self.name}"
        found = await self._ask(f"CONSUMER.INFO.{place}")
        if found.get("error", {}).get("err_code") == 10014:  # consumer not found
            made = {"stream_name": NAME, "config": wanted, "action": "create"}
            found = await self._ask(f"CONSUMER.CREATE.{place}", made)
            if found.get("error", {}).get("err_code") in (10105, 10148):  # made by somebody else
                found = await self._ask(f"CONSUMER.INFO.{place}")
        if (error := found.get("error", {})).get("err_code") == 10059:  # stream not found
            return False
        if error:
            raise ConfigError(f"the consumer {self.name} could not be made: {error['description']}")
        config = found["config"]
        differs = [
            f"{key} is {config.get(key)!r}, wanted {value!r}"
            for key, value in wanted.items()
            if config.get(key) != value
        ]
        if differs:
            raise ConfigError(f"the consumer {self.name} differs: {'; '.join(differs)}")
        return True

    async def _pull(self, handle: Handle, bury: Bury) -> None:
        """Fetch and settle until the consumer is gone."""
        assert self._nc is not None
        inbox = self._nc.new_inbox()
        answers: asyncio.Queue[Msg] = asyncio.Queue()
        heard = await self._nc.subscribe(f"{inbox}.*", cb=answers.put, pending_bytes_limit=-1)
        settling = Settling(handle, bury, self._pauses)
        number = 0
        try:
            while True:
                for request, patience in (
                    ({"batch": BATCH, "no_wait": True}, 0.0),
                    ({"batch": 1, "expires": int(_WAIT * _NS)}, _WAIT),
                ):
                    number += 1
                    reply = f"{inbox}.{number}"
                    await self._nc.publish(
                        f"$JS.API.CONSUMER.MSG.NEXT.{NAME}.{self.name}", json.encode(request), reply
                    )
                    found, why = await _gather(answers, reply, request["batch"], patience + 3.0)
                    if found:
                        await settling.settle(found)
                        break
                    if why not in ("404", "408"):  # deleted, or more unsettled than it may have
                        if "error" in await self._ask(f"CONSUMER.INFO.{NAME}.{self.name}"):
                            return
                        await asyncio.sleep(self._pauses[0])
        finally:
            if not self._nc.is_closed:
                await heard.unsubscribe()

    async def _ask(self, what: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        assert self._nc is not None
        return await ask(self._nc, what, body)


async def _gather(
    answers: asyncio.Queue[Msg], reply: str, most: int, patience: float
) -> tuple[list[Msg], str]:
    """What a pull brings, and the status that ended it (empty: it was filled, or nobody answered)."""
    found: list[Msg] = []
    try:
        async with asyncio.timeout(patience):
            while len(found) < most:
                message = await answers.get()
                status = (message.headers or {}).get("Status", "")
                if not status:
                    found.append(message)
                elif message.subject == reply and status != "100":
                    return found, status
    except TimeoutError:
        pass
    return found, ""
