"""What every normalizer here is made of: one Message, and people."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from services.gitlab import markdown
from services.gitlab.models import Project, User
from shared.normalizer import Message, Person, Recipient

REDACTED = "[REDACTED]"


def message(
    project: Project,
    key: str,
    type: str,
    at: datetime,
    *,
    body: str | None = None,
    facts: Mapping[str, Any],
    **rest: Any,
) -> Message:
    """The Message of the item that `key` names within its project; `facts` become metadata."""
    text = markdown.as_written(body or "", project)
    mentions, uploads = markdown.read(text, project)
    told = {"project": project.path_with_namespace, "project_id": project.id, **facts}
    return Message(
        id=ident(project, key),
        source="gitlab",
        type=type,
        timestamp=at,
        content=text,
        mentions=mentions,
        attachments=rest.pop("attachments", ()) + uploads,
        metadata={name: _text(fact) for name, fact in told.items() if fact not in (None, "")},
        **rest,
    )


def ident(project: Project, key: str) -> str:
    """An item's id: the number of a project means something within its instance only."""
    return f"{project.host}:{project.id}:{key}"


def author(
    whole: User | None, number: int | None, acted: User | None, names: Mapping[str, str]
) -> Person | None:
    """The author: told whole by the API, by number in a webhook, where whoever acted may be the same."""
    its = whole
    if its is None and acted is not None and acted.id is not None and acted.id == number:
        its = acted
    if its is None and number is not None:
        its = User(number, names.get(str(number), ""))
    return person(its)


def person(user: User | None) -> Person | None:
    """Nobody for `ghost`, who owns what deleted users have left."""
    if user is None or user.username == "ghost" or not (user.id or user.username):
        return None
    return Person(id="" if user.id is None else str(user.id), name=user.username)


def recipients(users: Iterable[User | None] | None, role: str) -> tuple[Recipient, ...]:
    """Those who can be named, each with their role, in the order of their numbers."""
    known = [it for it in map(person, users or ()) if it]
    known.sort(key=lambda it: (len(it.id), it.id, it.name))
    return tuple(Recipient(id=it.id, name=it.name, role=role) for it in known)


def email(told: str | None) -> str:
    """An address, unless GitLab keeps it back."""
    return "" if told is None or told == REDACTED else told


def _text(fact: Any) -> str:
    return str(fact).lower() if isinstance(fact, bool) else str(fact)
