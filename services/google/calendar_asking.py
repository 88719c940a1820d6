"""Events as callers write them, in Google's words."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from services.google import asking as ask


class When(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A day (`date`, and the first free day as the end), or a moment with its zone."""

    date: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$")] | None = None
    dateTime: datetime | None = None
    timeZone: ask.Name | None = None


class Guest(Struct, forbid_unknown_fields=True, omit_defaults=True):
    email: Annotated[str, Meta(max_length=320)]
    displayName: ask.Name | None = None
    optional: bool = False
    responseStatus: str | None = None


class EventChange(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """In Google's words. What is absent or null stays as it is; a list is replaced as a whole."""

    summary: Annotated[str, Meta(max_length=1024)] | None = None
    description: Annotated[str, Meta(max_length=8192)] | None = None
    location: Annotated[str, Meta(max_length=1024)] | None = None
    start: When | None = None
    end: When | None = None
    attendees: Annotated[list[Guest], Meta(max_length=200)] | None = None
    recurrence: (
        Annotated[list[Annotated[str, Meta(max_length=2000)]], Meta(max_length=20)] | None
    ) = None


class NewEvent(EventChange, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """With an `id` of yours (a to v and digits), asking again does not make a second event."""

    start: When
    end: When
    id: Annotated[str, Meta(pattern=r"^[a-v0-9]{5,1024}$")] | None = None


class Answer(Struct, forbid_unknown_fields=True):
    """What the account's own person says to an invitation."""

    response: Literal["accepted", "declined", "tentative", "needsAction"]


class Asked(Struct, forbid_unknown_fields=True):
    """Whose time, from when to when; at most 50 calendars."""

    time_min: Annotated[datetime, Meta(tz=True)]
    time_max: Annotated[datetime, Meta(tz=True)]
    calendars: Annotated[
        list[Annotated[str, Meta(max_length=255)]], Meta(min_length=1, max_length=50)
    ]
