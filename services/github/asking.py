"""What callers may ask of our own endpoints: only names and numbers that stay within their path."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation
from msgspec import Meta, Struct

from shared.provider import Api

_OWNER = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9_.-]{1,39}"
_NAME = r"(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}"
_END = r"$(?!\n)"

Owner = Annotated[str, PathParameter(pattern=f"^{_OWNER}{_END}")]
Name = Annotated[str, PathParameter(pattern=f"^{_NAME}{_END}")]
Number = Annotated[int, PathParameter(ge=1)]
FullName = Annotated[
    str, QueryParameter(pattern=f"^{_OWNER}/{_NAME}{_END}", description="owner/name")
]
PageNumber = Annotated[int, QueryParameter(ge=1, le=10_000)]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]
# Litestar keeps the argument name `state` for itself.
State = Annotated[Literal["open", "closed", "all"], QueryParameter(name="state")]
Since = Annotated[datetime | None, QueryParameter(description="only what changed after it")]
Account = NamedDependency[SkipValidation[Api]]
StartSync = NamedDependency[
    SkipValidation[Callable[[Literal["full", "incremental"]], Awaitable[UUID]]]
]
Title = Annotated[str, Meta(min_length=1, max_length=256)]
Body = Annotated[str, Meta(max_length=65_536)]


class NewIssue(Struct, forbid_unknown_fields=True, omit_defaults=True):
    title: Title
    body: Body = ""
    labels: list[str] = []
    assignees: list[str] = []


class IssueChange(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What is absent or null stays as it is."""

    title: Title | None = None
    body: Body | None = None
    state: Literal["open", "closed"] | None = None
    state_reason: Literal["completed", "not_planned", "duplicate", "reopened"] | None = None
    labels: list[str] | None = None
    assignees: list[str] | None = None


class NewComment(Struct, forbid_unknown_fields=True):
    body: Annotated[str, Meta(min_length=1, max_length=65_536)]


class NewReview(Struct, forbid_unknown_fields=True, omit_defaults=True):
    event: Literal["APPROVE", "REQUEST_CHANGES", "COMMENT"]
    body: Body = ""
    commit_id: str | None = None


class Activity(Struct, forbid_unknown_fields=True):
    mode: Literal["full", "incremental"] = "incremental"


class Started(Struct):
    run_ids: list[UUID]
