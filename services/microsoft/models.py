"""Microsoft's own shapes, product by product."""

from services.microsoft import calendar_models as calendar
from services.microsoft import drive_models as drive
from services.microsoft import mail_models as mail

__all__ = ["calendar", "drive", "mail"]
