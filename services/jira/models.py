"""Jira's own shapes: only the fields we read.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/
"""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Raw, Struct

Id = Annotated[str, Meta(pattern=r"^[0-9]{1,19}$(?!\n)")]
CloudId = Annotated[str, Meta(pattern=r"^[0-9A-Za-z-]{1,64}$(?!\n)")]
Address = Annotated[str, Meta(pattern=r"^https?://[A-Za-z0-9._:\[\]-]{1,255}/?$(?!\n)")]
Key = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9_]{0,254}-[0-9]{1,19}$(?!\n)")]
Time = Annotated[datetime, Meta(tz=True)]
"""ISO 8601 with the offset of somebody's time zone, written without a colon."""
Text = dict[str, Any] | str | None
"""A document (ADF) as version 3 of the API tells it, or a string as version 2 does."""


class Site(Struct, frozen=True):
    """Where people work: `id` is for ever, the address is not."""

    id: CloudId
    url: Address


class User(Struct, rename="camel"):
    """Nothing but the id is sure: the rest is what the person's privacy settings let through."""

    account_id: str | None = None
    display_name: str | None = None
    email_address: str | None = None


class Named(Struct):
    name: str | None = None


class Category(Struct):
    key: str | None = None


class Status(Struct, rename="camel"):
    name: str | None = None
    status_category: Category | None = None


class Project(Struct):
    key: str | None = None
    name: str | None = None


class Above(Struct):
    """The epic or the task that an issue belongs to."""

    id: Id
    key: str | None = None


class File(Struct, rename="camel"):
    id: Id
    filename: str | None = None
    mime_type: str | None = None
    size: int | None = None
    content: str | None = None


class Listed(Struct, frozen=True):
    """What stands on an issue, under the name that each list has for it; `total` is all there is."""

    total: int = 0
    comments: list[Raw] = []
    worklogs: list[Raw] = []
    histories: list[Raw] = []
    values: list[Raw] = []

    @property
    def rows(self) -> list[Raw]:
        """The part of it that was told."""
        return self.comments or self.worklogs or self.histories or self.values


class Fields(Struct, rename="camel", kw_only=True):
    created: Time
    updated: Time | None = None
    summary: str | None = None
    description: Text = None
    status: Status | None = None
    priority: Named | None = None
    resolution: Named | None = None
    issuetype: Named | None = None
    project: Project | None = None
    labels: list[str] | None = None
    components: list[Named] | None = None
    fix_versions: list[Named] | None = None
    duedate: str | None = None
    reporter: User | None = None
    creator: User | None = None
    assignee: User | None = None
    parent: Above | None = None
    attachment: list[File] | None = None
    comment: Listed | None = None
    worklog: Listed | None = None


class Issue(Struct):
    id: Id
    key: Key
    fields: Fields
    changelog: Listed | None = None


class Place(Struct):
    """The issue that something stands on."""

    id: Id
    key: Key
