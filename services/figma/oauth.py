"""Whose account a token opens, and what may be asked for.

https://developers.figma.com/docs/rest-api/authentication/
"""

from msgspec import Struct

from services.figma.models import Id
from shared.provider import Api
from shared.types import Identity

SCOPES = (
    "current_user:read",
    "file_metadata:read",
    "file_comments:read",
    "file_comments:write",
    "file_versions:read",
    "webhooks:read",
    "webhooks:write",
)
FOLDERS, CONTENT = "folders:read", "file_content:read"
"""What only the private app of an organization may ask for, and what only pictures need."""


class Me(Struct):
    id: Id
    handle: str = ""
    email: str = ""


async def identify(api: Api) -> Identity:
    """A person by the id that never changes; Figma tells nobody else's address."""
    me = await api.get("/v1/me", Me)
    return Identity(id=str(me.id), name=me.handle, email=me.email)
