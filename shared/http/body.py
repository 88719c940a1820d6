"""A body that is passed on as it comes, instead of being held whole."""

from collections.abc import AsyncIterator
from typing import Self

import httpx
import structlog

from shared.errors import Refused, TooLarge, Unavailable

PLAIN = {"accept": "*/*", "accept-encoding": "identity"}
"""Asks for the bytes as they are: packed ones have another length, and no bound when unpacked."""

log = structlog.get_logger()


class Body:
    """The body of one good answer, at most `largest` bytes. The end of its block closes it.

    `size` is in bytes, None where the provider does not tell it beforehand.
    """

    def __init__(self, largest: int) -> None:
        self.size: int | None = None
        self._largest = largest
        self._first = b""
        self._response: httpx.Response | None = None
        self._rest: AsyncIterator[bytes] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    async def take(self, response: httpx.Response) -> bytes:
        """Become the body of this answer; returns its first bytes as soon as they are there.

        Raises TooLarge where the provider says so beforehand.
        """
        await self._close()  # that of a try that was refused after all
        headers = response.headers
        if headers.get("content-encoding", "identity") != "identity":
            raise Refused("the provider packed what was asked for as it is")
        if "content-length" in headers and "transfer-encoding" not in headers:
            self.size = int(headers["content-length"])
        if (self.size or 0) > self._largest:
            raise too_large(self._largest)
        self._rest = response.aiter_raw()
        self._first = await anext(self._rest, b"")
        self._response = response
        return self._first

    async def chunks(self) -> AsyncIterator[bytes]:
        """Every byte, once, never ending early: raises TooLarge, or Unavailable where it breaks off."""
        read, chunk = 0, self._first
        while chunk:
            read += len(chunk)
            if read > self._largest:
                raise too_large(self._largest)
            yield chunk
            chunk = await self._next(read)

    async def _next(self, read: int) -> bytes:
        assert self._rest is not None
        try:
            return await anext(self._rest, b"")
        except httpx.RequestError as error:
            reason = type(error).__name__
            log.warning("a download broke off", reason=reason, after=read)
            raise Unavailable(f"the provider did not finish its answer ({reason})") from None

    async def _close(self) -> None:
        if self._response:
            await self._response.aclose()
        self._response = self.size = None


def too_large(largest: int) -> TooLarge:
    """The error for what has more than `largest` bytes."""
    return TooLarge(f"the provider's answer is larger than {largest >> 20} MB")
