"""Microsoft's own endpoints, under `/api/v1`, product by product."""

from services.microsoft.calendar_api import Events
from services.microsoft.drive_api import Files
from services.microsoft.mail_api import Emails
from services.microsoft.mail_write import Writing

ROUTES = (Emails, Writing, Events, Files)
