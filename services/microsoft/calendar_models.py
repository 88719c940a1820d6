"""Outlook's events. https://learn.microsoft.com/en-us/graph/api/resources/event"""

from msgspec import Struct, field

from services.microsoft.graph import Gone
from services.microsoft.mail_models import Body, Who


class When(Struct, frozen=True):
    """A time without an offset, and its zone: `UTC`, a Windows name, IANA's, or one that is made up."""

    dateTime: str
    timeZone: str | None = None


class Answer(Struct, frozen=True):
    response: str | None = None


class Guest(Who, frozen=True):
    type: str | None = None
    status: Answer | None = None


class Place(Struct, frozen=True):
    displayName: str | None = None


class Meeting(Struct, frozen=True):
    joinUrl: str | None = None


class Pattern(Struct, frozen=True):
    type: str = ""
    interval: int = 1
    month: int = 0
    dayOfMonth: int = 0
    daysOfWeek: list[str] = []
    firstDayOfWeek: str | None = None
    index: str | None = None


class Range(Struct, frozen=True):
    type: str = ""
    endDate: str | None = None
    numberOfOccurrences: int = 0


class Recurrence(Struct, frozen=True):
    pattern: Pattern
    range: Range


class Event(Struct):
    id: str
    lastModifiedDateTime: str
    createdDateTime: str | None = None
    type: str | None = None
    seriesMasterId: str | None = None
    iCalUId: str | None = None
    subject: str | None = None
    body: Body | None = None
    bodyPreview: str | None = None
    start: When | None = None
    end: When | None = None
    originalStart: str | None = None
    originalStartTimeZone: str | None = None
    isAllDay: bool = False
    isCancelled: bool = False
    showAs: str | None = None
    sensitivity: str | None = None
    responseStatus: Answer | None = None
    organizer: Who | None = None
    attendees: list[Guest] = []
    recurrence: Recurrence | None = None
    location: Place | None = None
    onlineMeeting: Meeting | None = None
    onlineMeetingUrl: str | None = None
    categories: list[str] = []
    webLink: str | None = None


class Told(Struct):
    """An event, in which calendar it is, and which dates of a series were cancelled."""

    calendar: str
    event: Event
    cancelled: list[str] = []


class Head(Struct):
    """What a walk needs to know of an event; of an occurrence, hardly more is told."""

    id: str
    type: str | None = None
    seriesMasterId: str | None = None
    removed: Gone | None = field(name="@removed", default=None)


class Series(Struct):
    """Of a series, what is not the rule."""

    id: str
    cancelledOccurrences: list[str] | None = None
    exceptionOccurrences: list[Head] | None = None


class Calendar(Struct):
    id: str
    name: str | None = None
    isDefaultCalendar: bool | None = None
    canEdit: bool | None = None
