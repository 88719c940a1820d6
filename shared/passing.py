"""Bytes on their way out: always as a file to be kept, never as a page that a browser would show."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import quote

from litestar.response import Stream
from litestar.response.base import ASGIResponse
from litestar.response.streaming import ASGIStreamingResponse
from litestar.types import Message, Receive, Scope, Send

from shared.api import Download
from shared.errors import TooLarge

BYTES = "application/octet-stream"
PATIENCE = 60.0
"""Seconds in which a reader has to take a piece; a connection to the provider waits meanwhile."""


class Passing(Stream):
    """A download under that name (RFC 6266), passed on as it comes.

    It is opened when it is answered, so that it is closed whatever becomes of the caller, and its
    errors up to the first bytes are answers as any. One that breaks off later leaves the response
    without its end, for which the server closes the connection.
    """

    def __init__(self, opened: AbstractAsyncContextManager[Download], name: str) -> None:
        file = quote(name.encode("utf-8", "replace"), safe="")
        headers = {
            "content-disposition": f"attachment; filename*=UTF-8''{file}",
            "x-content-type-options": "nosniff",
            "content-security-policy": "sandbox",
        }
        super().__init__((), media_type=BYTES, headers=headers)
        self._opened = opened

    def to_asgi_response(self, *args: Any, **facts: Any) -> ASGIResponse:
        """The response of which Litestar knows all but the bytes."""
        made = super().to_asgi_response(*args, **facts)
        assert isinstance(made, ASGIStreamingResponse)
        return _Opening(made, self._opened)


class _Opening(ASGIResponse):
    def __init__(
        self, made: ASGIStreamingResponse, opened: AbstractAsyncContextManager[Download]
    ) -> None:
        super().__init__()
        self._made, self._opened = made, opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def patiently(message: Message) -> None:
            async with asyncio.timeout(PATIENCE):
                await send(message)

        async with self._opened as download:
            first = await anext(download.chunks, b"")
            if download.size is not None:
                self._made.headers["content-length"] = str(download.size)
            self._made.iterator = _from(first, download.chunks)
            await self._made(scope, receive, patiently)


async def _from(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


def within(size: int, largest: int) -> None:
    """Raise TooLarge for more bytes than are passed on."""
    if size > largest:
        raise TooLarge(f"This has {size >> 20} MB; up to {largest >> 20} MB are passed on.")
