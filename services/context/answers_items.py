"""What the API answers of tasks, events and texts, each with the Messages that it comes from or where they are."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from shared.normalizer import Message

State = Literal["open", "done", "dismissed"]


class Involved(Struct):
    """A person and the part it plays."""

    id: UUID
    name: str
    role: str


class Telling(Struct):
    """An item that tells of an event."""

    source: str
    id: str
    kind: Literal["calendar", "meeting", "invitation"]


class Event(Struct):
    """An event, once, however many calendars and invitations tell of it: the first of `told_by` is what
    the facts are from. `start` and `end` are as the provider writes them; an invitation has none."""

    id: UUID
    title: str
    start: str
    end: str
    all_day: bool
    cancelled: bool
    location: str
    link: str
    ical_uid: str
    people: list[Involved]
    told_by: list[Telling]


class Events(Struct):
    """What takes place, in that order; what has no start comes last."""

    events: list[Event]
    next_cursor: str | None = None


class Task(Struct):
    """Something to do. `rule` says why it is one and `evidence` is the sentence that says so; `marked`
    that the user gave it its state, which then holds whatever becomes of the item."""

    id: UUID
    rule: str
    title: str
    evidence: str
    state: State
    marked: bool
    due: str
    at: datetime
    source: str
    message_id: str
    type: str
    people: list[Involved]


class Tasks(Struct):
    """What is to be done, newest first."""

    tasks: list[Task]
    next_cursor: str | None = None


class Hit(Struct):
    """A Message that was found. `snippet` is HTML: escaped text, with the words that were looked for in
    `<mark>`."""

    message: Message
    snippet: str


class Hits(Struct):
    """What was found, newest first."""

    hits: list[Hit]
    next_cursor: str | None = None


class Thread(Struct):
    """A conversation, oldest first."""

    messages: list[Message]
    next_cursor: str | None = None
