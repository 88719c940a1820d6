"""Connecting an account without a consent: what to ask its user for."""

from typing import Any

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, SkipValidation
from litestar.types import ControllerRouterHandler

from shared.errors import BadRequest
from shared.oauth.flow import Parts
from shared.oauth.forms import Form, form_of
from shared.service.callers import guard, user_of
from shared.service.oauth_routes import Wish

Hub = NamedDependency[SkipValidation[Parts]]


@post("/oauth/authorize", status_code=200, guards=[guard("connections:write")])
async def describe(hub: Hub, data: JSONBody[Wish], request: Request[Any, Any, Any]) -> Form:
    """Describe the form that opens an account; there is no page of the provider to go to."""
    if user_of(request.user, data.user_id) is None:
        raise BadRequest("name the user: user_id")
    it, where = hub.provider, hub.settings.service.public_url
    return Form(it.name, it.title, form_of(it).fields, f"{where}/accounts")


ROUTES: tuple[ControllerRouterHandler, ...] = (describe,)
