"""A Drive with what is shared: everything once, the last changed first, then the log of changes.

https://developers.google.com/workspace/drive/api/guides/manage-changes
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime

from msgspec import MsgspecError, Raw, Struct, json

from services.google.dialect import TokenDead
from services.google.drive_models import Change, Changes, Head, Listed, Removed, Start, number
from services.google.text import tidy
from shared.errors import ItemGone, Refused, Unreadable
from shared.provider import Api
from shared.types import Page, Record, Resource

FILES, CHANGES = "/drive/v3/files", "/drive/v3/changes"
FIELDS = (
    "id,name,mimeType,description,createdTime,modifiedTime,sharedWithMeTime,trashed,starred,shared,parents,"
    "driveId,owners(displayName,emailAddress,permissionId),"
    "lastModifyingUser(displayName,emailAddress,permissionId),webViewLink,size,md5Checksum,headRevisionId,"
    "shortcutDetails(targetId,targetMimeType)"
)
ALL = {"supportsAllDrives": "true", "includeItemsFromAllDrives": "true"}
PER_PAGE = 50
DOCUMENT = "application/vnd.google-apps.document"
LARGEST, LONGEST_TEXT = 1_000_000, 200_000
"""Bytes of a document whose text is fetched, and characters of it that are told."""
A_DRIVE = "a change to a shared drive itself"


class Walk(Struct, frozen=True):
    """All that changed before `changes` is stored; `pinned` is where a walk over everything began."""

    changes: str = ""
    pinned: str = ""
    next: str = ""


def _now() -> datetime:
    return datetime.now(UTC)


async def files(
    api: Api, at: Walk, _: Resource, now: Callable[[], datetime] = _now
) -> AsyncIterator[Page]:
    """The place in the log is taken before anything is listed, so that nothing falls between.

    A place that Drive does not know any more ends the walk where it may begin anew.
    """
    if not at.pinned and not at.changes:
        start = await api.get(f"{CHANGES}/startPageToken", Start, supportsAllDrives="true")
        at = Walk(pinned=start.startPageToken)
    resumed = bool(at.next)
    while not at.changes:
        more = {"pageToken": at.next} if at.next else {}
        fields = f"nextPageToken,files({FIELDS})"
        asked = {"orderBy": "modifiedTime desc", "fields": fields, **more}
        try:
            listed = await api.get(FILES, Listed, pageSize=PER_PAGE, **asked, **ALL)
        except (Refused, TokenDead):
            if not resumed:
                raise
            at, resumed = Walk(pinned=at.pinned), False  # page tokens live for some hours
            continue
        resumed, token = False, listed.nextPageToken
        records = await told(api, listed.files, _stamp(now()))
        at = Walk(pinned=at.pinned, next=token) if token else Walk(changes=at.pinned)
        yield Page(tuple(records), at)
    async for page in _since(api, at, now):
        yield page


async def _since(api: Api, at: Walk, now: Callable[[], datetime]) -> AsyncIterator[Page]:
    fields = (
        f"nextPageToken,newStartPageToken,changes(changeType,time,removed,fileId,file({FIELDS}))"
    )
    while True:
        asked = {"pageToken": at.next or at.changes, "fields": fields, "includeRemoved": "true"}
        try:
            found = await api.get(CHANGES, Changes, pageSize=PER_PAGE, **asked, **ALL)
        except ItemGone:
            yield Page((), Walk())
            return
        stamp, excluded = _stamp(now()), Counter[str]()
        last = {it.fileId: it for it in found.changes if it.changeType == "file"}
        excluded.update(A_DRIVE for it in found.changes if it.changeType != "file")
        gone = [_removed(it, stamp) for it in last.values() if it.gone]
        there = [it.file for it in last.values() if not it.gone]
        records = [*gone, *await told(api, there, stamp)]
        token = found.nextPageToken
        following = (
            Walk(changes=at.changes, next=token)
            if token
            else Walk(changes=found.newStartPageToken or at.changes)
        )
        if records or excluded or following != at:
            yield Page(tuple(records), following, dict(excluded))
        at = following
        if not token:
            return


async def told(api: Api, rows: Iterable[Raw], seen: str) -> list[Record]:
    """The files; of a document that is not too long, its text as well."""
    records = []
    for row in rows:
        try:
            head = json.decode(row, type=Head)
        except (MsgspecError, RecursionError) as problem:
            raise Unreadable("Drive lists a file of an unknown shape.") from problem
        text = await exported(api, head) if head.mimeType == DOCUMENT and not head.trashed else ""
        payload = json.encode({"file": row, "seen": seen, "text": text})
        records.append(Record("drive_file", Raw(payload)))
    return records


async def exported(api: Api, it: Head) -> str:
    """The text of a document, "" where it is too long, or may not be exported."""
    if number(it.size, unknown=LARGEST) >= LARGEST:
        return ""
    try:
        data = await api.get(f"{FILES}/{it.id}/export", bytes, mimeType="text/plain")
    except (ItemGone, Refused):
        return ""
    return tidy(data.decode("utf-8-sig", "replace"))[:LONGEST_TEXT]


def _removed(it: Change, stamp: str) -> Record:
    payload = json.encode(Removed(it.fileId, it.time or stamp))
    return Record("drive_removed", Raw(payload), removed=True)


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
