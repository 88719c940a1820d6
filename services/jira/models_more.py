"""What stands on an issue, in Jira's own shapes: only the fields we read."""

from msgspec import Struct

from services.jira.models import Id, Text, Time, User


class Visibility(Struct):
    """Who may see it: a role or a group."""

    value: str | None = None


class Comment(Struct, rename="camel", kw_only=True):
    id: Id
    created: Time
    updated: Time | None = None
    author: User | None = None
    body: Text = None
    visibility: Visibility | None = None
    jsd_public: bool | None = None
    parent_id: int | None = None


class Worklog(Struct, rename="camel", kw_only=True):
    id: Id
    started: Time
    updated: Time | None = None
    author: User | None = None
    comment: Text = None
    visibility: Visibility | None = None
    time_spent_seconds: int | None = None


class Item(Struct, rename={"former": "from", "former_text": "fromString", "text": "toString"}):
    """One field that was changed, from and to, by id and in words."""

    field: str
    former: str | None = None
    to: str | None = None
    former_text: str | None = None
    text: str | None = None


class History(Struct, kw_only=True):
    """What somebody changed in one go."""

    id: Id
    created: Time
    author: User | None = None
    items: list[Item] = []
