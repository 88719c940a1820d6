"""Calendar, declared: any CalDAV server, and feeds. RFC 4791, 5545, 6578"""

from services.calendar import credentials, normalize, sync
from services.calendar.api import Calendars
from services.calendar.dialect import dialect
from services.calendar.models import Sync
from services.calendar.server import FIELDS
from shared.provider import Credentials, Provider, Stream

provider = Provider(
    name="calendar",
    title="Calendar",
    port=8016,
    base_url="https://caldav.invalid",
    sources=("calendar",),
    dialect=dialect,
    credentials=Credentials(fields=FIELDS, open=credentials.open_, prove=credentials.prove),
    streams=(
        Stream(
            name="calendars",
            source="calendar",
            cursor=sync.All,
            pages=sync.calendars,
            complete=True,
        ),
        Stream(
            name="events",
            source="calendar",
            cursor=Sync,
            pages=sync.events,
            per_resource=True,
            complete=sync.first,
            every=900.0,
        ),
    ),
    routes=(Calendars,),
    normalizers={"event": normalize.event, "task": normalize.task, "gone": normalize.gone},
)
