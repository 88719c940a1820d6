"""Who is looking: cookies that are sealed by the keyring, and the token that every form carries.

An operator's cookie names an API key, never holds it: the key is looked up at every request, so a key
that is revoked or over ends its sessions. The cookie of an end user names the user of a one-time link.
"""

import hmac
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

from litestar import Request
from litestar.datastructures import Cookie
from msgspec import MsgspecError, Struct, json

from shared.oauth.keyring import DecryptError, Keyring
from shared.service.callers import Forbidden
from shared.service.console.desk import Desk
from shared.store import flows
from shared.store.database import Database

Place = Literal["console", "connect"]
Asked = Request[Any, Any, Any]

LIFE: dict[Place, float] = {"console": 8 * 3600.0, "connect": 3600.0}
"""Seconds that a session lives, whatever happens in it."""
LINK = 600.0
"""Seconds within which a one-time link is opened."""
FIELD = "form_token"


class Session(Struct, frozen=True):
    """What a cookie holds. `who` is an API key's id or a user, empty for someone who is not known yet."""

    who: str
    form: str
    ends: float
    return_to: str = ""


def begin(place: Place, who: str, return_to: str = "", now: float | None = None) -> Session:
    """A new session with a form token of its own."""
    ends = (time.time() if now is None else now) + LIFE[place]
    return Session(who, secrets.token_urlsafe(24), ends, return_to)


def cookie(desk: Desk, place: Place, session: Session | None) -> Cookie:
    """The cookie of a session; None takes it away.

    Coming back from a provider's page is a cross-site navigation, on which a Strict cookie is not
    sent: the operator's is Strict, the end user's Lax.
    """
    sealed = (
        desk.keys.seal(json.encode(session), account="", provider=place, field="session")
        if session
        else b""
    )
    return Cookie(
        key=name(desk, place),
        value=urlsafe_b64encode(sealed).decode(),
        path="/",
        max_age=int(LIFE[place]) if session else 0,
        secure=desk.secure,
        httponly=True,
        samesite="strict" if place == "console" else "lax",
    )


def name(desk: Desk, place: Place) -> str:
    """The cookie's name; by https no other host can set it."""
    return ("__Host-" if desk.secure else "") + f"fleet_{place}"


def read(desk: Desk, place: Place, request: Asked) -> Session | None:
    """The session of a request; None when there is none, or it is over or not ours."""
    return opened(desk.keys, place, request.cookies.get(name(desk, place), ""), time.time())


def opened(keys: Keyring, place: Place, text: str, now: float) -> Session | None:
    """What a cookie holds; None for one that is empty, changed, of another place, or over."""
    try:
        plain = keys.open_(urlsafe_b64decode(text), account="", provider=place, field="session")
        session = json.decode(plain, type=Session)
    except (DecryptError, MsgspecError, ValueError):
        return None
    return session if session.ends > now else None


async def check_form(request: Asked, session: Session) -> None:
    """Let a POST pass that one of our own pages sent; raises Forbidden."""
    given = (await request.form()).get(FIELD, "")
    came = request.headers.get("sec-fetch-site", "same-origin")
    own = isinstance(given, str) and hmac.compare_digest(given.encode(), session.form.encode())
    if not own or came not in ("same-origin", "none"):
        raise Forbidden(
            "This form is too old, or was not sent by this page. Go back, reload, try again."
        )


async def issue(
    db: Database, provider: str, place: Place, who: str, return_to: str = ""
) -> tuple[str, datetime]:
    """Make a ticket that opens one session, once, within ten minutes; returns it and when it ends.

    It is kept as a flow of the provider whose service made it, whose role may see no other's.
    """
    ticket = secrets.token_urlsafe(32)
    flow = flows.Flow(uuid4(), who, b"", (), "", return_to)
    async with db.connection() as conn:
        return ticket, await flows.add(conn, provider, flow, f"{place}:{ticket}", LINK)


async def redeem(db: Database, provider: str, place: Place, ticket: str) -> Session | None:
    """The session that a ticket opens; None when it is unknown, used, too old, or of another place."""
    once = secrets.token_urlsafe(32)
    async with db.connection() as conn:
        flow = await flows.open_(conn, provider, f"{place}:{ticket}", once, once)
    return begin(place, flow.user_id, flow.return_to) if flow else None
