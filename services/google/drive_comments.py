"""What people say about a file: read when asked for, because no change of Drive tells of it.

https://developers.google.com/workspace/drive/api/reference/rest/v3/comments
"""

from collections.abc import Iterator
from typing import Annotated

from litestar import Controller, get
from litestar.params import QueryParameter
from msgspec import Struct

from services.google import asking as ask
from services.google import text
from services.google.calendar_normalize import moment
from services.google.drive_models import User
from services.google.drive_normalize import person
from services.google.drive_sync import FILES
from shared.normalizer import Message, Person

_SAID = (
    "id,createdTime,modifiedTime,deleted,content,author(displayName,permissionId),"
    "mentionedEmailAddresses"
)
_FIELDS = (
    f"nextPageToken,comments({_SAID},resolved,quotedFileContent(value),replies({_SAID},action))"
)
Limit = Annotated[int, QueryParameter(ge=1, le=100)]


class Quoted(Struct, frozen=True):
    value: str = ""


class Said(Struct):
    """A comment or a reply to one; who wrote it has no address."""

    id: str
    createdTime: str
    modifiedTime: str = ""
    deleted: bool = False
    content: str = ""
    author: User | None = None
    mentionedEmailAddresses: list[str] = []
    action: str = ""


class Comment(Said, kw_only=True):
    resolved: bool = False
    quotedFileContent: Quoted = Quoted()
    replies: list[Said] = []


class Listed(Struct):
    comments: list[Comment] = []
    nextPageToken: str = ""


class Comments(Controller):
    path = "/"

    @get("/files/{ident:str}/comments", summary="Read a file's comments and their replies")
    async def comments(
        self, api: ask.Account, ident: ask.Ident, place: ask.Place = "", limit: Limit = 50
    ) -> ask.Found:
        asked = {"fields": _FIELDS, **({"pageToken": place} if place else {})}
        found = await api.get(f"{FILES}/{ident}/comments", Listed, pageSize=limit, **asked)
        told = [one for it in found.comments for one in thread(ident, it)]
        return ask.Found(told, found.nextPageToken)


def thread(file: str, it: Comment) -> Iterator[Message]:
    """A comment and its replies, but for those that were deleted."""
    top = f"{file}:{it.id}"
    facts = {"quoted": text.tidy(it.quotedFileContent.value), "resolved": str(it.resolved).lower()}
    if not it.deleted:
        yield _message(top, top, file, it, facts)
    for reply in it.replies:
        if not reply.deleted:
            yield _message(f"{top}:{reply.id}", top, top, reply, {"action": reply.action})


def _message(ident: str, top: str, parent: str, it: Said, facts: dict[str, str]) -> Message:
    return Message(
        id=ident,
        source="google_drive",
        type="comment",
        timestamp=moment(it.createdTime),
        updated_at=moment(it.modifiedTime or it.createdTime),
        content=text.tidy(it.content),
        author=person(it.author),
        thread_id=top,
        parent_id=parent,
        mentions=tuple(
            Person(id=one.lower(), name="", email=one.lower()) for one in it.mentionedEmailAddresses
        ),
        metadata={name: fact for name, fact in facts.items() if fact},
    )
