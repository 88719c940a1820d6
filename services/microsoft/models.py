"""Microsoft's own shapes, product by product."""

from services.microsoft import mail_models as mail

__all__ = ["mail"]
