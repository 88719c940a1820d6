"""Google's own shapes, product by product."""

from services.google.gmail_models import Deleted, Mail

__all__ = ["Deleted", "Mail"]
