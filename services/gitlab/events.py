"""What a Record carries: an item and its project, whichever door it came through.

A webhook's body has this shape already (what else it holds is not read); a sync composes it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import MsgspecError, Raw, Struct, json, structs

from services.gitlab.models import Issue, MergeRequest, Note, Project, User
from shared.provider import Directory
from shared.types import Record, Resource


class Told(Struct, kw_only=True):
    """`user` is who acted, which need not be the author; `names` are what ids are known to be called."""

    project: Project
    user: User | None = None
    names: dict[str, str] = {}


class IssueEvent(Told):
    object_attributes: Issue
    assignees: list[User | None] | None = None


class MergeRequestEvent(Told):
    object_attributes: MergeRequest
    assignees: list[User | None] | None = None
    reviewers: list[User | None] | None = None


class Parent(Struct):
    iid: int | None = None


class NoteEvent(Told):
    """`issue` or `merge_request` is what a webhook says of the item that the remark stands under."""

    object_attributes: Note
    issue: Parent | None = None
    merge_request: Parent | None = None


class _Written(Struct, frozen=True):
    author_id: int | None = None


class _Authored(Struct):
    object_attributes: _Written = _Written()
    user: User | None = None


def record(kind: str, place: Project, routes: tuple[str, ...] = (), **parts: Any) -> Record:
    """A Record put together from parts; raw parts stay as they came."""
    own = Project(place.id, place.path_with_namespace, place.web_url)
    return Record(kind, Raw(json.encode({"project": own, **parts})), routes=routes)


def beside(payload: bytes | Raw, **facts: Any) -> Raw:
    """The object with members more, which stand before its own."""
    return Raw(json.encode(facts)[:-1] + b"," + bytes(payload).lstrip()[1:])


def project(resource: Resource) -> Project:
    """The project that a resource stands for."""
    return Project(int(resource.id), resource.name, resource.facts["web_url"])


def _unnamed(it: Record) -> Iterator[str]:
    """The author of what a webhook told, by number, where it was somebody else who acted."""
    if b'"author_id"' not in bytes(it.payload):
        return
    try:
        told = json.decode(it.payload, type=_Authored)
    except (MsgspecError, ValueError, RecursionError):
        return
    wrote = told.object_attributes.author_id
    if wrote is not None and (told.user is None or told.user.id != wrote):
        yield str(wrote)


def _put(it: Record, names: Mapping[str, str]) -> Record:
    return structs.replace(it, payload=beside(it.payload, names=names))


DIRECTORY = Directory(ids=_unnamed, put=_put)
