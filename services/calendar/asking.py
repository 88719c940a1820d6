"""What callers may ask of our own endpoints, and events as they write them."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import HeaderParameter, PathParameter, QueryParameter, SkipValidation
from msgspec import Meta, Struct

from shared.provider import Api

Account = NamedDependency[SkipValidation[Api]]
StartSync = NamedDependency[
    SkipValidation[Callable[[Literal["full", "incremental"]], Awaitable[UUID]]]
]
Ident = Annotated[
    str,
    PathParameter(
        pattern=r"^[0-9a-f]{16}:[!-~]{1,600}$(?!\n)",
        description="a Message's id: the calendar's, a colon, the UID, and # with the original start"
        " for one occurrence of a series",
    ),
]
CalendarId = Annotated[
    str, QueryParameter(pattern=r"^[0-9a-f]{16}$(?!\n)", description="as GET /calendars names it")
]
Begin = Annotated[datetime, QueryParameter(description="events that end after it")]
End = Annotated[datetime, QueryParameter(description="events that begin before it")]
Words = Annotated[str, QueryParameter(max_length=200, description="in title, text or place")]
Limit = Annotated[int, QueryParameter(ge=1, le=1000)]
IfMatch = Annotated[
    str, HeaderParameter(name="If-Match", max_length=512, pattern=r"^[ -~]*$(?!\n)")
]
Telling = Annotated[
    Literal["none", "all"],
    QueryParameter(description="all: the server may send invitations to those who are named"),
]

Line = Annotated[str, Meta(max_length=1024)]
Rule = Annotated[str, Meta(max_length=2000, pattern=r"^(RRULE|RDATE|EXDATE)[:;][ -~]+$")]


class Calendar(Struct, omit_defaults=True):
    """A calendar of the account; `events` begin with its `id`."""

    id: str
    name: str = ""
    time_zone: str = ""
    color: str = ""
    can_edit: bool = False
    foreign: bool = False


class When(Struct, forbid_unknown_fields=True):
    """A day (`date`, and the first free day as the end), or a moment with its zone."""

    date: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$")] | None = None
    dateTime: datetime | None = None
    timeZone: Annotated[str, Meta(max_length=64)] | None = None


class Guest(Struct, forbid_unknown_fields=True):
    email: Annotated[str, Meta(max_length=320, pattern=r"^[^@\s;,:]+@[^@\s;,:]+$")]
    displayName: Annotated[str, Meta(max_length=200)] | None = None
    optional: bool = False


class EventChange(Struct, forbid_unknown_fields=True):
    """What is absent or null stays as it is; a list is replaced as a whole."""

    summary: Line | None = None
    description: Annotated[str, Meta(max_length=65_536)] | None = None
    location: Line | None = None
    start: When | None = None
    end: When | None = None
    attendees: Annotated[list[Guest], Meta(max_length=200)] | None = None
    recurrence: Annotated[list[Rule], Meta(max_length=20)] | None = None


class NewEvent(EventChange, kw_only=True, forbid_unknown_fields=True):
    """With an `id` of yours, which becomes the UID, asking again does not make a second event."""

    start: When
    end: When
    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._@-]{8,200}$")] | None = None


class Activity(Struct, forbid_unknown_fields=True):
    mode: Literal["full", "incremental"] = "incremental"


class Started(Struct):
    run_ids: list[UUID]
