"""NEW_TITLE's own endpoints, under `/api/v1`: what is read comes back as Messages."""

from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from services.NEW_NAME import normalize
from services.NEW_NAME.models import Item
from shared.normalizer import Message
from shared.provider import Api

Account = NamedDependency[SkipValidation[Api]]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]


class Items(Controller):
    path = "/items"

    @get("/", summary="List items, the last changed first")
    async def items(self, api: Account, limit: Limit = 30) -> list[Message]:
        return [normalize.item(it) for it in await api.get("/items", list[Item], limit=limit)]
