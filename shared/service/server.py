"""uvicorn as the services run it: uvloop and httptools, one worker, and no patience for slow senders."""

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

RECEIVE = 15.0
"""Seconds for a whole request to arrive, from its first byte to its last."""

DRAIN = 15
"""Seconds for requests under way when the process is told to stop."""


class DeadlineProtocol(HttpToolsProtocol):
    """Closes a connection whose request has not arrived within `RECEIVE` seconds.

    uvicorn's keep-alive timer only watches idle connections; without this, a byte a second holds a
    connection for ever.
    """

    def connection_made(self, transport: Any) -> None:
        """Start the clock with the connection."""
        super().connection_made(transport)
        self._deadline: asyncio.TimerHandle | None = None
        self._start()

    def on_message_begin(self) -> None:
        """Start it again with every request on a kept connection."""
        super().on_message_begin()
        self._start()

    def on_message_complete(self) -> None:
        """The request is here."""
        super().on_message_complete()
        self._stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing to wait for any more."""
        self._stop()
        super().connection_lost(exc)

    def _start(self) -> None:
        self._stop()
        self._deadline = self.loop.call_later(RECEIVE, self._late)

    def _stop(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.close()


class Server(uvicorn.Server):
    """A server that says when it listens, and leaves signals to whoever runs it.

    `closing` is called before it waits for requests under way, so that endless answers can end.
    """

    def __init__(
        self,
        app: Any,
        host: str,
        port: int,
        ready: Callable[[], None],
        closing: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                loop="none",
                http=DeadlineProtocol,
                ws="none",
                interface="asgi3",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=True,
                timeout_graceful_shutdown=DRAIN,
                limit_concurrency=2000,
                backlog=2048,
            )
        )
        self._ready, self._closing = ready, closing

    async def startup(self, sockets: Any = None) -> None:
        """Listen, then tell."""
        await super().startup(sockets)
        if self.started:
            # What exists by now lives as long as the process: the collector need not look at it.
            gc.collect()
            gc.freeze()
            self._ready()

    async def shutdown(self, sockets: Any = None) -> None:
        """Let what never ends by itself end, then drain."""
        self._closing()
        await super().shutdown(sockets)

    def install_signal_handlers(self) -> None:
        """Whoever runs this server handles the signals of the process."""
