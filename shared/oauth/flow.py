"""The way from "connect" to a connected account: link, consent, callback, each of them once.

The link is opened in the user's own browser, which gets a cookie; only that browser can finish, within
ten minutes, once. State and PKCE verifier are random, stored hashed and encrypted respectively.
"""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol
from uuid import uuid4

import structlog
from msgspec import Struct, structs

from shared.config import Settings
from shared.errors import Away, BadRequest, ConfigError, HubError
from shared.oauth import openid, protocol
from shared.oauth.keyring import ENDS, Keyring, TokenSet
from shared.oauth.refusals import declined
from shared.oauth.returning import may_return
from shared.provider import Api, Provider
from shared.store import accounts as ledger
from shared.store import audit, events, flows, routes, runs
from shared.store.accounts import Account
from shared.store.database import Connection, Database
from shared.store.flows import Flow
from shared.sync import subscriptions
from shared.types import Identity, Token

log = structlog.get_logger()

LIFE = 600.0
"""Seconds from the link to the callback."""
_AGAIN = "This link is not valid here any more: it was used, is older than ten minutes, or was opened in another browser. Start again where you came from."


class Parts(Protocol):
    """What connecting needs of the hub."""

    @property
    def provider(self) -> Provider: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def db(self) -> Database: ...
    @property
    def keys(self) -> Keyring: ...
    @property
    def http(self) -> protocol.Client: ...
    def bare_api(self, token: Token) -> Api:
        """An Api that carries this token, for `identify`."""
        ...

    def wake(self) -> None:
        """Tell the worker that there is something to do."""
        ...


class FlowRefused(BadRequest):
    """The connection was not made. `status` is denied or failed; `return_to` where to say so."""

    def __init__(self, message: str, *, status: str = "failed", return_to: str = "") -> None:
        super().__init__(message)
        self.status, self.return_to = status, return_to


class Link(Struct, frozen=True):
    """A one-time link on this service that the user's browser opens, and when it ends."""

    authorization_url: str
    expires_at: datetime


class Opened(Struct, frozen=True):
    """Where the browser goes now, and the session that its cookie holds."""

    url: str
    session: str


class Callback(Struct, frozen=True):
    """What the provider sent the browser back with."""

    state: str = ""
    code: str = ""
    error: str = ""
    error_description: str = ""
    iss: str = ""


class Finished(Struct, frozen=True):
    """The connected account, and where the browser goes next, if anywhere."""

    account: Account
    return_to: str


async def begin(
    hub: Parts, user_id: str, scopes: tuple[str, ...] = (), return_to: str = ""
) -> Link:
    """Start a connection for a user; `scopes` say which of the configured ones. Raises BadRequest."""
    app, oauth = hub.settings.oauth, protocol.oauth_of(hub.provider)
    if not app.client_id:
        name = f"{hub.provider.name.upper()}_CLIENT_ID"
        raise ConfigError(f"set {name} and start the service again, or connect with a token")
    allowed = app.scopes or (*oauth.scopes, *oauth.on_request)
    if unknown := sorted(set(scopes) - set(allowed)):
        raise BadRequest(f"these scopes are not configured here: {' '.join(unknown)}")
    if not may_return(return_to, app.return_to):
        raise BadRequest("return_to is neither a path on this service nor an allowed address")
    ticket, verifier, ident = secrets.token_urlsafe(32), secrets.token_urlsafe(48), uuid4()
    name = hub.provider.name
    flow = Flow(
        id=ident,
        user_id=user_id,
        verifier_ct=hub.keys.seal(
            verifier.encode(), account=str(ident), provider=name, field="verifier"
        ),
        scopes=scopes or tuple(it for it in allowed if it not in oauth.on_request),
        redirect_uri=app.redirect_url,
        return_to=return_to,
    )
    async with hub.db.connection() as conn:
        expires_at = await flows.add(conn, name, flow, ticket, LIFE)
    return Link(f"{hub.settings.service.public_url}/oauth/start/{ticket}", expires_at)


async def open_(hub: Parts, ticket: str, session: str = "") -> Opened:
    """Bind the flow to a browser, by its session if it has one already, and ask for consent."""
    state, session = secrets.token_urlsafe(32), session or secrets.token_urlsafe(32)
    async with hub.db.connection() as conn:
        flow = await flows.open_(conn, hub.provider.name, ticket, state, session)
    if flow is None:
        raise FlowRefused(_AGAIN)
    url = protocol.authorization_url(
        hub.provider, hub.settings, scopes=flow.scopes, state=state, verifier=_verifier(hub, flow)
    )
    return Opened(url, session)


