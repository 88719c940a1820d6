"""Messages, read many at once: as RFC 5322 text, and the large ones without their attachments."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from itertools import islice
from typing import TypeVar

from msgspec import Raw, Struct, json

from services.google import gmail_batch as batch
from services.google.gmail_models import ME, Deleted, Mail, Named
from services.google.gmail_parts import complete
from shared.errors import ItemGone, RateLimited, Refused, Unreadable
from shared.provider import Api
from shared.shapes import decoded
from shared.types import Record

T = TypeVar("T")

WHOLE = 1_500_000
"""Bytes of an answer; a larger mail is read again without the bytes of its attachments."""

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
    """The messages; what is gone meanwhile, and what is no mail, is counted."""
    records: list[Record] = []
    excluded = Counter[str]()
    async for raw in messages(api, idents):
        record = None if raw is None else _record(raw)
        if record:
            records.append(record)
        else:
            excluded[GONE if raw is None else EXCLUDED] += 1
    return records, dict(excluded)


async def messages(api: Api, idents: Iterable[str]) -> AsyncIterator[Raw | None]:
    """Messages as Gmail sends them, in their order; None for one that is gone.

    Where a limit ends it, all is asked for again later, so it waits for what was spent already, too:
    otherwise the beginning would spend again and again what the end needs.
    """
    waiting, rounds = iter(idents), 0
    while some := list(islice(waiting, batch.LARGEST)):
        rounds += 1
        try:
            for it in await _together(api, some):
                yield it
        except RateLimited as limit:
            limit.retry_after *= rounds
            raise


async def _together(api: Api, idents: Sequence[str]) -> list[Raw | None]:
    """One batch. What it did not answer, for whatever reason, is asked for alone, one after the other:
    then the limits, refusals and repetitions are those of any other call."""
    targets = [f"{ME}/messages/{it}?format=raw" for it in idents]
    told = await batch.get(api, targets) if len(idents) > 1 else [batch.UNANSWERED]
    return [await _one(api, it, part) for it, part in zip(idents, told, strict=True)]


async def _one(api: Api, ident: str, part: batch.Part) -> Raw | None:
    if part.status == 200 and len(part.body) <= WHOLE:
        return Raw(part.body)
    try:
        if part.status != 404:
            return await (_large if part.status == 200 else message)(api, ident)
    except ItemGone:
        pass
    return None


async def message(api: Api, ident: str) -> Raw:
    """One message as Gmail sends it."""
    try:
        whole = await api.get(f"{ME}/messages/{ident}", Raw, format="raw")
        if len(bytes(whole)) <= WHOLE:
            return whole
    except Refused:
        pass  # larger than any answer may be
    return await _large(api, ident)


async def _large(api: Api, ident: str) -> Raw:
    """A message as Gmail parsed it, with its texts and without the bytes of its attachments."""
    mail = await api.get(f"{ME}/messages/{ident}", Mail, format="full")
    if mail.payload:
        await complete(api, ident, mail.payload)
    return Raw(json.encode(mail))


def gone(it: Named, at: str, now: Callable[[], float] = time.time) -> Record:
    """A message that is gone since the history record `at`; Gmail does not tell the hour."""
    payload = json.encode(Deleted(it.id, int(now() * 1000)))
    return Record("gmail_deleted", Raw(payload), revision=version(at), removed=True)


def version(history: str) -> str:
    """A history id in a fixed width, so that two compare as text."""
    if not (history.isascii() and history.isdigit()):
        raise Unreadable("Gmail sent a history id that is no number.")
    return history.zfill(20)


def _record(raw: Raw) -> Record | None:
    head = decoded(raw, Head)
    if NO_MAIL.intersection(head.labelIds):
        return None
    if OUT.intersection(head.labelIds):
        return gone(Named(head.id), head.historyId)
    return Record("gmail_message", raw, revision=version(head.historyId))
