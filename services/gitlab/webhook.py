"""What a delivery says, and to whom.

A project's accounts do not all see the same: what is about code goes to those who may read it, what is
confidential to nobody; instead, every account asks GitLab what it may see.
https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from msgspec import MsgspecError, Raw, Struct, json

from services.gitlab.events import beside, record
from services.gitlab.ignored import EPIC, IGNORED
from services.gitlab.models import Project
from services.gitlab.models_code import Commit, PushedCommit, PushEvent, Signature
from services.gitlab.proof import named
from shared.errors import Unreadable, UnsupportedEvent
from shared.types import Delivery, Nudge, Record

MAX_BODY = 26_214_400
"""Bytes; GitLab sends nothing above 25 MB."""

PUSHES = frozenset(["push", "tag_push"])
CODE = PUSHES | {"merge_request"}
RECORDS = CODE | {"issue", "note", "work_item"}
OPEN = frozenset(["Issue", "WorkItem"])
"""What everybody in a project may read, and the remarks on it."""
LOOK = {"pipeline": "pipelines", "release": "releases"}
"""What tells too little of itself: a walk asks for the rest."""
ACCESS = frozenset(
    [
        "project_create",
        "project_destroy",
        "project_rename",
        "project_transfer",
        "subgroup_create",
        "subgroup_destroy",
        "user_add_to_group",
        "user_remove_from_group",
        "user_update_for_group",
    ]
)
"""What a group's hook says of who may see which project."""


class About(Struct, frozen=True):
    """What an item says of who may see it."""

    noteable_type: str | None = None
    confidential: bool | None = None
    internal: bool | None = None
    system: bool | None = None


class Envelope(Struct):
    """What a delivery says of where it belongs; a group's events have no `object_kind`."""

    object_kind: str = ""
    event_name: str = ""
    event_type: str | None = None
    project: Project | None = None
    group_id: int | None = None
    parent_group_id: int | None = None
    project_namespace_id: int | None = None
    object_attributes: About = About()
    issue: About = About()


def read(it: Delivery) -> Iterator[Record | Nudge]:
    """A Record for what tells itself (a push tells its commits too), a Nudge for what does not."""
    try:
        told = json.decode(it.body, type=Envelope)
        kind = told.object_kind or told.event_name
        if not kind:
            raise Unreadable("A delivery does not say what it is about; has its hook a template?")
        if kind not in RECORDS and kind not in LOOK and kind not in ACCESS and kind not in IGNORED:
            raise UnsupportedEvent(f"GitLab sent the event {kind!r}, which nobody declared.", kind)
        yield from _read(kind, it, told)
    except (MsgspecError, ValueError, RecursionError) as problem:
        raise Unreadable("A delivery does not have its documented shape.") from problem


def _read(kind: str, it: Delivery, told: Envelope) -> Iterator[Record | Nudge]:
    if kind in ACCESS:
        host = urlsplit(it.headers.get("x-gitlab-instance", "")).netloc
        group = told.group_id or told.parent_group_id or told.project_namespace_id
        if host and group and named(it) is None:
            yield Nudge((f"group:{host}:{group}",), "projects")
    elif kind in IGNORED:
        yield Record(kind, Raw(it.body))
    elif told.project is None:
        if kind != "work_item":
            raise Unreadable(f"The event {kind} does not name its project.")
        yield Record(EPIC, Raw(it.body))
    elif (own := named(it)) is not None and own != f"{told.project.host}:{told.project.id}":
        raise Unreadable("The hook of one project tells of another.")
    elif kind in LOOK:
        stream = LOOK[kind]
        yield Nudge(routes(told.project, code=kind == "pipeline"), stream, str(told.project.id))
    elif kind != "note" or not told.object_attributes.system:
        yield from _told(kind, it, told, told.project)


def _told(kind: str, it: Delivery, told: Envelope, place: Project) -> Iterator[Record | Nudge]:
    on = told.object_attributes.noteable_type
    where = routes(place, code=kind in CODE or (kind == "note" and on not in OPEN))
    if _hidden(told):
        notes = "merge_request_notes" if on == "MergeRequest" else "issue_notes"
        yield Nudge(where, notes if kind == "note" else "issues", str(place.id))
    elif kind not in PUSHES:
        yield Record(kind, Raw(it.body), routes=where)
    else:
        yield Record("push", beside(it.body, received_at=it.received_at), routes=where)
        for pushed in json.decode(it.body, type=PushEvent).commits:
            yield record("commit", place, where, commit=_listed(pushed))


def _hidden(told: Envelope) -> bool:
    """Whether not everybody in the project may see it."""
    its = told.object_attributes
    marked = its.confidential or its.internal or told.issue.confidential
    return bool(marked) or (told.event_type or "").startswith("confidential")


def routes(place: Project, *, code: bool) -> tuple[str, ...]:
    """Whose it is: of all who see the project, or of those who see its code."""
    return (f"{'code' if code else 'project'}:{place.host}:{place.id}",)


def _listed(it: PushedCommit) -> Commit:
    """A pushed commit in the form of the REST API, so that both doors tell the same."""
    by = it.author or Signature()
    return Commit(it.id, it.message, it.timestamp, by.name, by.email, it.url)
