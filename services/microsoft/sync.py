"""The walks, product by product; each runs for accounts that granted its scope."""

from services.microsoft import calendar_sync, drive_sync, mail_sync, oauth
from shared.provider import Stream

STREAMS = (
    Stream(
        name="folders",
        source="outlook",
        cursor=mail_sync.Walk,
        pages=mail_sync.folders,
        complete=True,
        every=900.0,
        scopes=oauth.MAIL,
    ),
    Stream(
        name="messages",
        source="outlook",
        cursor=mail_sync.Sync,
        pages=mail_sync.messages,
        per_resource=True,
        of="folders",
        complete=True,
        scopes=oauth.MAIL,
    ),
    Stream(
        name="calendars",
        source="outlook_calendar",
        cursor=calendar_sync.Walk,
        pages=calendar_sync.calendars,
        complete=True,
        every=900.0,
        scopes=oauth.CALENDAR,
    ),
    Stream(
        name="events",
        source="outlook_calendar",
        cursor=calendar_sync.Sync,
        pages=calendar_sync.events,
        per_resource=True,
        of="calendars",
        complete=True,
        scopes=oauth.CALENDAR,
    ),
    Stream(
        name="files",
        source="onedrive",
        cursor=drive_sync.Walk,
        pages=drive_sync.files,
        complete=True,
        scopes=oauth.DRIVE,
    ),
)