async def finish(hub: Parts, back: Callback, session: str) -> Finished:
    """Turn the callback into a connected account; raises FlowRefused for everything else."""
    if not back.state or not session:
        raise FlowRefused(_AGAIN)
    async with hub.db.connection() as conn:
        flow = await flows.consume(conn, hub.provider.name, back.state, session)
    if flow is None:
        raise FlowRefused(_AGAIN)
    try:
        account = await _finish(hub, flow, back)
    except Away:
        raise
    except HubError as error:
        status = getattr(error, "status", "failed")
        log.warning("an account was not connected", user=flow.user_id, why=str(error))
        async with hub.db.connection() as conn:
            detail = {"provider": hub.provider.name, "why": type(error).__name__}
            await audit.write(
                conn, "browser", "connect", status, user_id=flow.user_id, detail=detail
            )
        raise FlowRefused(str(error), status=status, return_to=flow.return_to) from error
    return Finished(account, flow.return_to)


async def _finish(hub: Parts, flow: Flow, back: Callback) -> Account:
    provider, oauth = hub.provider, protocol.oauth_of(hub.provider)
    if not openid.issuer_fits(oauth, hub.settings, back.iss):
        raise FlowRefused(f"The answer did not come from {provider.title}.")
    if back.error or not back.code:
        why = declined(provider, oauth, back.error, back.error_description)
        raise FlowRefused(why, status="denied" if back.error == "access_denied" else "failed")
    verifier, uri = _verifier(hub, flow), flow.redirect_uri
    token, signed = await protocol.exchange(
        hub.http, provider, hub.settings, code=back.code, verifier=verifier, redirect_uri=uri
    )
    if oauth.openid and signed:
        identity = await openid.signed_in(
            hub.http, provider, hub.settings, oauth.openid, token=signed, verifier=verifier
        )
    else:
        identity = await oauth.identify(hub.bare_api(token))
    scopes = identity.scopes if identity.scopes is not None else token.scopes or flow.scopes
    beside = [(it, await oauth.identify(hub.bare_api(it))) for it in token.beside]
    return await connect(
        hub, flow.user_id, token, identity, scopes=scopes, actor="browser", beside=beside
    )


async def connect(
    hub: Parts,
    user_id: str,
    token: Token,
    identity: Identity,
    *,
    scopes: tuple[str, ...],
    actor: str,
    claims: tuple[str, ...] = (),
    beside: Sequence[tuple[Token, Identity]] = (),
) -> Account:
    """Store an opened account and everything that follows from it, in one transaction.

    `claims` are routes that the caller vouches for; `beside` are accounts of their own that the same
    consent opened. Raises FlowRefused while a former connection of one of them is still being deleted.
    """
    granted = [(it, who, it.scopes if who.scopes is None else who.scopes) for it, who in beside]
    async with hub.db.transaction() as conn:
        account, *others = [
            await _store(conn, hub, user_id, it, who, scopes=given, actor=actor)
            for it, who, given in ((token, identity, scopes), *granted)
        ]
        if claims:
            await routes.set_routes(conn, hub.provider.name, account.id, {"caller": claims})
    hub.wake()
    for it in (account, *others):
        log.info("an account was connected", account=str(it.id), user=user_id)
    return account


async def _store(
    conn: Connection,
    hub: Parts,
    user_id: str,
    token: Token,
    identity: Identity,
    *,
    scopes: tuple[str, ...],
    actor: str,
) -> Account:
    provider, extra = hub.provider, {**token.extra, **identity.extra}
    token = structs.replace(token, beside=(), extra=extra)
    ident = await ledger.claim(conn, provider.name, user_id, identity, scopes)
    if ident is None:
        raise FlowRefused("This account is just being disconnected; try again in a minute.")
    sealed = hub.keys.seal_token(ident, provider.name, TokenSet(token, datetime.now(UTC)))
    account = await ledger.connect(conn, ident, sealed, token.expires_at)
    await routes.set_routes(conn, provider.name, ident, {"identity": identity.routes})
    limited = {key: token.extra[key] for key in (ENDS,) if key in token.extra}
    await events.announce(conn, provider, account, "connected", limited)
    await audit.write(conn, actor, "connect", "done", user_id=user_id, account_id=ident)
    await runs.start_run(conn, streams=provider.streams, account_id=ident, mode="full")
    await subscriptions.ensure(conn, provider, ident, afresh=True)
    return account


def _verifier(hub: Parts, flow: Flow) -> str:
    place = {"account": str(flow.id), "provider": hub.provider.name, "field": "verifier"}
    return hub.keys.open_(flow.verifier_ct, **place).decode()
