"""The connections themselves: list, look, pause, close, and bring one's own token.

A caller sees its own user's accounts. Somebody else's and unknown ones are answered in the same way.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter, SkipValidation
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from shared.errors import BadRequest, NotFound, Reauthorize
from shared.oauth import deletion, flow
from shared.oauth.flow import Parts
from shared.oauth.forms import opened
from shared.oauth.mint import mint, whose
from shared.oauth.protocol import oauth_of
from shared.service.callers import Caller, Forbidden, guard, owner_of, user_of
from shared.store import accounts
from shared.store.accounts import Account
from shared.types import Identity, Token

Hub = NamedDependency[SkipValidation[Parts]]
Asked = Request[Caller, Any, Any]
Status = Literal["active", "expired", "revoked", "error", "deleting"]
Named = Annotated[
    str | None,
    QueryParameter(description="whose account; for callers that speak for several users"),
]

_TOKEN = re.compile(r"[!-~]{0,16384}")
"""What fits in a header; no provider's token comes near that length."""
_ROUTE = re.compile(r"[a-z]+:[A-Za-z0-9._-]{1,100}|\*")


class Accounts(Struct, frozen=True):
    """A page of accounts; `next_cursor` asks for the following one and is absent on the last."""

    accounts: list[Account]
    next_cursor: str | None = None


class Change(Struct, forbid_unknown_fields=True):
    """What may be changed of an account: whether it is kept in sync."""

    sync_enabled: bool


class Brought(Struct, forbid_unknown_fields=True):
    """An account whose token the caller brings, or that is made from `extra` (an app installation), or
    that `credentials` open: the values of the form which `POST /oauth/authorize` describes.

    `routes` say which webhooks belong to it (`repo:555`, or `*` for what nobody else claims).
    """

    user_id: str | None = None
    access_token: str = ""
    refresh_token: str = ""
    expires_at: datetime | None = None
    routes: list[str] = []
    extra: dict[str, str] = {}
    credentials: dict[str, str] = {}


@get("/accounts", guards=[guard("connections:read")])
async def list_accounts(
    hub: Hub,
    request: Asked,
    *,
    user_id: Named = None,
    status: FromQuery[Status | None] = None,
    cursor: FromQuery[str] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
) -> Accounts:
    """List the accounts of the caller's user; an administrator may leave the user out."""
    async with hub.db.connection() as conn:
        found = await accounts.list_(
            conn,
            hub.provider.name,
            user_id=user_of(request.user, user_id),
            status=status,
            after=after(cursor),
            limit=limit + 1,
        )
    more = len(found) > limit
    last = urlsafe_b64encode(found[limit - 1].id.bytes).decode().rstrip("=") if more else None
    return Accounts(found[:limit], last)


@get("/accounts/{account_id:uuid}", guards=[guard("connections:read")])
async def get_account(
    hub: Hub, request: Asked, account_id: FromPath[UUID], user_id: Named = None
) -> Account:
    """Show one account."""
    async with hub.db.connection() as conn:
        return _found(
            await accounts.get(conn, hub.provider.name, account_id, owner_of(request.user, user_id))
        )


@patch("/accounts/{account_id:uuid}", guards=[guard("connections:write")])
async def change_account(
    hub: Hub,
    request: Asked,
    account_id: FromPath[UUID],
    data: JSONBody[Change],
    user_id: Named = None,
) -> Account:
    """Pause or resume an account's sync."""
    user = owner_of(request.user, user_id)
    async with hub.db.connection() as conn:
        changed = _found(
            await accounts.set_sync(conn, hub.provider.name, account_id, user, data.sync_enabled)
        )
    hub.wake()
    return changed


@delete("/accounts/{account_id:uuid}", status_code=202, guards=[guard("connections:write")])
async def delete_account(
    hub: Hub, request: Asked, account_id: FromPath[UUID], user_id: Named = None
) -> Account:
    """Close the connection: it stops at once; the provider is told and the data erased shortly."""
    user, actor = owner_of(request.user, user_id), request.user.subject
    account = await deletion.begin(hub.db, hub.provider, account_id, user, actor)
    hub.wake()
    return account


@post("/accounts", guards=[guard("connections:write")])
async def add_account(hub: Hub, request: Asked, data: JSONBody[Brought]) -> Account:
    """Connect an account with a token or credentials; the provider is asked whose they are."""
    return await bring(hub, request.user, data)


async def bring(hub: Parts, caller: Caller, data: Brought) -> Account:
    """Connect an account that needs no consent. Raises BadRequest, Forbidden, ProviderError."""
    user = user_of(caller, data.user_id)
    if user is None:
        raise BadRequest("name the user: user_id")
    if odd := [route for route in data.routes if not _ROUTE.fullmatch(route)]:
        raise BadRequest(f"{len(odd)} of the routes are neither * nor like repo:555")
    if data.routes and not caller.scopes & {"admin", "impersonate"}:
        # Who claims a route hears what is sent to it, so a user may not claim it for themselves.
        raise Forbidden("Only a trusted backend may say which webhooks belong to an account")
    if hub.provider.credentials or data.credentials:
        token, identity = await opened(hub.provider, data.credentials, hub.bare_api)
    else:
        token, identity = await _identified(hub, await _token(hub, caller, data))
    return await flow.connect(
        hub,
        user,
        token,
        identity,
        scopes=identity.scopes if identity.scopes is not None else token.scopes,
        actor=caller.subject,
        claims=tuple(data.routes),
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (
    list_accounts,
    get_account,
    change_account,
    delete_account,
    add_account,
)


async def _identified(hub: Parts, token: Token) -> tuple[Token, Identity]:
    try:
        return token, await whose(hub.provider, hub.settings, token) or await oauth_of(
            hub.provider
        ).identify(hub.bare_api(token))
    except Reauthorize:
        raise BadRequest("the provider does not accept this token") from None


async def _token(hub: Parts, caller: Caller, data: Brought) -> Token:
    if data.extra:
        if "admin" not in caller.scopes:
            raise Forbidden("Accounts made from `extra` need the scope admin")
        try:
            return await mint(hub.provider, hub.settings, Token(access="", extra=data.extra))
        except Reauthorize:
            raise BadRequest("the provider does not make a token from this") from None
    if not data.access_token:
        raise BadRequest("bring an access_token")
    if not (_TOKEN.fullmatch(data.access_token) and _TOKEN.fullmatch(data.refresh_token)):
        raise BadRequest("a token has at most 16384 visible ASCII characters")
    expires_at = data.expires_at
    if expires_at is not None and expires_at.tzinfo is None:
        raise BadRequest("expires_at needs a time zone, as in 2026-01-31T12:00:00Z")
    if expires_at is not None and expires_at <= datetime.now(UTC) and not data.refresh_token:
        raise BadRequest("the token is over already")
    return Token(access=data.access_token, refresh=data.refresh_token, expires_at=expires_at)


def _found(account: Account | None) -> Account:
    if account is None:
        raise NotFound
    return account


def after(cursor: str) -> UUID:
    """The account that a page's cursor stands for; raises BadRequest for one that is not ours."""
    try:
        return UUID(bytes=urlsafe_b64decode(cursor + "==")) if cursor else accounts.FIRST
    except ValueError:
        raise BadRequest("this cursor is not one of ours") from None
