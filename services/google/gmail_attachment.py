"""The bytes of a part, passed on as they come: JSON with base64url inside, decoded a piece at a time.

https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages.attachments
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.google.gmail_models import ME, Body, bytes_of
from shared.errors import ItemGone, Unreadable
from shared.passing import within
from shared.provider import Api, Download

LARGEST = 50 * 1024 * 1024
"""Bytes of the JSON: an attachment fills at most a mail, and Gmail takes none of more than 50 MB."""
AROUND = 8192
"""Bytes before the data, and behind it."""

_VALUE = rb'(?:"(?:[^"\\]|\\.)*"|-?\d+|null|true|false)'
_MEMBER = rb'\s*"(?!data")\w+"\s*:\s*' + _VALUE + rb"\s*"
_HEAD = re.compile(rb"\s*\{(?:" + _MEMBER + rb',)*\s*"data"\s*:\s*"')
_NONE = re.compile(rb"\s*\{(?:" + _MEMBER + rb"(?:," + _MEMBER + rb")*)?\s*\}\s*")
_DATA = re.compile(rb"[A-Za-z0-9_-]*")
_TAIL = re.compile(rb'(?:=|\\u003d){0,2}"\s*(?:,' + _MEMBER + rb")*\}\s*")


class Decoder:
    """JSON in, in whatever pieces; out the bytes that its `data` stands for. Keeps what is small."""

    def __init__(self) -> None:
        self._state, self._kept = "head", b""

    def feed(self, chunk: bytes) -> bytes:
        """The bytes that can be told by now; raises Unreadable."""
        kept = self._kept + chunk
        if self._state == "head" and (found := _HEAD.match(kept)):
            self._state, kept = "data", kept[found.end() :]
        out = b""
        if self._state == "data":
            end = _DATA.match(kept).end()  # type: ignore[union-attr]  # it fits anything
            over = end < len(kept)
            whole = end if over else end - end % 4
            out, kept = _decoded(kept[:whole]), kept[whole:]
            self._state = "tail" if over else "data"
        if len(kept) > AROUND:
            raise _unreadable()
        self._kept = kept
        return out

    def end(self) -> None:
        """Nothing comes any more; raises Unreadable for what is not whole, ItemGone without data."""
        if self._state == "head" and _NONE.fullmatch(self._kept):
            raise _none()
        if self._state != "tail" or not _TAIL.fullmatch(self._kept):
            raise _unreadable()


async def decoded(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """What the JSON stands for; raises Unreadable where it turns out to be none."""
    decoder = Decoder()
    async for chunk in chunks:
        if out := decoder.feed(chunk):
            yield out
    decoder.end()


@asynccontextmanager
async def content(api: Api, ident: str, it: Body | None) -> AsyncIterator[Download]:
    """The bytes of a part; Gmail gives small ones with the message, and the others when asked."""
    if it and it.data is not None:
        whole = bytes_of(it.data)
        yield Download(_once(whole), size=len(whole))
        return
    if it is None or not it.attachmentId:
        raise _none()
    within(it.size, LARGEST // 4 * 3)
    path = f"{ME}/messages/{ident}/attachments/{it.attachmentId}"
    async with api.stream(path, largest=LARGEST) as answer:
        yield Download(decoded(answer.chunks))


async def _once(whole: bytes) -> AsyncIterator[bytes]:
    yield whole


def _decoded(data: bytes) -> bytes:
    if len(data) % 4 == 1:
        raise _unreadable()
    return urlsafe_b64decode(data + b"=" * (-len(data) % 4))


def _none() -> ItemGone:
    return ItemGone("The part has no bytes of its own.")


def _unreadable() -> Unreadable:
    return Unreadable("Gmail sent a part that is not base64url.")
