"""Where the users whose accounts are connected come: a one-time link, a choice, consent, and what arrives.

A backend makes the link (`POST /connect/links`), so that a user's browser never holds a key of it. The
link opens a session of an hour that can do one thing: connect accounts of that one user.
"""

from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, JSONBody
from litestar.response import Redirect, Stream
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from shared.bus.lines import Line, subjects_of
from shared.errors import Away, BadRequest, HubError
from shared.oauth import flow
from shared.oauth.forms import form_of
from shared.oauth.returning import may_return
from shared.service.account_routes import Brought, bring
from shared.service.callers import Caller, check_user, guard, user_of
from shared.service.console import live, sessions
from shared.service.console.desk import Desk, TheDesk
from shared.service.console.render import go, headers, page
from shared.service.console.sentences import ADVICE, SAID
from shared.service.console.sessions import Asked, Session
from shared.store import accounts, audit, runs

PLACE: sessions.Place = "connect"
FIRST = 10
"""Messages on the page when it opens."""
_LOST = "This link is not valid any more: it was used, or is older than ten minutes. Ask for a new one where you came from."
_OVER = "Your visit is over. Ask for a new link where you came from."


class Wish(Struct, forbid_unknown_fields=True):
    """Whom the link is for, and where the page leads back to: a path here, or an allowed address."""

    user_id: str | None = None
    return_to: str = ""


class Link(Struct, frozen=True):
    """A link that opens once, until `expires_at`."""

    url: str
    expires_at: datetime


@post("/connect/links", status_code=201, guards=[guard("connections:write")])
async def make(desk: TheDesk, request: Request[Caller, Any, Any], data: JSONBody[Wish]) -> Link:
    """Make a link for a user; the caller is a backend with a token of its own."""
    user = user_of(request.user, data.user_id)
    if user is None:
        raise BadRequest("name the user: user_id")
    return await link(desk, request.user, user, data.return_to)


async def link(desk: Desk, caller: Caller, user: str, return_to: str) -> Link:
    """A one-time link for a user. Raises BadRequest, Away."""
    allowed = {it for hub in desk.hubs.values() for it in hub.settings.oauth.return_to}
    if not may_return(return_to, tuple(allowed)):
        raise BadRequest(
            "return_to is neither a path on this service nor an address of OAUTH_RETURN_TO"
        )
    ticket, ends = await sessions.issue(desk.db, desk.first, PLACE, check_user(user), return_to)
    async with desk.db.connection() as conn:
        await audit.write(conn, caller.subject, "connect-link", "done", user_id=user)
    return Link(f"{desk.origin}/connect/open/{ticket}", ends)


@get("/connect/open/{ticket:str}")
async def enter(desk: TheDesk, request: Asked, ticket: FromPath[str]) -> Response[Any]:
    """Open the link: a cookie for this browser, and on to the page."""
    session = await sessions.redeem(desk.db, desk.first, PLACE, ticket)
    if session is None:
        return _sorry(desk, request, _LOST)
    return go(desk, "/connect/", cookies=[sessions.cookie(desk, PLACE, session)])


@get("/")
async def choose(desk: TheDesk, request: Asked) -> Response[Any]:
    """The user's accounts, the services to connect, and the messages that arrive."""
    return await _shown(desk, request)


@post("/start/{service:str}")
async def start(desk: TheDesk, request: Asked, service: FromPath[str]) -> Response[Any]:
    """On to the provider's consent page, by the service's own one-time link."""
    try:
        made = await flow.begin(
            desk.hub(service), request.auth.who, return_to=f"{desk.base}/connect/"
        )
    except HubError as error:
        return await _shown(desk, request, error=str(error), status=409)
    return Redirect(made.authorization_url, status_code=303, headers=headers(desk))


@post("/token/{service:str}")
async def by_token(desk: TheDesk, request: Asked, service: FromPath[str]) -> Response[Any]:
    """Connect an account by a token that the user has."""
    token = str((await request.form()).get("token", "")).strip()
    try:
        await bring(desk.hub(service), request.user, Brought(access_token=token))
    except Away:
        raise
    except HubError as error:
        return await _shown(desk, request, error=f"Not connected: {error}", status=400)
    return go(desk, f"/connect/?status=connected&provider={service}")


@post("/form/{service:str}")
async def by_form(desk: TheDesk, request: Asked, service: FromPath[str]) -> Response[Any]:
    """Connect an account by what its user filled in."""
    filled, hub = await request.form(), desk.hub(service)
    try:
        named = {it.name: str(filled.get(it.name, "")) for it in form_of(hub.provider).fields}
        await bring(hub, request.user, Brought(credentials=named))
    except Away:
        raise
    except HubError as error:
        return await _shown(desk, request, error=f"Not connected: {error}", status=400)
    return go(desk, f"/connect/?status=connected&provider={service}")


@get("/events")
async def stream(desk: TheDesk, request: Asked) -> Stream:
    """What arrives for this user, as it arrives."""
    return live.pushed(desk, request, _items(request.auth.who), traced=False)


ROUTES: tuple[ControllerRouterHandler, ...] = (choose, start, by_token, by_form, stream)


async def protect(desk: Desk, request: Asked) -> Response[Any] | None:
    """Let those pass who came by a link, and their forms; the others are told where to get one."""
    session = sessions.read(desk, PLACE, request)
    if session is None:
        return _sorry(desk, request, _OVER)
    if request.method == "POST":
        await sessions.check_form(request, session)
    scopes = frozenset({"connections:read", "connections:write"})
    request.scope["user"] = Caller(f"link:{session.who}", session.who, scopes)
    request.scope["auth"] = session
    return None


async def _shown(
    desk: Desk, request: Asked, *, error: str = "", status: int = 200
) -> Response[Any]:
    session: Session = request.auth
    connected = []
    for name, hub in desk.hubs.items():
        async with hub.db.connection() as conn:
            for account in await accounts.list_(conn, name, user_id=session.who):
                newest = await runs.get(
                    conn, name, account_id=account.id, limit=1, now=datetime.now(UTC)
                )
                connected.append({"account": account, "run": newest[0] if newest else None})
    lines, last = await _arrived(desk, request, session.who)
    asked = request.query_params
    happened = asked.get("status", "")
    return page(
        desk,
        request,
        "connect",
        session,
        status=status,
        connected=connected,
        ready={name for name, hub in desk.hubs.items() if hub.settings.oauth.client_id},
        forms={name: hub.provider.credentials for name, hub in desk.hubs.items()},
        lines=lines,
        traced=False,
        last=last,
        advice=ADVICE,
        done=SAID.get(happened, "") if happened in ("connected", "denied", "failed") else "",
        well=happened == "connected",
        about=asked.get("provider", ""),
        error=error,
        return_to=session.return_to,
        user=session.who,
    )


async def _arrived(desk: Desk, request: Asked, user: str) -> tuple[list[Line], int]:
    """The newest messages; none while NATS is away, or when the page only looks at itself again."""
    if "x-live" in request.headers:
        return [], 0
    try:
        return await live.newest(desk, _items(user), FIRST)
    except Away:
        return [], 0


def _items(user: str) -> list[str]:
    """The subjects of what a user's accounts hold, without what tells of the accounts themselves."""
    return subjects_of("", "", user)[:1]


def _sorry(desk: Desk, request: Asked, says: str) -> Response[Any]:
    return page(desk, request, "message", title="This page needs a link", says=says, status=403)
