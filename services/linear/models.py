"""Linear's own shapes: only the fields we read, in the form that both doors share.

A webhook carries the entity as `data`; our queries ask for the same members. Where a webhook names a
person by id alone, the directory knows the rest.
https://linear.app/developers/graphql
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

Time = Annotated[datetime, Meta(tz=True)]
Id = Annotated[str, Meta(min_length=1, max_length=100)]


class Who(Struct):
    """A member, or somebody outside who speaks through an integration."""

    id: Id
    name: str = ""
    email: str | None = None


class Bot(Struct):
    """An integration that acts for nobody."""

    name: str | None = None
    type: str | None = None


class Team(Struct):
    id: Id
    key: str = ""
    name: str = ""


class Named(Struct):
    name: str


class Labels(Struct):
    nodes: list[Named]


class State(Struct):
    name: str = ""
    type: str = ""


class Cycle(Struct):
    number: float
    name: str | None = None


class Ref(Struct):
    """Something that an entity belongs to, by what both doors tell of it."""

    id: Id
    name: str = ""
    identifier: str = ""


class Content(Struct):
    """What a comment on a text belongs to: a document, if it has become one."""

    document: Ref | None = None


class Entity(Struct, rename="camel", kw_only=True):
    """`names` is what the directory knows of the people in it."""

    id: Id
    created_at: Time
    updated_at: Time | None = None
    archived_at: Time | None = None
    url: str | None = None
    names: dict[str, str] = {}


class Issue(Entity, kw_only=True):
    identifier: str
    title: str
    description: str | None = None
    priority: float | None = None
    priority_label: str | None = None
    estimate: float | None = None
    due_date: str | None = None
    previous_identifiers: list[str] | None = None
    team: Team | None = None
    state: State | None = None
    labels: list[Named] | Labels | None = None
    creator: Who | None = None
    creator_id: Id | None = None
    external_user_creator: Who | None = None
    bot_actor: str | Bot | None = None
    assignee: Who | None = None
    assignee_id: Id | None = None
    project: Ref | None = None
    cycle: Cycle | None = None
    parent: Ref | None = None
    parent_id: Id | None = None


class Comment(Entity, kw_only=True):
    body: str
    edited_at: Time | None = None
    resolved_at: Time | None = None
    quoted_text: str | None = None
    parent_id: Id | None = None
    issue: Ref | None = None
    issue_id: Id | None = None
    project_id: Id | None = None
    project_update_id: Id | None = None
    initiative_id: Id | None = None
    initiative_update_id: Id | None = None
    document_content: Content | None = None
    document_content_id: Id | None = None
    user: Who | None = None
    user_id: Id | None = None
    external_user: Who | None = None
    bot_actor: str | Bot | None = None


class Reaction(Entity, kw_only=True):
    emoji: str
    comment_id: Id | None = None
    issue_id: Id | None = None
    project_update_id: Id | None = None
    initiative_update_id: Id | None = None
    user: Who | None = None
    user_id: Id | None = None
    external_user: Ref | None = None
    external_user_id: Id | None = None


class Project(Entity, kw_only=True):
    name: str
    description: str | None = None
    content: str | None = None
    health: str | None = None
    start_date: str | None = None
    target_date: str | None = None
    status: State | None = None
    creator: Who | None = None
    creator_id: Id | None = None
    lead: Who | None = None
    lead_id: Id | None = None
