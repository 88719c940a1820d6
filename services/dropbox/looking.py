"""Whose deletion it was: Dropbox tells the path that is empty now, and its history knows the file."""

from datetime import datetime

from msgspec import Struct

from services.dropbox.batch import Batch, outermost
from services.dropbox.calls import ask
from services.dropbox.dialect import NotThere
from services.dropbox.models import Deleted, Time
from shared.errors import Refused
from shared.provider import Api

LOOKED_UP = 20
"""Deletions of a page whose files are looked up one by one; more of them are left to a count."""
MOVED = "a path whose file is elsewhere now"
LATER = "a path that is empty: what was there is found by a count"
REVISIONS = 10
"""Versions at a path among which its last file is looked for."""


class Version(Struct):
    id: str


class History(Struct):
    """The versions of what is, or was, at a path, the last one first."""

    entries: list[Version] = []
    server_deleted: Time | None = None


class Stranger(Exception):
    """The path was a folder's, or nobody knows what it was."""


async def deleted(api: Api, its: Batch, seen: datetime) -> tuple[list[Deleted], bool]:
    """The files that are gone, and whether there are paths that do not tell what was there."""
    found, lost = [Deleted(it, seen) for it in its.gone], False
    paths = outermost(its.emptied)
    if len(paths) > LOOKED_UP:
        its.excluded[LATER] += len(paths)
        return found, True
    for path in paths:
        try:
            gone = await gone_from(api, path, its, seen)
        except Stranger:
            its.excluded[LATER] += 1
            lost = True
            continue
        if gone is None:
            its.excluded[MOVED] += 1
        elif gone.id not in its.gone:
            found.append(gone)
    return found, lost


async def gone_from(api: Api, path: str, its: Batch, seen: datetime) -> Deleted | None:
    """The file that was deleted there, None for one that is elsewhere now; raises Stranger."""
    arg = {"path": path, "mode": "path", "limit": REVISIONS}
    try:
        found = await ask(api, "/2/files/list_revisions", History, arg)
    except (NotThere, Refused):
        raise Stranger from None
    if not found.entries:
        raise Stranger
    new = next((it.id for it, _ in its.files.values() if it.path_lower == path), "")
    last = next((it.id for it in found.entries if it.id != new), "")
    if not last or last in its.files or await exists(api, last):
        return None
    return Deleted(last, found.server_deleted or seen)


async def exists(api: Api, ident: str) -> bool:
    """Whether a file is anywhere."""
    try:
        await ask(api, "/2/files/get_metadata", Version, {"path": ident})
    except NotThere:
        return False
    return True
