"""What people said in one project, in the shape that its webhooks have too.

https://docs.gitlab.com/api/issues/ https://docs.gitlab.com/api/discussions/
"""

from collections.abc import AsyncIterator

from msgspec import Raw, Struct

from services.gitlab.events import beside, project, record
from services.gitlab.models import User
from services.gitlab.walks import Head, Since, by_change, names, place
from shared.errors import ItemGone
from shared.provider import Api
from shared.shapes import decoded
from shared.types import Page, Resource

SYSTEM = "note by GitLab itself"


class Thread(Struct):
    """A discussion; a lone remark has one of its own."""

    id: str
    notes: list[Raw] = []


class Said(Struct):
    id: int
    system: bool | None = None
    author: User | None = None


def issues(api: Api, at: Since, resource: Resource) -> AsyncIterator[Page]:
    """Issues, incidents, tasks and whatever else the list holds."""
    return _items(api, at, resource, "issue", "issues")


def merge_requests(api: Api, at: Since, resource: Resource) -> AsyncIterator[Page]:
    return _items(api, at, resource, "merge_request", "merge_requests")


def issue_notes(api: Api, at: Since, resource: Resource) -> AsyncIterator[Page]:
    return _notes(api, at, resource, "issues")


def merge_request_notes(api: Api, at: Since, resource: Resource) -> AsyncIterator[Page]:
    return _notes(api, at, resource, "merge_requests")


async def _items(
    api: Api, at: Since, resource: Resource, kind: str, listed: str
) -> AsyncIterator[Page]:
    its = project(resource)
    async for rows, cursor in by_change(api, at, f"{place(resource)}/{listed}"):
        records = tuple(record(kind, its, object_attributes=row) for _, row in rows)
        yield Page(records, cursor, names=names([head.author for head, _ in rows]))


async def _notes(api: Api, at: Since, resource: Resource, listed: str) -> AsyncIterator[Page]:
    """One call or more for every item that changed: GitLab has no list of all its remarks."""
    path = f"{place(resource)}/{listed}"
    async for rows, cursor in by_change(api, at, path, per_page=20):
        threads: list[tuple[Head, Thread]] = []
        for head, _ in rows:
            if not head.user_notes_count:
                continue
            try:
                async for reply in api.paginate(
                    f"{path}/{head.iid}/discussions", list[Thread], per_page=100
                ):
                    threads += [(head, thread) for thread in reply.data or ()]
            except ItemGone:
                continue
        notes = [(head, it.id, note) for head, it in threads for note in it.notes]
        said = [decoded(note, Said) for _, _, note in notes]
        records = tuple(
            record("note", project(resource), object_attributes=heard(head, note, thread))
            for (head, thread, note), it in zip(notes, said, strict=True)
            if not it.system
        )
        ours = len(notes) - len(records)
        people = names([it.author for it in said])
        yield Page(records, cursor, {SYSTEM: ours} if ours else {}, names=people)


def heard(above: Head, note: Raw, thread: str) -> Raw:
    """A listed remark as a webhook tells it: with its address and its thread."""
    url = f"{above.web_url}#note_{decoded(note, Said).id}"
    return beside(note, url=url, discussion_id=thread or None)
