"""The pages as one application beside the services: its doors, its routes, its errors."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from litestar import Litestar, Response, Router, post
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, ControllerRouterHandler, Receive, Scope, Send

from shared.errors import HubError
from shared.http.addresses import fetch
from shared.service import callers, problems
from shared.service.app import BODY, limiting
from shared.service.console import connect, entry, live, operators, sessions, work
from shared.service.console.desk import Desk, TheDesk
from shared.service.console.render import go, page
from shared.service.console.sessions import Asked
from shared.service.hub import Hub

PREFIXES = ("/console", "/connect")


class Pages:
    """In front of the services: answers `/console` and `/connect`, hands on everything else."""

    def __init__(self, desk: Desk, services: ASGIApp) -> None:
        self.desk = desk
        self._services, self._pages = services, _application(desk)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; the lifespan is the services'."""
        path = scope.get("path", "")
        ours = path.startswith(PREFIXES) and path.split("/", 2)[1] in ("console", "connect")
        await (self._pages if ours else self._services)(scope, receive, send)


def front(
    services: ASGIApp, hubs: Mapping[str, Hub], environ: Mapping[str, str], *, mounted: bool
) -> Pages:
    """The services of a process with the pages in front of them."""
    name, hub = next(iter(hubs.items()))
    origin = hub.settings.service.public_url.removesuffix(f"/{name}" if mounted else "")
    recognizer = callers.from_environment(environ, hub.db, name, hub.settings.service.env, fetch)
    return Pages(Desk(hubs, origin, recognizer), services)


def _application(desk: Desk) -> Litestar:
    async def operator(request: Asked) -> Response[Any] | None:
        return await _operator(desk, request)

    async def user(request: Asked) -> Response[Any] | None:
        return await connect.protect(desk, request)

    signed_in: list[ControllerRouterHandler] = [
        *operators.ROUTES,
        *work.ROUTES,
        *live.ROUTES,
        sign_out,
    ]
    backend = Router(
        path="/",
        route_handlers=[connect.make],
        middleware=[
            lambda app: callers.Authentication(app, desk.callers),
            limiting(desk.any.provider.name, desk.any.budget, desk.any.settings.rate_limit),
        ],
        exception_handlers=problems.HANDLERS,
    )
    return Litestar(
        route_handlers=[
            *entry.ROUTES,
            connect.enter,
            backend,
            Router(path="/console", route_handlers=signed_in, before_request=operator),
            Router(path="/connect", route_handlers=connect.ROUTES, before_request=user),
        ],
        dependencies={"desk": Provide(lambda: desk, sync_to_thread=False)},
        exception_handlers={
            HubError: lambda request, error: _wrong(desk, request, problems.of_hub(request, error)),
            HTTPException: lambda request, error: _wrong(
                desk, request, problems.of_litestar(request, error)
            ),
            Exception: lambda request, error: _wrong(
                desk, request, problems.of_anything(request, error)
            ),
        },
        request_max_body_size=BODY,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


@post("/sign-out")
async def sign_out(desk: TheDesk) -> Response[Any]:
    """Take the cookie away."""
    gone = sessions.cookie(desk, entry.PLACE, None)
    return go(desk, "/console/sign-in?done=out", cookies=[gone])


async def _operator(desk: Desk, request: Asked) -> Response[Any] | None:
    """Let those pass whose key lives and has the scope admin, and their forms; the others sign in."""
    session = sessions.read(desk, entry.PLACE, request)
    caller = await entry.of(desk, session)
    if session is None or caller is None:
        query = request.url.query
        path = request.scope["path"] + (f"?{query}" if query and request.method == "GET" else "")
        return go(desk, f"/console/sign-in?next={quote(path, safe='/')}")
    if request.method == "POST":
        await sessions.check_form(request, session)
    request.scope["user"], request.scope["auth"] = caller, session
    return None


def _wrong(desk: Desk, request: Asked, answer: Response[problems.Problem]) -> Response[Any]:
    """An error as a page: a sentence, and the way back."""
    problem = answer.content
    says = problem.title if not problem.detail else f"{problem.title}: {problem.detail}"
    session = request.scope.get("auth")
    told = page(
        desk,
        request,
        "message",
        session,
        title=TITLES.get(problem.status, "That did not work"),
        says=says,
        status=problem.status,
    )
    told.headers.update(
        {name: value for name, value in answer.headers.items() if name == "retry-after"}
    )
    return told


TITLES = {
    403: "That is not allowed",
    404: "There is nothing here",
    503: "Something the fleet needs is away",
    500: "An error without a plan",
}
