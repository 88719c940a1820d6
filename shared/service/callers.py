"""Who calls, on whose behalf, and what they may do. The user comes from the token, never from a body."""

import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any

import structlog
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import ASGIApp
from msgspec import Struct

from shared.errors import BadRequest, HubError
from shared.service.issuers import Issuers, NotVouched
from shared.store import api_keys
from shared.store.api_keys import Key
from shared.store.database import Database

log = structlog.get_logger()

SCOPES = (
    "connections:read",
    "connections:write",
    "sync:run",
    "data:read",
    "data:write",
    "admin",
    "impersonate",
)
LONGEST_KEY = 90
"""Days that an API key may live."""
_USER = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KEY = re.compile(r"hub_[a-z]{1,16}_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")


class NotAuthenticated(HubError):
    """Send a token that this service knows: `Authorization: Bearer <token>`."""


class Forbidden(HubError):
    """The token does not allow this."""


class Caller(Struct, frozen=True):
    """Who calls. `user_id` is None for a backend, which speaks for no user of its own."""

    subject: str
    user_id: str | None
    scopes: frozenset[str]


class Callers:
    """Recognizes callers by JWT, by API key, or by both. `issuers` None: no JWTs."""

    def __init__(self, db: Database, issuers: Issuers | None = None, *, keys: bool = True) -> None:
        self._db, self._issuers, self._keys = db, issuers, keys

    async def identify(self, header: str) -> Caller:
        """Return who the Authorization header speaks for; raises NotAuthenticated, Away."""
        kind, _, token = header.partition(" ")
        if kind.lower() != "bearer" or not token or len(token) > 8192 or not token.isascii():
            raise NotAuthenticated
        if token.startswith("hub_"):
            if not self._keys:
                raise NotAuthenticated("API keys are off here; AUTH_API_KEYS=on allows them")
            return await self._by_key(token)
        if self._issuers is None:
            raise NotAuthenticated
        try:
            return _vouched(await self._issuers.claims(token))
        except NotVouched as error:
            log.info("a caller's token was refused", why=str(error))
            raise NotAuthenticated("The token is not valid here, or is over") from None

    async def _by_key(self, token: str) -> Caller:
        match = _KEY.fullmatch(token)
        if match is None:
            raise NotAuthenticated
        async with self._db.connection() as conn:
            key = await api_keys.live(conn, match[1])
            stored = key.secret_sha256 if key else bytes(32)
            if not hmac.compare_digest(sha256(match[2].encode()).digest(), stored) or key is None:
                raise NotAuthenticated("This API key does not exist, is revoked, or is over")
            await api_keys.used(conn, key.id)
        return _holder(key)

    async def holder(self, key_id: str) -> Caller:
        """Who holds an API key that was shown before, while it lives; raises NotAuthenticated, Away."""
        async with self._db.connection() as conn:
            key = await api_keys.live(conn, key_id) if self._keys else None
        if key is None:
            raise NotAuthenticated("This API key does not exist, is revoked, or is over")
        return _holder(key)


