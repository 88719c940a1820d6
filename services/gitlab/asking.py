"""What callers may ask of our own endpoints: only names and numbers that stay within their path."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation
from msgspec import Meta, Struct, to_builtins

from services.gitlab.markdown import harmless
from services.gitlab.models import Project
from shared.provider import Api

_END = r"$(?!\n)"
_WORD = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9_.-]{1,255}"

Number = Annotated[int, PathParameter(ge=1, le=2**53)]
Which = Annotated[
    str,
    QueryParameter(
        name="project", pattern=f"^(?:{_WORD}/){{0,20}}{_WORD}{_END}", description="number or path"
    ),
]
Search = Annotated[str | None, QueryParameter(max_length=500)]
PageNumber = Annotated[int, QueryParameter(ge=1, le=500)]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]
State = Annotated[Literal["opened", "closed", "all"], QueryParameter(name="state")]
MergeState = Annotated[
    Literal["opened", "closed", "merged", "locked", "all"], QueryParameter(name="state")
]
Since = Annotated[datetime | None, QueryParameter(description="only what changed after it")]
Account = NamedDependency[SkipValidation[Api]]

Title = Annotated[str, Meta(min_length=1, max_length=255)]
Text = Annotated[str, Meta(max_length=1_000_000)]
Name = Annotated[str, Meta(min_length=1, max_length=255)]


class NewIssue(Struct, forbid_unknown_fields=True, omit_defaults=True):
    title: Title
    description: Text = ""
    labels: list[Name] = []
    assignee_ids: list[int] = []
    confidential: bool = False
    due_date: date | None = None
    issue_type: Literal["issue", "incident", "task"] = "issue"


class IssueChange(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What is absent or null stays as it is."""

    title: Title | None = None
    description: Text | None = None
    state: Literal["opened", "closed"] | None = None
    add_labels: list[Name] | None = None
    remove_labels: list[Name] | None = None
    assignee_ids: list[int] | None = None
    due_date: date | None = None


class NewMergeRequest(Struct, forbid_unknown_fields=True, omit_defaults=True):
    title: Title
    source_branch: Name
    target_branch: Name
    description: Text = ""
    labels: list[Name] = []
    assignee_ids: list[int] = []
    reviewer_ids: list[int] = []
    remove_source_branch: bool = False


class MergeRequestChange(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What is absent or null stays as it is."""

    title: Title | None = None
    description: Text | None = None
    state: Literal["opened", "closed"] | None = None
    target_branch: Name | None = None
    add_labels: list[Name] | None = None
    remove_labels: list[Name] | None = None
    assignee_ids: list[int] | None = None
    reviewer_ids: list[int] | None = None


class Merge(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """`sha` is the head that was looked at: anything newer is not merged."""

    sha: Annotated[str, Meta(pattern=f"^[0-9a-f]{{1,64}}{_END}")]
    squash: bool = False


class NewComment(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """`discussion_id` answers in a thread; `internal` is for members alone."""

    body: Annotated[str, Meta(min_length=1, max_length=1_000_000)]
    discussion_id: Annotated[str, Meta(pattern=f"^[0-9a-f]{{1,64}}{_END}")] | None = None
    internal: bool = False


class NewPipeline(Struct, forbid_unknown_fields=True):
    ref: Name


def wanted(data: Struct) -> dict[str, Any]:
    """A write in GitLab's words, with nothing in its text that GitLab would carry out."""
    body: dict[str, Any] = to_builtins(data)
    for text in {"description", "body"} & body.keys():
        body[text] = harmless(body[text])
    for labels in {"labels", "add_labels", "remove_labels"} & body.keys():
        body[labels] = ",".join(body[labels])
    if state := body.pop("state", None):
        body["state_event"] = "close" if state == "closed" else "reopen"
    return body


async def found(api: Api, project: int | str) -> tuple[str, Project]:
    """Where a project is asked about, and the project itself, named by number or by path."""
    its = await api.get(f"/api/v4/projects/{quote(str(project), safe='')}", Project)
    return f"/api/v4/projects/{its.id}", its
