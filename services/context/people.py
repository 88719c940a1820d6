"""Who is seen in a Message, and by which keys: an address, an id of a source, or both.

Nobody is joined by a name. An appearance with an address and an id says that the two are one person.
"""

import re
from collections.abc import Iterator
from hashlib import sha256
from uuid import UUID

from msgspec import Struct

from shared.normalizer import Message, Person, Recipient

ACQUAINTED = 50
"""More recipients than that are an audience: they do not know each other by it."""

_EMAIL = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+")
_ROBOT = re.compile(
    r"(?:[\w.+-]*[._+-])?(?:no-?reply|do-?not-?reply|notifications?|notify|mailer-daemon|postmaster|bounces?"
    r"|newsletters?|auto-?(?:mailer|reply|confirm))(?:[._+-][\w.+=-]*)?@.+"
    r"|[^@]+@(?:resource|group)\.calendar\.google\.com",
    re.IGNORECASE,
)
"""Addresses that nobody reads, and rooms."""


class Key(Struct, frozen=True):
    """What a person is known by: `kind` is `email`, or the source whose id it is."""

    kind: str
    value: str

    def of(self, user_id: str) -> UUID:
        """The key of one user's knowledge of people."""
        text = "\0".join((user_id, self.kind, self.value)).encode("utf-8", "surrogatepass")
        return UUID(bytes=sha256(text).digest()[:16])


class Appearance(Struct, frozen=True):
    """Somebody in a Message. `alias` is a second key of the same person; `automated` is a list, a
    robot or a room; `counted` says that it makes a relationship; `own` that it is the user."""

    role: str
    key: Key
    alias: Key | None = None
    name: str = ""
    automated: bool = False
    counted: bool = True
    own: bool = False


def appearances(it: Message) -> tuple[Appearance, ...]:
    """Everybody in the Message that has a key, each once a role, in the order of the Message."""
    many = len(it.recipients) > ACQUAINTED
    lists = _lists(it)
    found: dict[tuple[str, Key], Appearance] = {}
    for role, who in _named(it):
        keys = _keys(it.source, who)
        if not keys:
            continue
        key, alias = keys[0], keys[1] if len(keys) > 1 else None
        address = key.value if key.kind == "email" else ""
        automated = (
            bool(_ROBOT.fullmatch(address))
            or address in lists
            or who.name.endswith("[bot]")
            or (role == "author" and "bot_id" in it.metadata)
        )
        before = found.get((role, key))
        found[role, key] = Appearance(
            role=role,
            key=key,
            alias=alias or (before.alias if before else None),
            name=clean(who.name)[:200] or (before.name if before else ""),
            automated=automated,
            counted=not automated and not (many and role not in ("author", "mentioned")),
            own=role == "author" and sent(it),
        )
    return tuple(found.values())


def sent(it: Message) -> bool:
    """Whether the user wrote this mail, as its labels say."""
    return it.type == "email" and "SENT" in it.metadata.get("labels", "").split(",")


def clean(text: str) -> str:
    """Text that PostgreSQL takes: it refuses NUL."""
    return " ".join(text.replace("\0", " ").split())


def _named(it: Message) -> Iterator[tuple[str, Person | Recipient]]:
    if it.author:
        yield "author", it.author
    for one in it.recipients:
        yield one.role or "to", one
    for other in it.mentions:
        yield "mentioned", other


def _keys(source: str, who: Person | Recipient) -> list[Key]:
    """The address first. An id that is an address is one."""
    address, ident = who.email.strip().lower(), who.id.strip()
    if not address and _EMAIL.fullmatch(ident):
        address = ident.lower()
    keys = [Key("email", _short(address))] if _EMAIL.fullmatch(address) else []
    if ident and not _EMAIL.fullmatch(ident):
        keys.append(Key(source, _short(ident)))
    return keys


def _short(text: str) -> str:
    """As an index takes it; what is longer than any address or id stays apart from others by a hash."""
    text = text.replace("\0", "�")
    return text if len(text) <= 320 else f"{text[:200]}#{sha256(text.encode()).hexdigest()}"


def _lists(it: Message) -> frozenset[str]:
    """The addresses of the mailing list that a mail came by: `Team <all.acme.test>` is all@acme.test."""
    name = it.metadata.get("list_id", "").rpartition("<")[2].rstrip(">").strip().lower()
    found = (one.email.strip().lower() for one in it.recipients)
    return frozenset(one for one in found if name and one.replace("@", ".") == name)
