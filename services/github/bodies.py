"""What callers send to our own endpoints, and what those answer beside Messages."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

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
