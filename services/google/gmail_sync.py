"""Gmail's history: everything once, newest first, and then only what happened since.

https://developers.google.com/workspace/gmail/api/guides/sync
"""

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable

from msgspec import Struct, structs

from services.google import gmail_batch as batch
from services.google.dialect import TokenDead
from services.google.gmail_models import ME, History, HistoryRecord, Listed, Profile
from services.google.gmail_read import EXCLUDED, NO_MAIL, OUT, gone, read
from shared.errors import ItemGone, Refused
from shared.provider import Api
from shared.types import Page, Record, Resource

LISTED = 500
"""Messages that one list names, the most that Gmail allows."""
PER_PAGE = batch.LARGEST
"""Messages, or records of history, of one page: it is read in one batch, or else again as a whole."""


class Walk(Struct, frozen=True):
    """All that happened up to `history` is stored; `pinned` is where a walk over everything began.

    `next` is the list or the history that is at hand; of a list, everything up to `read` is stored.
    """

    history: str = ""
    pinned: str = ""
    next: str = ""
    read: str = ""


async def messages(api: Api, at: Walk, _: Resource) -> AsyncIterator[Page]:
    """Everything there is, where nothing is stored; then what happened since, until now.

    Where Gmail forgot our place (404), the walk ends where it may begin anew: what is listed then is
    compared, and only a walk that came to its end buries what it did not see.
    """
    if not at.history:
        async for page in _everything(api, at):
            yield page
            at = page.cursor
    async for page in _since(api, at):
        yield page


async def _everything(api: Api, at: Walk) -> AsyncIterator[Page]:
    """The place in history is taken before anything is listed: what happens meanwhile is told after."""
    total = None
    if not at.pinned:
        profile = await api.get(f"{ME}/profile", Profile)
        at, total = Walk(pinned=profile.historyId), profile.messagesTotal
    resumed = bool(at.next)
    while not at.history:
        more = {"pageToken": at.next} if at.next else {}
        try:
            listed = await api.get(f"{ME}/messages", Listed, maxResults=LISTED, **more)
        except (Refused, TokenDead):
            if not resumed:
                raise
            at, resumed = Walk(pinned=at.pinned), False  # page tokens do not live for ever
            continue
        resumed, token = False, listed.nextPageToken
        waiting = _unread(listed, at.read)
        while further := waiting[PER_PAGE:]:
            at = structs.replace(at, read=waiting[PER_PAGE - 1])
            yield await _page(api, waiting[:PER_PAGE], at, total)
            waiting, total = further, None
        at = Walk(pinned=at.pinned, next=token) if token else Walk(history=at.pinned)
        yield await _page(api, waiting, at, total)
        total = None


async def _page(api: Api, idents: list[str], following: Walk, total: int | None) -> Page:
    records, excluded = await read(api, idents)
    return Page(tuple(records), following, excluded, total=total)


def _unread(listed: Listed, last: str) -> list[str]:
    """What a list names behind the last one that was read, and all of it where that is gone."""
    idents = [it.id for it in listed.messages]
    return idents[idents.index(last) + 1 :] if last in idents else idents


async def _since(api: Api, at: Walk) -> AsyncIterator[Page]:
    while True:
        more = {"pageToken": at.next} if at.next else {}
        try:
            told = await api.get(
                f"{ME}/history", History, startHistoryId=at.history, maxResults=PER_PAGE, **more
            )
        except (ItemGone, Refused) as error:
            if at.next:  # the page token died, or history did: asked without it, Gmail says which
                at = Walk(history=at.history)
                continue
            if not isinstance(error, ItemGone):
                raise
            yield Page((), Walk())
            return
        asked, records, excluded = _sorted(told.history)
        found, others = await read(api, asked)
        token = told.nextPageToken
        following = Walk(history=at.history, next=token) if token else Walk(history=told.historyId)
        if following != at or records or found:
            yield Page((*records, *found), following, dict(Counter(excluded) + Counter(others)))
        at = following
        if not token:
            return


def _sorted(
    history: Iterable[HistoryRecord], now: Callable[[], float] = time.time
) -> tuple[list[str], list[Record], dict[str, int]]:
    """Whom to read anew, each once, and who is gone; the last thing that happened to one decides."""
    last: dict[str, Record | None] = {}
    excluded = Counter[str]()
    for it in history:
        for change in it.messagesAdded + it.labelsAdded + it.labelsRemoved:
            labels = NO_MAIL.intersection(change.message.labelIds)
            excluded.update([EXCLUDED] if labels else [])
            if not labels:
                out = OUT.intersection(change.message.labelIds)
                last[change.message.id] = gone(change.message, it.id, now) if out else None
        for change in it.messagesDeleted:
            last[change.message.id] = gone(change.message, it.id, now)
    records = [record for record in last.values() if record]
    return [ident for ident, record in last.items() if record is None], records, dict(excluded)
