"""What every route is asked with: whose knowledge, how much of it, and where to go on."""

from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Request
from litestar.params import FromQuery, QueryParameter

from shared.errors import BadRequest
from shared.service.callers import Caller, user_of

Asked = Request[Caller, Any, Any]
Named = Annotated[
    str | None,
    QueryParameter(description="whose; for callers that speak for several users"),
]
Limit = Annotated[int, QueryParameter(ge=1, le=200)]
Cursor = FromQuery[str]
When = FromQuery[datetime | None]


def whose(request: Asked, user_id: str | None) -> str:
    """The user that the caller speaks for; raises Forbidden, BadRequest."""
    user = user_of(request.user, user_id)
    if user is None:
        raise BadRequest("name the user: user_id")
    return user


def utc(at: datetime | None) -> datetime | None:
    """A time that a caller names; one without a zone is UTC."""
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
