"""Google's own endpoints, under `/api/v1`, product by product."""

from services.google.calendar_api import Events
from services.google.calendar_write import Planning
from services.google.drive_api import Files
from services.google.drive_comments import Comments
from services.google.gmail_api import Emails
from services.google.gmail_threads import Conversations

ROUTES = (Emails, Conversations, Events, Planning, Files, Comments)
