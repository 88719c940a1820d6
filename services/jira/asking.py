"""What callers may ask of our own endpoints, and what they are told that is not a Message."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation
from msgspec import Meta, Struct

from shared.normalizer import Message
from shared.provider import Api

_END = r"$(?!\n)"
_PROJECT = r"[A-Z][A-Z0-9_]{0,254}"
_NUMBER = r"[1-9][0-9]{0,18}"
_ISSUE = f"^({_PROJECT}-{_NUMBER}|{_NUMBER}){_END}"
_PERSON = r"[\w:.-]{1,128}"

Account = NamedDependency[SkipValidation[Api]]
StartSync = NamedDependency[
    SkipValidation[Callable[[Literal["full", "incremental"]], Awaitable[UUID]]]
]
IssueId = Annotated[str, PathParameter(pattern=_ISSUE, description="a number, or SUP-42")]
Number = Annotated[str, PathParameter(pattern=f"^{_NUMBER}{_END}")]
SiteName = Annotated[
    str | None,
    QueryParameter(
        name="site",
        pattern=rf"^[0-9A-Za-z.:-]{{1,255}}{_END}",
        description="its id or acme.atlassian.net; needed where the account reaches several",
    ),
]
ProjectKey = Annotated[str | None, QueryParameter(name="project", pattern=f"^{_PROJECT}{_END}")]
StatusName = Annotated[str | None, QueryParameter(name="status", min_length=1, max_length=255)]
Assignee = Annotated[
    str | None,
    QueryParameter(pattern=f"^(me|none|{_PERSON}){_END}", description="an id, `me` or `none`"),
]
Since = Annotated[datetime | None, QueryParameter(description="only what changed after it")]
Term = Annotated[str | None, QueryParameter(name="q", min_length=1, max_length=500)]
Jql = Annotated[str | None, QueryParameter(min_length=1, max_length=10_000)]
Words = Annotated[str, QueryParameter(name="q", max_length=200)]
Cursor = Annotated[str, QueryParameter(max_length=5000, description="`next` of the page before")]
Offset = Annotated[int, QueryParameter(name="cursor", ge=0, le=1_000_000)]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]

Summary = Annotated[str, Meta(min_length=1, max_length=255)]
Name = Annotated[str, Meta(min_length=1, max_length=255)]
Label = Annotated[str, Meta(pattern=rf"^\S{{1,255}}{_END}")]
Written = Annotated[str, Meta(min_length=1, max_length=32_767)]
Person = Annotated[str, Meta(pattern=f"^{_PERSON}{_END}")]
Key = Annotated[str, Meta(pattern=_ISSUE)]
Day = Annotated[str, Meta(pattern=rf"^\d{{4}}-\d\d-\d\d{_END}")]


class NewIssue(Struct, forbid_unknown_fields=True, omit_defaults=True):
    project: Annotated[str, Meta(pattern=f"^{_PROJECT}{_END}")]
    issuetype: Name
    summary: Summary
    description: Annotated[str, Meta(max_length=32_767)] | None = None
    labels: list[Label] | None = None
    priority: Name | None = None
    assignee: Person | None = None
    parent: Key | None = None
    duedate: Day | None = None


class IssueChange(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What is absent or null stays as it is; `clear` empties what it names."""

    summary: Summary | None = None
    description: Annotated[str, Meta(max_length=32_767)] | None = None
    labels: list[Label] | None = None
    priority: Name | None = None
    assignee: Person | None = None
    parent: Key | None = None
    duedate: Day | None = None
    clear: list[Literal["description", "priority", "assignee", "parent", "duedate"]] = []


class NewComment(Struct, forbid_unknown_fields=True):
    """`role` is the only one that may read it, as `Developers`."""

    body: Written
    role: Name | None = None


class CommentChange(Struct, forbid_unknown_fields=True):
    body: Written


class Transition(Struct, forbid_unknown_fields=True):
    """By its own name, or by that of the status that it leads to."""

    name: Name


class NewWorklog(Struct, forbid_unknown_fields=True):
    seconds: Annotated[int, Meta(ge=60, le=31_536_000)]
    started: datetime
    comment: Written | None = None


class NewLink(Struct, forbid_unknown_fields=True):
    """As Jira says it: `type` is the name of a kind of link, as `Blocks`."""

    type: Name
    to: Key


class Activity(Struct, forbid_unknown_fields=True):
    mode: Literal["full", "incremental"] = "incremental"


class Started(Struct):
    run_ids: list[UUID]


class Messages(Struct):
    """A page; `next` is the cursor of the following one, empty after the last."""

    messages: list[Message]
    next: str = ""


class Kept(Struct, omit_defaults=True):
    """A site, a project, a person, a status or a transition: what else Jira knows by id."""

    id: str
    name: str = ""
    key: str = ""
    to: str = ""


class Listing(Struct):
    items: list[Kept]
    next: str = ""
