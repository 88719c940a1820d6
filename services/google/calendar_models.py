"""Calendar's own shapes. https://developers.google.com/workspace/calendar/api/v3/reference/events"""

from typing import Any

from msgspec import Raw, Struct


class When(Struct, frozen=True):
    """A day (`date`) or a moment (`dateTime`, whose zone may stand beside it)."""

    date: str = ""
    dateTime: str = ""
    timeZone: str = ""


class Who(Struct, frozen=True):
    id: str = ""
    email: str = ""
    displayName: str = ""
    self: bool = False
    organizer: bool = False
    resource: bool = False
    optional: bool = False
    responseStatus: str = ""


class File(Struct, frozen=True):
    fileUrl: str = ""
    fileId: str = ""
    title: str = ""
    mimeType: str = ""


class Event(Struct):
    id: str
    status: str = "confirmed"
    summary: str = ""
    description: str = ""
    location: str = ""
    htmlLink: str = ""
    hangoutLink: str = ""
    created: str = ""
    updated: str = ""
    start: When | None = None
    end: When | None = None
    endTimeUnspecified: bool = False
    originalStartTime: When | None = None
    recurringEventId: str = ""
    recurrence: list[str] = []
    organizer: Who | None = None
    creator: Who | None = None
    attendees: list[Who] = []
    attendeesOmitted: bool = False
    attachments: list[File] = []
    iCalUID: str = ""
    sequence: int = 0
    eventType: str = "default"
    visibility: str = ""
    transparency: str = ""
    etag: str = ""


class Invited(Struct):
    """An event's guests as Google has them, all of their facts."""

    etag: str = ""
    attendees: list[dict[str, Any]] = []


class Told(Struct):
    """An event, in which calendar it is, and when it was seen, for what has no time of its own."""

    calendar: str
    seen: str
    event: Event


class Head(Struct):
    """What a walk needs to know of an event."""

    id: str
    status: str = ""
    recurringEventId: str = ""


class Listed(Struct):
    items: list[Raw] = []
    nextPageToken: str = ""
    nextSyncToken: str = ""


class Calendar(Struct):
    id: str
    summary: str = ""
    summaryOverride: str = ""
    timeZone: str = ""
    accessRole: str = ""
    primary: bool = False
    deleted: bool = False


class Calendars(Struct):
    items: list[Calendar] = []
    nextPageToken: str = ""
