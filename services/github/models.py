"""What people say, in GitHub's own shapes: only the fields we read, in the form that both doors share.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

Time = Annotated[datetime, Meta(tz=True)]


class User(Struct):
    """A person, a bot, an organization, or `{}` where a commit's author has no account."""

    login: str = ""
    id: int | None = None
    type: str = ""


class Team(Struct):
    slug: str
    name: str = ""


class Repository(Struct):
    id: int
    full_name: str


class Named(Struct):
    """A label, or the category of a discussion."""

    name: str


class Milestone(Struct):
    title: str


class Item(Struct):
    """What issues, pull requests and discussions have in common."""

    number: int
    created_at: Time
    updated_at: Time | None = None
    title: str | None = None
    body: str | None = None
    html_url: str = ""
    user: User | None = None
    state: str | None = None
    state_reason: str | None = None
    labels: list[Named] | None = None
    assignees: list[User | None] | None = None
    milestone: Milestone | None = None


class Marker(Struct):
    """Something whose presence is all that counts."""


class Listed(Item):
    """An issue of the API's list, where pull requests stand among them."""

    pull_request: Marker | None = None


class Branch(Struct):
    ref: str = ""
    sha: str = ""


class Pull(Item):
    draft: bool | None = None
    merged_at: Time | None = None
    head: Branch | None = None
    base: Branch | None = None
    requested_reviewers: list[User | None] | None = None
    requested_teams: list[Team] | None = None


class Discussion(Item):
    category: Named | None = None
    answer_chosen_at: Time | None = None


class Comment(Struct):
    """Any remark: on an issue, a pull request, a line of a diff, a commit or a discussion."""

    id: int
    created_at: Time
    updated_at: Time | None = None
    body: str | None = None
    html_url: str = ""
    user: User | None = None
    commit_id: str | None = None
    path: str | None = None
    line: int | None = None
    in_reply_to_id: int | None = None
    pull_request_review_id: int | None = None
    parent_id: int | None = None


class Review(Struct):
    id: int
    state: str
    submitted_at: Time | None = None
    body: str | None = None
    html_url: str = ""
    user: User | None = None
    commit_id: str | None = None
