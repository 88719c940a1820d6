"""Whose account a token opens, what was granted, and how it is given back.

https://developers.google.com/identity/protocols/oauth2/web-server
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct, convert

from shared.errors import ItemGone, Refused
from shared.provider import Api, OpenId, Revocation
from shared.types import Identity

AUTH = "https://www.googleapis.com/auth/"


def scopes(*names: str) -> frozenset[str]:
    """Scopes by their short names."""
    return frozenset(AUTH + name for name in names)


GMAIL = scopes("gmail.modify", "gmail.readonly") | {"https://mail.google.com/"}
CALENDARS = scopes(
    "calendar", "calendar.readonly", "calendar.calendarlist", "calendar.calendarlist.readonly"
)
EVENTS = scopes("calendar", "calendar.readonly", "calendar.events", "calendar.events.readonly")
DRIVE = scopes("drive", "drive.readonly", "drive.metadata", "drive.metadata.readonly", "drive.file")

SCOPES = (
    "openid",
    "email",
    AUTH + "gmail.modify",
    AUTH + "calendar.calendarlist.readonly",
    AUTH + "calendar.events",
    AUTH + "drive.readonly",
)
"""Each product's smallest set that reads, and writes where our endpoints write."""
EXTRA = {"access_type": "offline", "prompt": "consent", "include_granted_scopes": "true"}


class Claims(Struct):
    """Who somebody is, in the words of OpenID Connect."""

    sub: str
    email: str = ""
    email_verified: bool = True
    name: str = ""

    def identity(self) -> Identity:
        """The person by `sub`, which never changes; news is routed by it and by a proven address."""
        mail = (f"mail:{self.email.lower()}",) if self.email and self.email_verified else ()
        routes = (f"user:{self.sub}", *mail)
        return Identity(self.sub, self.name or self.email, self.email, routes)


async def identify(api: Api) -> Identity:
    """Whose token it is that nobody consented to here."""
    try:
        return (await api.get("/v1/userinfo", Claims)).identity()
    except ItemGone:
        raise Refused(
            "Google tells whose account it is with the scopes openid and email."
        ) from None


OPENID = OpenId(
    keys="/oauth2/v3/certs",
    issuers=("https://accounts.google.com", "accounts.google.com"),
    identity=lambda claims: convert(claims, Claims).identity(),
)


async def revoke(it: Revocation) -> None:
    """Give the consent back, which ends every token of this user with this Cloud project."""
    try:
        await it.api.send(
            "POST", "/revoke", type(None), urlencode({"token": it.token.refresh or it.token.access})
        )
    except Refused:
        return  # 400: it was dead already


def read_token(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    """A consent that ends by itself says so: an app in testing keeps nobody longer than 7 days."""
    seconds = reply.get("refresh_token_expires_in")
    if not isinstance(seconds, int) or not 0 < seconds < 10**9:
        return reply
    ends = datetime.now(UTC) + timedelta(seconds=seconds)
    return {**reply, "extra": {"consent_ends_at": ends.isoformat(timespec="seconds")}}
