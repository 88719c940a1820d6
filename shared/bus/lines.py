"""Which subjects a reader means, and what one message of the stream says in one line, for people."""

import re
from datetime import datetime
from typing import Any

from msgspec import MsgspecError, Struct, json

from shared.bus.tail import Heard
from shared.errors import BadRequest

_WORD = re.compile(r"[a-z0-9_]+")
_USER = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Line(Struct, frozen=True):
    """What a person wants to see of one message; every text is somebody else's and may hold anything.

    `connection`: it tells of an account, not of an item. `id` is the item's or the account's.
    """

    sequence: int
    at: datetime
    source: str
    type: str
    user: str
    author: str
    about: str
    id: str
    event_id: str
    connection: bool
    deleted: bool


def subjects_of(type_: str, source: str, user: str) -> list[str]:
    """The subjects that these filters mean, empty ones meaning all.

    Raises BadRequest for what no subject can hold.
    """
    given = (("type", type_, _WORD), ("source", source, _WORD), ("user", user, _USER))
    for name, value, shape in given:
        if value and not shape.fullmatch(value):
            raise BadRequest(f"the {name} {value[:64]!r} cannot be part of a subject")
    found = [f"self.events.{type_ or '*'}.{source or '*'}.{user or '*'}"]
    if not type_:
        found.append(f"self.integrations.{source or '*'}.{user or '*'}")
    return found


def line_of(heard: Heard) -> Line:
    """Source, type, user, and what it is about; a payload that is not JSON is said to be so."""
    body: dict[str, Any] = {}
    try:
        body = json.decode(heard.payload, type=dict[str, Any])
    except MsgspecError:
        body = {"content": "(not JSON)"}
    _, tree, *rest = heard.subject.split(".")
    connection = tree == "integrations"
    kind, source, user = (str(body.get("what", "")), *rest) if connection else rest
    author = body.get("author") or {}
    about = body.get("title") or body.get("content") or body.get("error") or ""
    return Line(
        sequence=heard.sequence,
        at=heard.at,
        source=source,
        type=kind,
        user=user,
        author=str(author.get("name") or author.get("email") or ""),
        about=str(about),
        id=str(body.get("id") or body.get("account_id") or ""),
        event_id=heard.headers.get("ce-id", ""),
        connection=connection,
        deleted=bool(body.get("deleted")) or heard.headers.get("ce-type", "").endswith(".deleted"),
    )
