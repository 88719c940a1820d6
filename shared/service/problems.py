"""Errors as answers: RFC 9457 problem details, each with a sentence that a person can act on.

The only place where a domain error meets an HTTP status.
"""

from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap
from msgspec import Struct

from shared.errors import (
    Away,
    BadRequest,
    Changed,
    ConfigError,
    HubError,
    ItemGone,
    Late,
    NotFound,
    RateLimited,
    Reauthorize,
    Refused,
    TooLarge,
    Unavailable,
    Unreadable,
)
from shared.oauth.keyring import DecryptError
from shared.service.callers import Forbidden, NotAuthenticated

log = structlog.get_logger()

Asked = Request[Any, Any, Any]

_STATUS: tuple[tuple[type[HubError], int], ...] = (
    (BadRequest, 400),
    (NotAuthenticated, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (ItemGone, 404),
    (Reauthorize, 409),
    (Changed, 412),
    (TooLarge, 413),
    (RateLimited, 429),
    (Refused, 502),
    (Unreadable, 502),
    (Late, 504),
    (Unavailable, 502),
    (ConfigError, 503),
    (DecryptError, 503),
    (Away, 503),
)


class Problem(Struct, omit_defaults=True):
    """RFC 9457. `outcome` is `unknown` for a write that may or may not have happened."""

    title: str
    status: int
    type: str = "about:blank"
    detail: str = ""
    outcome: str = ""


def answer(problem: Problem, headers: dict[str, str] | None = None) -> Response[Problem]:
    """The problem as a response."""
    return Response(
        problem,
        status_code=problem.status,
        media_type="application/problem+json",
        headers=headers or {},
    )


def of_hub(_: Asked, error: HubError) -> Response[Problem]:
    """What the domain says, with the status that it means."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    headers: dict[str, str] = {}
    if isinstance(error, RateLimited):
        headers["retry-after"] = str(max(1, round(error.retry_after)))
    elif isinstance(error, Away):  # what else is 503 does not pass by itself
        headers["retry-after"] = "5"
    elif status == 401:
        headers["www-authenticate"] = "Bearer"
    if status == 500:
        log.error("an error without a plan", exc_info=error)
    unknown = isinstance(error, Unavailable) and error.unknown
    return answer(
        Problem(title=str(error), status=status, outcome="unknown" if unknown else ""), headers
    )


def of_litestar(_: Asked, error: HTTPException) -> Response[Problem]:
    """What the framework refused: an unknown path, a wrong method, a body of another shape."""
    detail = ""
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        detail = "; ".join(
            f"{it.get('key') or 'body'}: {it.get('message')}"
            for it in error.extra
            if isinstance(it, dict)
        )
    title = error.detail.partition(" for ")[0] if detail else error.detail
    return answer(
        Problem(title=title, status=error.status_code, detail=detail[:2000]), error.headers
    )


def of_anything(_: Asked, error: Exception) -> Response[Problem]:
    """Input that broke a parser is the sender's to mend; anything else is ours and is logged."""
    if isinstance(error, RecursionError | UnicodeError):
        return answer(Problem(title="The request could not be read: it is malformed.", status=400))
    log.error("a request failed", exc_info=error)
    return answer(Problem(title="Something went wrong here; it was logged.", status=500))


HANDLERS: ExceptionHandlersMap = {
    HubError: of_hub,
    HTTPException: of_litestar,
    Exception: of_anything,
}
