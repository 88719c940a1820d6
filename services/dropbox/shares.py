"""What is shared with the account, and by it: folders and single files, all of them every time.

Dropbox notifies of none of this. https://www.dropbox.com/developers/documentation/http/documentation#sharing-list_folders
"""

from collections.abc import AsyncIterator

from msgspec import Raw, Struct
from msgspec.structs import replace

from services.dropbox.calls import ask
from services.dropbox.dialect import Forgotten
from shared.errors import Refused
from shared.provider import Api
from shared.shapes import decoded
from shared.types import Page, Record, Resource

FOLDERS, FILES = "folders", "files"
PARTS = {
    FOLDERS: ("/2/sharing/list_folders", 1000),
    FILES: ("/2/sharing/list_received_files", 300),
}
"""What is asked for each part, and how many at once."""
TIMELESS = "a share of which Dropbox tells no time"


class Walk(Struct, frozen=True):
    """Which part is under way, and where it goes on; `known` once everything was listed."""

    part: str = FOLDERS
    next: str = ""
    known: bool = False


class Listed(Struct):
    entries: list[Raw]
    cursor: str | None = None


class Head(Struct):
    time_invited: str | None = None


def proves(at: Walk) -> bool:
    """Every walk from its beginning lists all there is."""
    return at.part == FOLDERS and not at.next


async def shares(api: Api, at: Walk, _: Resource) -> AsyncIterator[Page]:
    """Folders, then files. An app that only has a folder of its own is told of none."""
    forgiven = False
    while True:
        path, size = PARTS[at.part]
        try:
            if at.next:
                found = await ask(api, f"{path}/continue", Listed, {"cursor": at.next})
            else:
                found = await ask(api, path, Listed, {"limit": size})
        except Forgotten:
            if forgiven or not at.next:
                raise
            at, forgiven = replace(at, next=""), True
            continue
        except Refused:
            if at.known:
                raise
            return
        told = [it for it in found.entries if decoded(it, Head).time_invited]
        timeless = len(found.entries) - len(told)
        at = _following(at, found.cursor or "")
        records = tuple(Record("share", it) for it in told)
        yield Page(records, at, {TIMELESS: timeless} if timeless else {})
        if proves(at):
            return


def _following(at: Walk, cursor: str) -> Walk:
    if cursor:
        return replace(at, next=cursor)
    return replace(at, part=FILES, next="") if at.part == FOLDERS else Walk(known=True)
