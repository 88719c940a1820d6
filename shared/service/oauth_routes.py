"""Connecting an account: a backend asks for a link, a browser opens it and comes back.

The browser's routes need no token: the one-time link, the state and the cookie are the proof. What they
show is a small page, or the way back to an address that was allowed beforehand.
"""

import html
from base64 import b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode, urlsplit

from litestar import MediaType, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation, URLEncodedBody
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from shared.errors import Away, BadRequest, HubError
from shared.oauth import flow
from shared.oauth.flow import Callback, FlowRefused, Link, Parts
from shared.service.callers import check_user, guard, user_of

Hub = NamedDependency[SkipValidation[Parts]]

_STYLE = (
    "body{font:1.125rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem;"
    "color:#1a1a1a;background:#fff}h1{font-size:1.5rem}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}}"
)
_HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
    f"form-action 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{style}</style></head>
<body><main><h1>{title}</h1><p role="{role}">{text}</p></main></body></html>
"""


class Wish(Struct, forbid_unknown_fields=True):
    """Connect an account for a user; `scopes` are those to ask for, of the configured ones.

    `return_to` is a path on this service or an address that the service's configuration allows.
    """

    user_id: str | None = None
    scopes: list[str] = []
    return_to: str = ""


@post("/oauth/authorize", status_code=200, guards=[guard("connections:write")])
async def authorize(hub: Hub, data: JSONBody[Wish], request: Request[Any, Any, Any]) -> Link:
    """Make a link that the user's browser opens once within ten minutes."""
    user = user_of(request.user, data.user_id)
    if user is None:
        raise BadRequest("name the user: user_id")
    return await flow.begin(hub, check_user(user), tuple(data.scopes), data.return_to)


@get("/oauth/start/{ticket:str}", exclude_from_auth=True, include_in_schema=False)
async def start(hub: Hub, ticket: FromPath[str], request: Request[Any, Any, Any]) -> Response[Any]:
    """Open the link: a cookie for this browser, and on to the provider's consent page."""
    name, secure = _cookie(hub)
    # Two links may be open in one browser. Only a cookie that no other host can set is used again.
    session = request.cookies.get(name, "") if secure else ""
    try:
        opened = await flow.open_(hub, ticket, session if len(session) == 43 else "")
    except FlowRefused as error:
        return _page("Not connected", str(error), 400)
    cookie = Cookie(
        name,
        value=opened.session,
        path="/",
        max_age=int(flow.LIFE),
        secure=secure,
        httponly=True,
        samesite="lax",
    )
    return Redirect(opened.url, status_code=303, headers=_HEADERS, cookies=[cookie])


@get("/oauth/callback", exclude_from_auth=True, include_in_schema=False)
async def callback(hub: Hub, request: Request[Any, Any, Any]) -> Response[Any]:
    """Finish the connection in the browser that began it."""
    given = request.query_params
    # A value longer than any provider's is as good as none.
    texts = {name: given.get(name, "")[:4096] for name in Callback.__struct_fields__}
    title, name = hub.provider.title, _cookie(hub)[0]
    try:
        done = await flow.finish(hub, Callback(**texts), request.cookies.get(name, ""))
    except FlowRefused as error:
        if error.return_to:
            return _back(hub, error.return_to, status=error.status)
        return _page(f"{title} is not connected", str(error), 400)
    except Away as error:
        return _page(f"{title} is not connected", f"{error} Then start again.", 503)
    except HubError:
        return _page(f"{title} is not connected", "Something here is not in order.", 500)
    if done.return_to:
        account = str(done.account.id)
        return _back(hub, done.return_to, status="connected", account_id=account)
    who = done.account.name or done.account.email or done.account.provider_account_id
    return _page(f"{title} is connected", f"Connected as {who}. You may close this page.", 200)


@post("/oauth/callback", exclude_from_auth=True, include_in_schema=False)
async def callback_form(
    hub: Hub,
    data: URLEncodedBody[dict[str, Any]],
) -> Response[Any]:
    """Take what some providers send as a form, and come back by GET.

    The cookie is not sent with a form from elsewhere; with the redirect that follows it is.
    """
    texts = {name: data.get(name) for name in Callback.__struct_fields__}
    query = urlencode(
        {name: text for name, text in texts.items() if isinstance(text, str) and text}
    )
    if len(query) > 16_384:
        return _page("Not connected", "This answer is longer than any provider's.", 400)
    where = f"{hub.settings.service.public_url}/oauth/callback?{query}"
    return Redirect(where, status_code=303, headers=_HEADERS)


ROUTES: tuple[ControllerRouterHandler, ...] = (authorize, start, callback, callback_form)


def _cookie(hub: Parts) -> tuple[str, bool]:
    """The cookie's name, and whether it travels by https only."""
    secure = hub.settings.service.public_url.startswith("https://")
    return ("__Host-" if secure else "") + "fleet_flow", secure


def _page(title: str, text: str, status: int) -> Response[Any]:
    page = _PAGE.format(
        title=html.escape(title),
        text=html.escape(text),
        style=_STYLE,
        role="alert" if status >= 400 else "status",
    )
    return Response(page, status_code=status, media_type=MediaType.HTML, headers=_HEADERS)


def _back(hub: Parts, return_to: str, **told: str) -> Response[Any]:
    """Send the browser back with what happened; the fragment, if any, stays at the end."""
    told["provider"] = hub.provider.name
    parts = urlsplit(return_to)
    query = f"{parts.query}&{urlencode(told)}" if parts.query else urlencode(told)
    where = parts._replace(query=query).geturl()
    return Redirect(where, status_code=303, headers=_HEADERS)
