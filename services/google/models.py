"""Google's own shapes, product by product."""

from services.google import calendar_models as calendar
from services.google import drive_models as drive
from services.google import gmail_models as gmail

__all__ = ["calendar", "drive", "gmail"]
