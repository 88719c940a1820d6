"""What every normalizer here is made of: ids, addresses and people."""

from datetime import UTC, datetime
from urllib.parse import quote

from services.figma.models import User
from shared.normalizer import Person

SITE = "https://www.figma.com"


def person(who: User | None) -> Person | None:
    return Person(str(who.id), who.handle) if who else None


def utc(at: datetime) -> datetime:
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def file_id(key: str) -> str:
    return f"{key}:file"


def comment_id(key: str, ident: str | int) -> str:
    return f"{key}:comment:{ident}"


def at_node(key: str, node: str) -> str:
    """The address of a layer, whose id is written with another sign there."""
    return f"{SITE}/design/{key}?node-id={quote(node.replace(':', '-'))}"


def stamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def facts(**told: str | None) -> dict[str, str]:
    """Metadata: what there is of these."""
    return {name: it for name, it in told.items() if it}
