"""What the OpenAPI file says of errors: every operation names the problems that it may answer with."""

from http import HTTPStatus

from litestar.openapi.spec import (
    OpenAPI,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Reference,
    Schema,
)

_TEXT = Schema(type=OpenAPIType.STRING)
_PROBLEM = Schema(
    type=OpenAPIType.OBJECT,
    description="RFC 9457: `title` is a sentence that a person can act on.",
    required=["title", "status"],
    properties={
        "title": _TEXT,
        "status": Schema(type=OpenAPIType.INTEGER),
        "type": _TEXT,
        "detail": _TEXT,
        "outcome": Schema(
            type=OpenAPIType.STRING, description="`unknown`: a write that may have happened."
        ),
    },
)
_CALLED = (400, 401, 403, 413, 429, 503)
"""What any route may answer to a caller."""
_ASKING = (404, 409, 412, 502, 504)
"""What a route may answer besides that asks the provider for an account."""


def describe(document: OpenAPI, open_paths: frozenset[str], *, asking: bool = True) -> None:
    """Add the errors to a document that Litestar made; `open_paths` need no token.

    `asking`: routes below `/api/v1` ask the provider.
    """
    document.components.schemas["Problem"] = _PROBLEM
    for path, item in (document.paths or {}).items():
        for method in ("get", "post", "put", "patch", "delete"):
            operation: Operation | None = getattr(item, method)
            if operation is None:
                continue
            responses = operation.responses = operation.responses or {}
            if path in open_paths:
                operation.security = []
                responses["503"] = responses["200"]  # in the same shape, with the reason
                continue
            for status in _errors(path, method, asking=asking):
                responses[str(status)] = _answer(status)


def _errors(path: str, method: str, *, asking: bool) -> tuple[int, ...]:
    own = path.startswith("/api/v1/")
    if (asking and own) or (path, method) == ("/accounts", "post"):
        return (*_CALLED, *_ASKING)
    if path == "/oauth/authorize":
        return (*_CALLED, 502)
    return (*_CALLED, 404) if own or "{" in path or path == "/sync" else _CALLED


def _answer(status: int) -> OpenAPIResponse:
    problem = OpenAPIMediaType(schema=Reference(ref="#/components/schemas/Problem"))
    return OpenAPIResponse(
        description=HTTPStatus(status).phrase, content={"application/problem+json": problem}
    )
