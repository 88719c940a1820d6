"""Signing in and out: an API key with the scope admin, or the one-time link of `fleet up`."""

import re
from typing import Any
from urllib.parse import urlsplit

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from shared.errors import NotFound
from shared.service.callers import Caller, Forbidden, NotAuthenticated
from shared.service.console import sessions
from shared.service.console.desk import Desk, TheDesk
from shared.service.console.render import STATIC, go, page, static
from shared.service.console.sentences import SAID
from shared.service.console.sessions import Asked, Session
from shared.store import audit

PLACE: sessions.Place = "console"
_KEY = re.compile(r"hub_[a-z]{1,16}_[0-9a-f]{16}_[A-Za-z0-9_-]{43}")
_LOST = "This link is not valid any more: it was used, or is older than ten minutes. `fleet console` prints a new one."


@get("/connect/static/{name:str}")
async def asset(name: FromPath[str]) -> Response[bytes]:
    """Style, script and icon; their address changes when they do."""
    if name not in STATIC:
        raise NotFound
    kept = {
        "cache-control": "public, max-age=31536000, immutable",
        "x-content-type-options": "nosniff",
    }
    return Response(static(name), media_type=STATIC[name], headers=kept)


@get("/console/sign-in")
async def ask(desk: TheDesk, request: Asked) -> Response[Any]:
    """The form; a visitor's cookie makes sure that it comes back from the browser that got it."""
    if await of(desk, sessions.read(desk, PLACE, request)):
        return go(desk, "/console/")
    done = SAID.get(request.query_params.get("done", ""), "")
    return _form(desk, request, done=done)


@post("/console/sign-in")
async def sign_in(desk: TheDesk, request: Asked) -> Response[Any]:
    """Take a key, once; what stays in the browser is a sealed cookie that names it."""
    visitor = sessions.read(desk, PLACE, request)
    if visitor is None:
        return _form(
            desk,
            request,
            status=400,
            error="This page was open for too long, or cookies are off. Try again.",
        )
    await sessions.check_form(request, visitor)
    form = await request.form()
    key = str(form.get("key", "")).strip()
    if not _KEY.fullmatch(key):
        wrong = "That does not look like an API key; one begins with hub_."
        return _form(desk, request, status=403, error=wrong)
    try:
        caller = check(await desk.callers.identify(f"Bearer {key}"))
    except (NotAuthenticated, Forbidden) as error:
        return _form(desk, request, status=403, error=str(error))
    return await _let_in(desk, caller, str(form.get("next", "")))


@get("/console/enter/{ticket:str}")
async def enter(desk: TheDesk, request: Asked, ticket: FromPath[str]) -> Response[Any]:
    """Sign in by a one-time link."""
    session = await sessions.redeem(desk.db, desk.first, PLACE, ticket)
    if session is None:
        return _form(desk, request, status=403, error=_LOST)
    return await _let_in(desk, check(await desk.callers.holder(session.who)), "")


ROUTES: tuple[ControllerRouterHandler, ...] = (asset, ask, sign_in, enter)


def check(caller: Caller) -> Caller:
    """The caller, if an operator; raises Forbidden."""
    if "admin" not in caller.scopes:
        raise Forbidden("The console is for operators: this key lacks the scope admin.")
    return caller


async def of(desk: Desk, session: Session | None) -> Caller | None:
    """Who is signed in; None when nobody is, or not any more."""
    if session is None or not session.who:
        return None
    try:
        return check(await desk.callers.holder(session.who))
    except (NotAuthenticated, Forbidden):
        return None


async def _let_in(desk: Desk, caller: Caller, wanted: str) -> Response[Any]:
    async with desk.db.connection() as conn:
        await audit.write(conn, caller.subject, "sign-in", "done")
    session = sessions.begin(PLACE, caller.subject.removeprefix("key:"))
    return go(desk, _inside(wanted), cookies=[sessions.cookie(desk, PLACE, session)])


def _inside(path: str) -> str:
    """The page that was asked for before signing in, if it is one of the console's."""
    plain = path.isascii() and path.isprintable() and not set(path) & set(' \\"<>')
    at = urlsplit(path) if plain else urlsplit("")
    fits = not at.scheme and not at.netloc and at.path.startswith("/console/") and "//" not in path
    return path if fits and ".." not in path and "sign-" not in path else "/console/"


def _form(desk: Desk, request: Asked, *, status: int = 200, **facts: str) -> Response[Any]:
    visitor = sessions.begin(PLACE, "")
    told = {"done": "", "error": "", "next": request.query_params.get("next", ""), **facts}
    answer = page(desk, request, "sign_in", visitor, status=status, **told)
    answer.set_cookie(sessions.cookie(desk, PLACE, visitor))
    return answer
