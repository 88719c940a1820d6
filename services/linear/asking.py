"""What callers may ask of our own endpoints, and what they are told that is not a Message."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation
from msgspec import Meta, Struct

from shared.normalizer import Message
from shared.provider import Api

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_KEY = r"[A-Z][A-Z0-9]{0,9}"
_END = r"$(?!\n)"

Account = NamedDependency[SkipValidation[Api]]
StartSync = NamedDependency[
    SkipValidation[Callable[[Literal["full", "incremental"]], Awaitable[UUID]]]
]
Named = Callable[[Collection[str]], Awaitable[dict[str, str]]]
"""What ids are called, as far as the account knows."""
Names = NamedDependency[SkipValidation[Named]]
_ISSUE = f"^({_UUID}|{_KEY}-[1-9][0-9]{{0,8}}){_END}"
IssueId = Annotated[str, PathParameter(pattern=_ISSUE, description="an id, or ENG-7")]
EntityId = Annotated[str, PathParameter(pattern=f"^{_UUID}{_END}")]
TeamKey = Annotated[
    str | None, QueryParameter(name="team", pattern=f"^{_KEY}{_END}", description="ENG")
]
# Litestar keeps the argument name `state` for itself.
StateName = Annotated[str | None, QueryParameter(name="state", min_length=1, max_length=100)]
Assignee = Annotated[
    str | None,
    QueryParameter(pattern=rf"^[^\s@]{{1,200}}@[^\s@]{{1,200}}{_END}", description="an address"),
]
Since = Annotated[datetime | None, QueryParameter(description="only what changed after it")]
Term = Annotated[str, QueryParameter(name="q", min_length=1, max_length=500)]
Cursor = Annotated[str, QueryParameter(max_length=500, description="`next` of the page before")]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]

Uuid = Annotated[str, Meta(pattern=f"^{_UUID}{_END}")]
Text = Annotated[str, Meta(max_length=250_000)]
Words = Annotated[str, Meta(min_length=1, max_length=250_000)]
Title = Annotated[str, Meta(min_length=1, max_length=512)]
Priority = Annotated[int, Meta(ge=0, le=4)]
Day = Annotated[str, Meta(pattern=rf"^\d{{4}}-\d\d-\d\d{_END}")]


class NewIssue(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """`id` is one that the caller made: a second try with it makes no second issue."""

    team_id: Uuid
    title: Title
    id: Uuid | None = None
    description: Text | None = None
    state_id: Uuid | None = None
    assignee_id: Uuid | None = None
    priority: Priority | None = None
    label_ids: list[Uuid] | None = None
    project_id: Uuid | None = None
    cycle_id: Uuid | None = None
    parent_id: Uuid | None = None
    due_date: Day | None = None
    estimate: int | None = None


class IssueChange(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What is absent or null stays as it is; `clear` empties what it names."""

    title: Title | None = None
    description: Text | None = None
    team_id: Uuid | None = None
    state_id: Uuid | None = None
    assignee_id: Uuid | None = None
    priority: Priority | None = None
    added_label_ids: list[Uuid] | None = None
    removed_label_ids: list[Uuid] | None = None
    project_id: Uuid | None = None
    cycle_id: Uuid | None = None
    parent_id: Uuid | None = None
    due_date: Day | None = None
    estimate: int | None = None
    clear: list[
        Literal["assignee_id", "project_id", "cycle_id", "parent_id", "due_date", "estimate"]
    ] = []


class NewComment(Struct, forbid_unknown_fields=True, omit_defaults=True):
    body: Words
    id: Uuid | None = None
    parent_id: Uuid | None = None


class CommentChange(Struct, forbid_unknown_fields=True):
    body: Words


class NewReaction(Struct, forbid_unknown_fields=True):
    emoji: Annotated[str, Meta(min_length=1, max_length=100)]


class NewAttachment(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A link; the same `url` at the same issue changes the one that is there."""

    title: Title
    url: Annotated[str, Meta(pattern=rf"^https?://\S{{1,2000}}{_END}")]
    subtitle: Title | None = None


class NewUpdate(Struct, forbid_unknown_fields=True, omit_defaults=True):
    body: Words
    health: Literal["onTrack", "atRisk", "offTrack"] | None = None
    id: Uuid | None = None


class Activity(Struct, forbid_unknown_fields=True):
    mode: Literal["full", "incremental"] = "incremental"


class Started(Struct):
    run_ids: list[UUID]


class Messages(Struct):
    """A page; `next` is the cursor of the following one, empty after the last."""

    messages: list[Message]
    next: str = ""


class Kept(Struct, omit_defaults=True):
    """A team, a member, a state, a label or a cycle: what else Linear knows by id."""

    id: str
    name: str = ""
    key: str = ""
    type: str = ""
    email: str = ""
    team: str = ""


class Listing(Struct):
    items: list[Kept]
    next: str = ""
