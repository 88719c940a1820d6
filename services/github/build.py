"""What every normalizer here is made of: one Message, people, times, and where a remark stands."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from services.github import markdown
from services.github.models import Repository, Team, User
from shared.errors import Unreadable
from shared.normalizer import Message, Person, Recipient

_PLACE = re.compile(r"/(issues|pull)/([1-9]\d{0,17})(?=#|$)")


def message(
    repo: Repository,
    key: str,
    type: str,
    at: datetime | int,
    *,
    body: str | None = None,
    author: User | None = None,
    updated_at: datetime | int | None = None,
    facts: Mapping[str, Any],
    **rest: Any,
) -> Message:
    """The Message of the item that `key` names within its repository; `facts` become metadata."""
    mentions, uploads = markdown.read(body or "")
    told = {"repository": repo.full_name, "repository_id": repo.id, **facts}
    return Message(
        id=f"{repo.id}:{key}",
        source="github",
        type=type,
        timestamp=utc(at),
        content=body or "",
        author=rest.pop("person", None) or person(author),
        mentions=mentions,
        attachments=rest.pop("attachments", ()) + uploads,
        metadata={name: _text(fact) for name, fact in told.items() if fact not in (None, "")},
        updated_at=None if updated_at is None else utc(updated_at),
        **rest,
    )


def utc(at: datetime | int) -> datetime:
    """One instant in UTC, from ISO text or from epoch seconds."""
    if isinstance(at, datetime) and at.tzinfo is UTC:
        return at  # as nearly every date of GitHub's comes
    try:
        return datetime.fromtimestamp(at, UTC) if isinstance(at, int) else at.astimezone(UTC)
    except OverflowError as problem:
        raise Unreadable("A time lies outside the years 1 to 9999.") from problem


def person(user: User | None) -> Person | None:
    """Nobody for a deleted account, which REST tells as `ghost`, GraphQL as null, git as `{}`."""
    if user is None or user.login in ("", "ghost"):
        return None
    return Person(id="" if user.id is None else str(user.id), name=user.login)


def recipients(users: Iterable[User | None] | None, role: str) -> tuple[Recipient, ...]:
    """Those who can be named, each with their role."""
    known = (person(user) for user in users or ())
    return tuple(Recipient(id=it.id, name=it.name, role=role) for it in known if it)


def reviewing(team: Team, repo: Repository) -> Recipient:
    """A team that was asked, by the same id as when it is mentioned: `acme/backend`."""
    owner = repo.full_name.partition("/")[0]
    return Recipient(id=f"{owner}/{team.slug}", name=team.name, role="reviewer")


def place(html_url: str) -> tuple[str, int]:
    """What a remark stands under, `issue` or `pull` and its number: both doors tell it so."""
    found = _PLACE.search(html_url)
    if found is None:
        raise Unreadable("A remark does not say which issue or pull request it belongs to.")
    return "pull" if found[1] == "pull" else "issue", int(found[2])


def _text(fact: Any) -> str:
    return str(fact).lower() if isinstance(fact, bool) else str(fact)
