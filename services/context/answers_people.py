"""What the API answers of people; fields without a word say what they are called."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from shared.normalizer import Message

Kind = Literal["emailed", "replied", "met", "mentioned", "assigned", "reviewed", "asked_for_review"]


class Person(Struct):
    """Somebody the user's items name. `automated`: a list, a robot or a room; `own`: the user, as far
    as sent mail tells. An id that was given once leads to the person for as long as a key of it does."""

    id: UUID
    name: str
    first_seen: datetime
    last_seen: datetime
    automated: bool
    own: bool
    emails: list[str]


class Handle(Struct):
    """What a source calls the person."""

    source: str
    id: str


class Profile(Struct):
    """A person with everything known: names, the newest first, and how often in which role."""

    person: Person
    names: list[str]
    handles: list[Handle]
    roles: dict[str, int]


class People(Struct):
    """A page; `next_cursor` asks for the following one and is absent on the last, as in all lists."""

    people: list[Person]
    next_cursor: str | None = None


class Moment(Struct):
    """A Message that a person is in, and as what."""

    message: Message
    roles: list[str]


class Timeline(Struct):
    """What a person was in, newest first."""

    moments: list[Moment]
    next_cursor: str | None = None


class Relationship(Struct):
    """What one person did to another, how often, and when; `met` has no direction."""

    kind: Kind
    from_id: UUID
    from_name: str
    to_id: UUID
    to_name: str
    count: int
    first: datetime
    last: datetime


class Relationships(Struct):
    """The closest first."""

    relationships: list[Relationship]
    next_cursor: str | None = None
