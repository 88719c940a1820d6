"""What every kind becomes, product by product."""

from collections.abc import Callable, Mapping
from typing import Any

from services.google import calendar_normalize as calendar
from services.google import drive_normalize as drive
from services.google import gmail_normalize as gmail
from shared.normalizer import Message

NORMALIZERS: Mapping[str, Callable[[Any], Message]] = {
    "gmail_message": gmail.mail,
    "gmail_deleted": gmail.deleted,
    "calendar_event": calendar.event,
    "drive_file": drive.file,
    "drive_removed": drive.removed,
}