class Authentication(AbstractAuthenticationMiddleware):
    """Sets `request.user` to the Caller; routes with `exclude_from_auth` in their opt are public."""

    def __init__(
        self, app: ASGIApp, callers: Callers, exclude: str | list[str] | None = None
    ) -> None:
        # Guards run for OPTIONS too, and they ask who calls.
        super().__init__(app, exclude=exclude, exclude_http_methods=())
        self._callers = callers

    async def authenticate_request(
        self, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> AuthenticationResult:
        """Recognize the caller; raises NotAuthenticated."""
        caller = await self._callers.identify(connection.headers.get("authorization", ""))
        return AuthenticationResult(user=caller, auth=None)


def from_environment(
    environ: Mapping[str, str],
    db: Database,
    service: str,
    env: str,
    fetch: Callable[[str], Awaitable[bytes]],
) -> Callers:
    """Read AUTH_JWKS (a path or https URL), AUTH_ISSUER (comma-separated) and AUTH_API_KEYS (on, off).

    API keys are on in dev, and where there is no other way in. Raises ConfigError.
    """
    jwks = environ.get("AUTH_JWKS", "")
    names = frozenset(filter(None, re.split(r"[,\s]+", environ.get("AUTH_ISSUER", ""))))
    issuers = Issuers(jwks, names, f"hub.{service}", fetch) if jwks else None
    asked = environ.get("AUTH_API_KEYS", "")
    keys = asked == "on" if asked else env == "dev" or not jwks
    return Callers(db, issuers, keys=keys)


def guard(
    scope: str,
) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], None]:
    """A Litestar guard: only callers with this scope; raises Forbidden."""
    assert scope in SCOPES, f"no scope is named {scope}"

    def check(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        if scope not in connection.user.scopes:
            raise Forbidden(f"The token lacks the scope {scope}")

    return check


def user_of(caller: Caller, named: str | None) -> str | None:
    """Return the user that the caller speaks for; None: an administrator who named nobody.

    A caller with a user of its own speaks for that one. One that may impersonate names the user.
    Raises Forbidden for naming somebody else, BadRequest for a name that is missing or malformed.
    """
    if named is not None:
        check_user(named)
    if caller.scopes & {"impersonate", "admin"}:
        user = named or caller.user_id
        if user is None and "admin" not in caller.scopes:
            raise BadRequest("name the user: user_id")
        return user
    if caller.user_id is None:
        raise Forbidden("The token belongs to no user and may not speak for one")
    if named not in (None, caller.user_id):
        raise Forbidden("The token speaks for another user")
    return caller.user_id


def owner_of(caller: Caller, named: str | None) -> str | None:
    """Like `user_of`, for a request that names an account, which says by itself whose it is.

    Then an administrator or a backend that may impersonate need not name the user too.
    """
    if named is None and caller.user_id is None and caller.scopes & {"impersonate", "admin"}:
        return None
    return user_of(caller, named)


def check_user(user_id: str) -> str:
    """Return it if it may be a user id, which becomes part of a subject; else raises BadRequest."""
    if not _USER.fullmatch(user_id):
        raise BadRequest("user_id has 1 to 64 characters out of A-Z, a-z, 0-9, _ and -")
    return user_id


async def create_key(
    db: Database, name: str, scopes: Iterable[str], *, user_id: str | None, days: int, env: str
) -> str:
    """Make an API key for at most 90 days and return it; it cannot be shown again.

    Without `user_id` it is a backend's, which needs `impersonate` or `admin` to do anything for a
    user. Raises BadRequest.
    """
    wanted = tuple(dict.fromkeys(scopes))
    if unknown := sorted(set(wanted) - set(SCOPES)):
        raise BadRequest(f"no such scope: {', '.join(unknown)}; there are {', '.join(SCOPES)}")
    if not 1 <= days <= LONGEST_KEY:
        raise BadRequest(f"a key lives 1 to {LONGEST_KEY} days")
    if user_id is not None:
        check_user(user_id)
    ident, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    key = Key(ident, sha256(secret.encode()).digest(), name, wanted, user_id)
    async with db.connection() as conn:
        await api_keys.add(conn, key, days)
    return f"hub_{env}_{ident}_{secret}"


def _holder(key: Key) -> Caller:
    return Caller(f"key:{key.id}", key.user_id, frozenset(key.scopes))


def _vouched(claims: Mapping[str, Any]) -> Caller:
    uid, scope = claims.get("uid"), claims.get("scope", "")
    if uid is not None and not (isinstance(uid, str) and _USER.fullmatch(uid)):
        raise NotVouched("malformed uid")
    if not isinstance(scope, str):
        raise NotVouched("malformed scope")
    return Caller(str(claims["sub"]), uid, frozenset(scope.split()) & frozenset(SCOPES))
