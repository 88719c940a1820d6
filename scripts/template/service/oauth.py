"""Whose account a token opens. https://developers.NEW_NAME.example/oauth"""

from services.NEW_NAME.models import Account
from shared.provider import Api
from shared.types import Identity


async def identify(api: Api) -> Identity:
    """The id is the provider's stable one, never a name; the route is what webhooks name."""
    me = await api.get("/me", Account)
    routes = (f"workspace:{me.workspace}",) if me.workspace else ()
    return Identity(id=me.id, name=me.name, email=me.email, routes=routes)
