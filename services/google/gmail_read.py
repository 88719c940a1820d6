"""Messages, read one by one: as RFC 5322 text, and the large ones without their attachments."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice
from typing import TypeVar

from msgspec import MsgspecError, Raw, Struct, json

from services.google.gmail_models import Body, Deleted, Mail, Named, Payload
from shared.errors import ItemGone, Refused, Unreadable
from shared.provider import Api
from shared.types import Record

T = TypeVar("T")

ME = "/gmail/v1/users/me"
ABREAST = 4
"""Messages read at once; Gmail answers more of one user with "too many concurrent requests"."""
WHOLE = 1_500_000
"""Bytes of an answer; a larger mail is read again without the bytes of its attachments."""
LONGEST_TEXT = 1_000_000
"""Bytes of a text part that is fetched on its own."""

NO_MAIL = frozenset({"DRAFT", "CHAT"})
OUT = frozenset({"TRASH", "SPAM"})
"""Lists leave these out, so a message that comes there is gone, and is back when it returns."""
EXCLUDED = "a draft or a chat"
GONE = "gone before it was read"


class Head(Struct):
    """What decides where a message goes."""

    id: str
    labelIds: list[str] = []
    historyId: str = "0"


async def read(api: Api, idents: Iterable[str]) -> tuple[list[Record], dict[str, int]]:
    """The messages, a few at a time; what is gone meanwhile, and what is no mail, is counted."""
    records: list[Record] = []
    excluded = Counter[str]()
    waiting = iter(idents)
    while some := list(islice(waiting, ABREAST)):
        for it in await asyncio.gather(*(_one(api, it) for it in some), return_exceptions=True):
            if isinstance(it, BaseException) and not isinstance(it, ItemGone):
                raise it
            if isinstance(it, Record):
                records.append(it)
            else:
                excluded[GONE if isinstance(it, ItemGone) else EXCLUDED] += 1
    return records, dict(excluded)


async def message(api: Api, ident: str) -> Raw:
    """One message as Gmail sends it."""
    try:
        whole = await api.get(f"{ME}/messages/{ident}", Raw, format="raw")
        if len(bytes(whole)) <= WHOLE:
            return whole
    except Refused:
        pass  # larger than any answer may be
    mail = await api.get(f"{ME}/messages/{ident}", Mail, format="full")
    if mail.payload:
        await _complete(api, ident, mail.payload)
    return Raw(json.encode(mail))


def decoded(raw: Raw, type: type[T]) -> T:
    """A message, or what of it is needed; raises Unreadable."""
    try:
        return json.decode(raw, type=type)
    except (MsgspecError, RecursionError) as problem:
        raise Unreadable("Gmail sent a message of an unknown shape.") from problem


async def part(api: Api, ident: str, number: str) -> Payload:
    """One part with its bytes: its attachment id lives so shortly that it is asked for each time.

    Raises ItemGone where the message has no such part.
    """
    mail = await api.get(f"{ME}/messages/{ident}", Mail, format="full")
    found = _find(mail.payload, "" if number == "0" and _single(mail) else number)
    if found is None:
        raise ItemGone("The message has no such part.")
    if found.body and found.body.data is None and found.body.attachmentId:
        found.body = await _fetched(api, ident, found.body.attachmentId)
    return found


def gone(it: Named, at: str, now: Callable[[], float] = time.time) -> Record:
    """A message that is gone since the history record `at`; Gmail does not tell the hour."""
    payload = json.encode(Deleted(it.id, int(now() * 1000)))
    return Record("gmail_deleted", Raw(payload), revision=version(at), removed=True)


def version(history: str) -> str:
    """A history id in a fixed width, so that two compare as text."""
    if not (history.isascii() and history.isdigit()):
        raise Unreadable("Gmail sent a history id that is no number.")
    return history.zfill(20)


async def _one(api: Api, ident: str) -> Record | None:
    raw = await message(api, ident)
    head = decoded(raw, Head)
    if NO_MAIL.intersection(head.labelIds):
        return None
    if OUT.intersection(head.labelIds):
        return gone(Named(head.id), head.historyId)
    return Record("gmail_message", raw, revision=version(head.historyId))


async def _complete(api: Api, ident: str, it: Payload) -> None:
    """Fetch the text parts that Gmail left out for their size."""
    body = it.body
    read = it.mimeType.startswith("text/") and not it.filename
    if read and body and body.data is None and body.attachmentId and body.size <= LONGEST_TEXT:
        it.body = await _fetched(api, ident, body.attachmentId)
    for child in it.parts:
        await _complete(api, ident, child)


async def _fetched(api: Api, ident: str, attachment: str) -> Body:
    return await api.get(f"{ME}/messages/{ident}/attachments/{attachment}", Body)


def _single(mail: Mail) -> bool:
    return bool(mail.payload and not mail.payload.parts)


def _find(it: Payload | None, number: str) -> Payload | None:
    if it is None or it.partId == number:
        return it
    return next(filter(None, (_find(child, number) for child in it.parts)), None)
