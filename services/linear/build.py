"""What every normalizer here is made of: one Message of an entity, and where it belongs."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from services.linear import markdown
from services.linear.models import Entity
from shared.normalizer import Message, Person, Recipient


def message(
    it: Entity,
    type: str,
    *,
    content: str | None,
    facts: Mapping[str, Any],
    at: datetime | None = None,
    **rest: Any,
) -> Message:
    """The Message of an entity, by the id `issue:<uuid>`; `facts` become metadata.

    Linear's ids are unique everywhere and survive renaming and moving, unlike an identifier.
    """
    mentions, uploads = markdown.read(content or "", it.names)
    told = {**facts, "archived": it.archived_at is not None or None}
    return Message(
        id=f"{type}:{it.id}",
        source="linear",
        type=type,
        timestamp=utc(at or it.created_at),
        content=content or "",
        url=it.url or "",
        mentions=mentions,
        attachments=uploads,
        metadata={name: _text(fact) for name, fact in told.items() if fact not in (None, "")},
        updated_at=utc(it.updated_at) if it.updated_at else None,
        **rest,
    )


def below(**owners: str | None) -> str:
    """The Message id of the first owner that is known: `below(comment=..., issue=...)`."""
    return next((f"{type}:{ident}" for type, ident in owners.items() if ident), "")


def assignee(who: Person | None) -> tuple[Recipient, ...]:
    return (Recipient(who.id, who.name, who.email, "assignee"),) if who else ()


def utc(at: datetime) -> datetime:
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def _text(fact: Any) -> str:
    if isinstance(fact, bool):
        return str(fact).lower()
    return f"{fact:g}" if isinstance(fact, float) else str(fact)
