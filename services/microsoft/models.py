"""Microsoft's own shapes, product by product."""

from services.microsoft import calendar_models as calendar
from services.microsoft import mail_models as mail

__all__ = ["calendar", "mail"]
