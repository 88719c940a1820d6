"""Outlook's folders, and each one's mails: everything once, then what its delta link says is new.

A folder's link tells of a mail that left it as of one that was deleted, so that is asked.
https://learn.microsoft.com/en-us/graph/delta-query-messages
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime
from urllib.parse import quote

from msgspec import Raw, Struct, json

from services.microsoft import batch
from services.microsoft.dialect import Forgotten, NoService, NotThere
from services.microsoft.graph import Deleted, Listed, stamp
from services.microsoft.mail_models import Folder, Head
from shared.provider import Api
from shared.shapes import decoded
from shared.types import Page, Record, Resource

ME = "/me"
FILES = "$expand=attachments($select=id,name,contentType,size,isInline)"
OUT = ("deleteditems", "junkemail")
UNSENT = ("drafts", "outbox")
DRAFT, MOVED, DRAFTS = "a draft", "moved to another folder", "a folder of what is not sent yet"

Clock = Callable[[], datetime]


class Walk(Struct, frozen=True):
    """Ends where it began: every walk lists all folders, and proves which ones are still there."""


class Sync(Struct, frozen=True):
    """`link` stands for everything that is stored, `next` for the page under way.

    `out` says that all of the folder was told as deleted, because it is among the deleted or junk.
    """

    link: str = ""
    next: str = ""
    out: bool = False


def _now() -> datetime:
    return datetime.now(UTC)


def message_of(ident: str) -> str:
    """The path that reads a message with what is attached to it."""
    return f"{ME}/messages/{quote(ident, safe='')}?{FILES}"


async def folders(api: Api, at: Walk, _: Resource) -> AsyncIterator[Page]:
    """All folders at any depth; what is below the trash or junk is out, what is below drafts not read."""
    try:
        listed = await api.get(f"{ME}/mailFolders/delta", Listed)
    except NoService:
        return
    rows = list(listed.value)
    while listed.next:
        listed = await api.get(listed.next, Listed)
        rows += listed.value
    known = {it.id: it for it in (decoded(row, Folder) for row in rows) if it.removed is None}
    paths = [f"{ME}/mailFolders/{name}?$select=id" for name in (*OUT, *UNSENT)]
    special = [row and decoded(row, Folder).id for row in await batch.get(api, paths)]
    out, unsent = set(special[: len(OUT)]), set(special[len(OUT) :])
    found = []
    for it in known.values():
        above = _above(it, known)
        if not above & unsent:
            found.append(Resource(it.id, it.displayName, (), {"out": str(bool(above & out))}))
    left = len(known) - len(found)
    yield Page((), at, {DRAFTS: left} if left else {}, tuple(found))


async def messages(
    api: Api, at: Sync, resource: Resource, now: Clock = _now
) -> AsyncIterator[Page]:
    """One folder's mails. Where Graph forgot our link, or the folder was thrown away or taken back, the
    walk ends where it may begin anew: only one that came to its end buries what it did not see."""
    out = resource.facts.get("out") == "True"
    if at.link and at.out != out:
        yield Page((), Sync())
        return
    first = f"{ME}/mailFolders/{quote(resource.id, safe='')}/messages/delta"
    resumed = bool(at.next)
    while True:
        try:
            listed = await api.get(at.next or at.link or first, Listed)
        except (NotThere, Forgotten) as error:
            if at.link:
                yield Page((), Sync())
                return
            if resumed:
                at, resumed = Sync(), False  # the walk over everything begins anew
                continue
            if isinstance(error, NotThere):
                return  # the folder is gone, and all that was in it with it
            raise
        resumed = False
        records, excluded = await told(api, listed.value, resource.id, out=out, now=now)
        more = Sync(at.link, listed.next, out) if listed.next else Sync(listed.delta, "", out)
        if records or excluded or more != at:
            yield Page(tuple(records), more, excluded)
        at = more
        if not at.next:
            return


async def told(
    api: Api, rows: Iterable[Raw], folder: str, *, out: bool, now: Clock
) -> tuple[list[Record], dict[str, int]]:
    """What the rows of a page mean; the last one of a message counts."""
    last = {head.id: (head, row) for row in rows for head in (decoded(row, Head),)}
    excluded = Counter[str]()
    wanted = [it.id for it, _ in last.values() if it.removed or not it.whole or it.hasAttachments]
    read = dict(zip(wanted, await batch.get(api, list(map(message_of, wanted))), strict=True))
    records = []
    for ident, (_, row) in last.items():
        found = read.get(ident, row)
        if found is None:
            records.append(_gone(ident, stamp(now())))
            continue
        head = decoded(found, Head)
        if head.parentFolderId not in (None, folder):
            excluded[MOVED] += 1  # its own folder tells of it
        elif head.isDraft:
            excluded[DRAFT] += 1
        elif out:
            records.append(_gone(ident, head.lastModifiedDateTime or stamp(now())))
        else:
            records.append(Record("mail", found))
    return records, dict(excluded)


def _above(it: Folder, known: dict[str, Folder]) -> set[str | None]:
    """The folder, and all that it is in."""
    seen: set[str | None] = set()
    at: Folder | None = it
    while at and at.id not in seen:
        seen.add(at.id)
        at = known.get(at.parentFolderId or "")
    return seen


def _gone(ident: str, at: str) -> Record:
    return Record("mail_deleted", Raw(json.encode(Deleted(ident, at))), removed=True)
