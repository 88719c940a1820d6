"""Whose account a token opens, and how it is closed. Refresh tokens work once, and only `offline.access` brings one.

https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code
"""

from urllib.parse import urlencode

from services.twitter.reading import me
from shared.errors import BadRequest, ItemGone, Reauthorize, Refused
from shared.provider import Api, Revocation
from shared.types import Identity

SCOPES = ("tweet.read", "users.read", "offline.access", "dm.read", "tweet.write", "dm.write")
ON_REQUEST = ("like.read", "bookmark.read", "users.email")
"""What costs more, or tells more, than most want."""
DEAD = frozenset({"invalid_grant", "invalid_request"})
"""X calls a code or a refresh token that is spent or too old an invalid request."""

READ, DIRECT = frozenset({"tweet.read"}), frozenset({"dm.read"})
LIKES, BOOKMARKS = frozenset({"like.read"}), frozenset({"bookmark.read"})

LATE = "X keeps a consent for thirty seconds only, and takes it once; connect again."
OTHERWISE = "X no longer knows this consent; connect again."


async def identify(api: Api) -> Identity:
    """The account's number; its handle may change. The address is told where `users.email` was granted."""
    try:
        its = await me(api, **{"user.fields": "confirmed_email"})
    except (BadRequest, ItemGone):
        its = await me(api)
    routes = (f"user:{its.id}",)
    return Identity(id=its.id, name=its.username, email=its.confirmed_email, routes=routes)


def explain(description: str) -> str:
    """What somebody can do about a refusal that X only describes."""
    said = description.lower()
    if "authorization code" in said:
        return LATE
    return OTHERWISE if "token was invalid" in said else ""


async def revoke(it: Revocation) -> None:
    """End both tokens; one that is dead already needs no goodbye."""
    for token in filter(None, (it.token.refresh, it.token.access)):
        body = urlencode({"token": token})
        try:
            await it.api.send("POST", "/2/oauth2/revoke", type(None), body)
        except (BadRequest, Refused, Reauthorize):
            continue
