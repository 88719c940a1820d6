"""The walks, product by product; each runs for accounts that granted its scope."""

from services.microsoft import mail_sync, oauth
from shared.provider import Stream

STREAMS = (
    Stream(
        name="folders",
        source="outlook",
        cursor=mail_sync.Walk,
        pages=mail_sync.folders,
        complete=True,
        every=900.0,
        scopes=oauth.MAIL,
    ),
    Stream(
        name="messages",
        source="outlook",
        cursor=mail_sync.Sync,
        pages=mail_sync.messages,
        per_resource=True,
        complete=True,
        scopes=oauth.MAIL,
    ),
)
