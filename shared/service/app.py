"""One service as a Litestar application: the common routes, the provider's own, and the doors."""

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Router, asgi
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import SwaggerRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ASGIApp, ControllerRouterHandler, Receive, Scope, Send
from msgspec.structs import replace

from shared.config import RateLimit
from shared.errors import RateLimited
from shared.http.addresses import fetch
from shared.http.budget import Budget
from shared.http.limits import admit
from shared.service import callers, provider_routes
from shared.service.account_routes import ROUTES as ACCOUNT_ROUTES
from shared.service.described import describe
from shared.service.entrusted import Entrusted
from shared.service.form_routes import ROUTES as FORM_ROUTES
from shared.service.hub import Hub
from shared.service.oauth_routes import ROUTES as OAUTH_ROUTES
from shared.service.ops_routes import DeadLetterController, health, metrics, ready, report
from shared.service.problems import HANDLERS
from shared.service.sync_routes import SyncController
from shared.service.trace_routes import trace
from shared.service.worker import working
from shared.webhook.intake import Intake

BODY = 1_048_576
"""Bytes of a request's body; the webhook door has the provider's own limit."""

OPEN = frozenset({"/health", "/health/ready", "/metrics"})
"""Paths that need no token and show nothing private."""


def build(hub: Hub, *, work: bool = True) -> Litestar:
    """The application of one service; with `work`, it also does the service's background work."""
    recognizer = callers.from_environment(
        os.environ, hub.db, hub.provider.name, hub.settings.service.env, fetch
    )

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with working(hub):
            yield

    routes: list[ControllerRouterHandler] = [
        health,
        ready,
        *([] if hub.settings.service.metrics_port else [metrics]),
        report,
        SyncController,
        DeadLetterController,
        trace,
        *ACCOUNT_ROUTES,
    ]
    if hub.provider.oauth is not None:
        routes += OAUTH_ROUTES
    if hub.provider.credentials is not None:
        routes += FORM_ROUTES
    routes += provider_routes.of(hub)
    return compose(
        hub.provider.title,
        routes,
        recognizer,
        limiting(hub.provider.name, hub.budget, hub.settings.rate_limit),
        # Webhooks prove themselves, so they do not pass what callers have to pass.
        doors=[_webhook(hub)] if hub.provider.webhook else [],
        dependencies={"hub": Provide(lambda: hub, sync_to_thread=False)},
        lifespan=[lifespan] if work else [],
    )


def figures(hub: Hub) -> Litestar:
    """`/metrics` and nothing else, for a port that nobody outside reaches."""
    return Litestar(
        route_handlers=[metrics],
        dependencies={"hub": Provide(lambda: hub, sync_to_thread=False)},
        exception_handlers=HANDLERS,
        openapi_config=None,
        logging_config=None,
    )


def compose(
    title: str,
    routes: Sequence[ControllerRouterHandler],
    recognizer: callers.Callers,
    limit: Callable[[ASGIApp], ASGIApp],
    *,
    doors: Sequence[ControllerRouterHandler] = (),
    asking: bool = True,
    **facts: Any,
) -> Litestar:
    """An application as every service is one: callers, errors, limits and the page of its API.

    `doors` are open to whoever proves itself otherwise; `asking` says that routes ask a provider.
    """
    called = Router(
        path="/",
        route_handlers=routes,
        middleware=[lambda app: callers.Authentication(app, recognizer), limit],
    )
    app = Litestar(
        route_handlers=[called, *doors],
        exception_handlers=HANDLERS,
        request_max_body_size=BODY,
        openapi_config=OpenAPIConfig(
            title=f"Self Integrations: {title}",
            version="1",
            path="/schema",
            render_plugins=[SwaggerRenderPlugin()],
            use_handler_docstrings=True,
            security=[{"bearer": []}],
            components=Components(
                security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")}
            ),
        ),
        logging_config=None,
        debug=False,
        **facts,
    )
    describe(app.openapi_schema, OPEN, asking=asking)
    return app


def _webhook(hub: Hub) -> ControllerRouterHandler:
    webhook_of = hub.provider.webhook
    assert webhook_of is not None
    if webhook_of.verifier:
        verify = webhook_of.verifier(hub.settings.environment)
        webhook_of = replace(webhook_of, verify=verify)
    intake = Intake(
        provider=hub.provider.name,
        webhook=webhook_of,
        secrets=hub.settings.webhook.secrets,
        writer=hub.writer,
        metrics=hub.metrics,
        timeout=hub.settings.webhook.timeout,
        full=lambda: hub.inbox_full,
        trust=Entrusted(hub.db, hub.keys, hub.provider.name) if webhook_of.entrusted else None,
    )

    # Litestar's own request and response cost more than all the work a delivery needs.
    @asgi(hub.settings.webhook.path, copy_scope=False)
    async def webhook(scope: Scope, receive: Receive, send: Send) -> None:
        await intake(scope, receive, send)

    return webhook


def limiting(name: str, budget: Budget, limit: RateLimit) -> Callable[[ASGIApp], ASGIApp]:
    """The middleware that counts requests to the service of that name."""
    return lambda app: Limit(app, name, budget, limit)  # Litestar copies whatever is no function


class Limit:
    """Counts the requests of every authenticated caller; webhooks are never turned away here."""

    def __init__(self, app: ASGIApp, name: str, budget: Budget, limit: RateLimit) -> None:
        self._app, self._name, self._budget, self._limit = app, name, budget, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = scope.get("user")
        if isinstance(caller, callers.Caller):
            key = f"{self._name}:{caller.subject}:{caller.user_id or ''}"
            verdict = await admit(self._budget, key, self._limit)
            if not verdict.allowed:
                raise RateLimited(
                    f"More than {self._limit.requests} requests in {self._limit.duration:g} seconds; "
                    f"come back in {verdict.retry_after:.0f} seconds.",
                    retry_after=verdict.retry_after,
                )
        await self._app(scope, receive, send)
