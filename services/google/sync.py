"""The walks, product by product; each runs for accounts that granted its scope."""

from services.google import calendar_sync, drive_sync, gmail_sync, oauth
from shared.provider import Stream

STREAMS = (
    Stream(
        name="messages",
        source="gmail",
        cursor=gmail_sync.Walk,
        pages=gmail_sync.messages,
        complete=True,
        scopes=oauth.GMAIL,
    ),
    Stream(
        name="calendars",
        source="google_calendar",
        cursor=calendar_sync.Walk,
        pages=calendar_sync.calendars,
        complete=True,
        scopes=oauth.CALENDARS,
    ),
    Stream(
        name="events",
        source="google_calendar",
        cursor=calendar_sync.Sync,
        pages=calendar_sync.events,
        per_resource=True,
        complete=True,
        scopes=oauth.EVENTS,
    ),
    Stream(
        name="files",
        source="google_drive",
        cursor=drive_sync.Walk,
        pages=drive_sync.files,
        complete=True,
        scopes=oauth.DRIVE,
    ),
)
