"""What every kind becomes, product by product."""

from collections.abc import Callable, Mapping
from typing import Any

from services.microsoft import calendar_normalize as calendar
from services.microsoft import drive_normalize as drive
from services.microsoft import mail_normalize as mail
from shared.normalizer import Message

NORMALIZERS: Mapping[str, Callable[[Any], Message]] = {
    "mail": mail.mail,
    "mail_deleted": mail.deleted,
    "event": calendar.event,
    "event_deleted": calendar.deleted,
    "drive_item": drive.item,
    "drive_item_deleted": drive.deleted,
}
