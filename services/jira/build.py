"""What every normalizer here is made of: one Message, people, files, and words."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from services.jira import adf
from services.jira.models import File, Named, Site, Text, User
from services.jira.models_more import Item, Visibility
from shared.normalizer import Attachment, Message, Person

LONGEST = 500
"""Characters of a former or new value: a description is told by the issue itself."""
UNKNOWN = "unknown"
"""The id of everybody whose profile is lost."""


def ident(site: Site, type: str, number: str) -> str:
    """Numbers mean something within a site only; unlike keys, they survive a move to another project."""
    return f"{site.id}:{type}:{number}"


def person(it: User | None) -> Person | None:
    """Nobody where the profile is lost: that id stands for all of them."""
    if it is None or not it.account_id or it.account_id == UNKNOWN:
        return None
    return Person(it.account_id, it.display_name or "", it.email_address or "")


def utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


def message(
    site: Site,
    type: str,
    number: str,
    *,
    at: datetime,
    updated: datetime | None,
    text: Text,
    facts: Mapping[str, Any],
    **rest: Any,
) -> Message:
    content, mentions = adf.read(text)
    return Message(
        id=ident(site, type, number),
        source="jira",
        type=type,
        timestamp=utc(at),
        updated_at=utc(updated) if updated else None,
        content=content,
        mentions=mentions,
        metadata={name: _text(fact) for name, fact in facts.items() if fact not in (None, "")},
        **rest,
    )


def file(it: File) -> Attachment:
    return Attachment(it.id, it.filename or "", it.content or "", it.mime_type or "", it.size or 0)


def line(it: Item) -> str:
    former, now = value(it.former_text, it.former), value(it.text, it.to)
    return f"{it.field}: {former} → {now}".rstrip() if former else f"{it.field}: {now}"


def value(words: str | None, ident: str | None) -> str:
    text = words or ident or ""
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def visible(it: Visibility | None) -> str | None:
    return it.value if it else None


def name(it: Named | None) -> str | None:
    return it.name if it else None


def names(them: list[Named] | None) -> str:
    return ",".join(sorted(it.name for it in them or () if it.name))


def _text(fact: Any) -> str:
    return str(fact).lower() if isinstance(fact, bool) else str(fact)
