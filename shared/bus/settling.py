"""What becomes of messages that a consumer was given: handled and acknowledged, tried again, or given up on."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog
from nats.aio.msg import Msg

from shared.bus.tail import Heard, hear
from shared.errors import Away, HubError, Unreadable

log = structlog.get_logger()

PAUSES = (1.0, 5.0, 30.0, 120.0)
"""Seconds before a message that failed alone is tried again; after the last it is given up on."""

ALONE = 3
"""Deliveries after which a message is handled alone: whoever had it may have died of it."""

HOPELESS = 12
"""Deliveries after which a message is not tried any more."""

Handle = Callable[[Sequence[Heard]], Awaitable[None]]
"""Does everything that the messages ask for, or nothing: raises Away to be asked again, Unreadable for
a message that will never be understood, and anything else for one that fails."""

Bury = Callable[[Heard, str], Awaitable[None]]
"""Writes down a message that was given up on, and why."""


class Settling:
    """What becomes of messages that were pulled."""

    def __init__(self, handle: Handle, bury: Bury, pauses: Sequence[float]) -> None:
        self._handle, self._bury, self._pauses = handle, bury, pauses

    async def settle(self, batch: Sequence[Msg]) -> None:
        """Handle all of it and acknowledge; what others may have died of is handled alone."""
        for it in batch:
            if it.metadata.num_delivered > HOPELESS:
                await self._give_up(it, f"delivered {HOPELESS} times and never settled")
            elif it.metadata.num_delivered > ALONE:
                await self._try([it])
        await self._try([it for it in batch if it.metadata.num_delivered <= ALONE])

    async def _try(self, batch: Sequence[Msg]) -> None:
        """Handle the messages together, or in halves, down to the one that fails."""
        if not batch:
            return
        try:
            await self._patiently(lambda: self._handle([hear(it) for it in batch]), batch)
        except Exception as error:
            if len(batch) > 1:
                await self._try(batch[: len(batch) // 2])
                await self._try(batch[len(batch) // 2 :])
            elif isinstance(error, Unreadable) or batch[0].metadata.num_delivered > len(
                self._pauses
            ):
                # Only our own sentences: an error of a library may repeat what was in the message.
                await self._give_up(
                    batch[0], str(error) if isinstance(error, HubError) else type(error).__name__
                )
            else:
                log.warning("a message failed and is tried again", error=type(error).__name__)
                await batch[0].nak(delay=self._pauses[batch[0].metadata.num_delivered - 1])
            return
        for it in batch:
            await it.ack()

    async def _give_up(self, it: Msg, reason: str) -> None:
        log.error("a message was given up on", sequence=it.metadata.sequence.stream, reason=reason)
        await self._patiently(lambda: self._bury(hear(it), reason), [it])
        await it.term()

    async def _patiently(self, act: Callable[[], Awaitable[None]], held: Sequence[Msg]) -> None:
        """Do it when the reader's database is there; meanwhile the messages stay ours."""
        while True:
            try:
                return await act()
            except Away as error:
                log.warning("waiting", error=str(error))
                for it in held:
                    await it.in_progress()
                await asyncio.sleep(self._pauses[0])
