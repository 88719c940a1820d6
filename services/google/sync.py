"""The walks, product by product; each runs for accounts that granted its scope."""

from services.google import gmail_sync, oauth
from shared.provider import Stream

STREAMS = (
    Stream(
        name="messages",
        source="gmail",
        cursor=gmail_sync.Walk,
        pages=gmail_sync.messages,
        complete=True,
        scopes=oauth.GMAIL,
    ),
)
