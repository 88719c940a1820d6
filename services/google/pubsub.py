"""Gmail's news: Cloud Pub/Sub pushes them with a token that Google signed.

https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
"""

import re
import threading
import time
import urllib.request
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence

from google.auth import jwt
from google.auth.exceptions import GoogleAuthError
from msgspec import MsgspecError, json

from services.google.gmail_models import bytes_of
from shared.errors import Away, NotGenuine
from shared.types import Delivery

CERTS = "https://www.googleapis.com/oauth2/v1/certs"
ISSUERS = frozenset({"https://accounts.google.com", "accounts.google.com"})
FRESH, OLD, PAUSE = 3600.0, 86_400.0, 30.0
"""Seconds: certificates are renewed after, trusted no longer than, and asked for at most every."""
SKEW = 10
"""Seconds that the clocks may be apart."""

_BEARER = re.compile(
    r"Bearer ([A-Za-z0-9_-]{1,2000})\.([A-Za-z0-9_-]{1,6000})\.([A-Za-z0-9_-]{86,2000})"
)


def fetch(url: str = CERTS) -> Mapping[str, str]:
    """Google's certificates by key id; blocks for some seconds at most, so it has a thread."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(url, timeout=5) as reply:
        return json.decode(reply.read(200_000), type=dict[str, str])


def in_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="google-certs", daemon=True).start()


class Certs:
    """Google's certificates, kept. Nobody waits for them: who comes before they are there is told
    to come again (503), which Pub/Sub does. `now` is in seconds and never runs back."""

    def __init__(
        self,
        fetch: Callable[[], Mapping[str, str]] = fetch,
        start: Callable[[Callable[[], None]], None] = in_thread,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch, self._start, self._now = fetch, start, now
        self._known: Mapping[str, str] = {}
        self._fetched = self._asked = float("-inf")

    def of(self, kid: str) -> Mapping[str, str]:
        """The certificate of that key. Raises Away until it may be known, then NotGenuine."""
        if self._now() - max(self._fetched, self._asked) > PAUSE and (
            kid not in self._known or self._now() - self._fetched > FRESH
        ):
            self._asked = self._now()
            self._start(self._renew)
        if kid in self._known and self._now() - self._fetched < OLD:
            return {kid: self._known[kid]}
        if self._now() - self._fetched > PAUSE:
            raise Away("Google's certificates are being fetched; deliver this again.")
        raise NotGenuine("The token is signed with a key that Google does not publish.")

    def _renew(self) -> None:
        try:
            self._known = self._fetch()
        except (OSError, MsgspecError, ValueError):
            return  # asked again with the next delivery, at most twice a minute
        self._fetched = self._now()


def encoded(data: bytes) -> str:
    """base64url without padding, the one way to write these bytes."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def verify(secrets: Sequence[bytes], it: Delivery, certs: Certs, account: str) -> None:
    """Raise NotGenuine unless Google signed, for one of our audiences, as this service account.

    The audience is one of the secrets; the body itself is not signed.
    """
    found = _BEARER.fullmatch(it.headers.get("authorization", ""))
    if found is None or not account:
        raise NotGenuine("The delivery carries no token of Google, or no account is configured.")
    if len(found[3]) % 4 == 1 or encoded(bytes_of(found[3])) != found[3]:
        raise NotGenuine("The token is not written as Google writes it.")
    token = it.headers["authorization"].removeprefix("Bearer ")
    audiences = [secret.decode("utf-8", "replace") for secret in secrets if secret]
    try:
        header = jwt.decode_header(token)  # type: ignore[no-untyped-call]  # Google ships none
        if not isinstance(header.get("kid"), str):
            raise NotGenuine("The token does not say which key signed it.")
        claims = jwt.decode(  # type: ignore[no-untyped-call]  # as above
            token,
            certs=certs.of(header["kid"]),
            audience=audiences,
            clock_skew_in_seconds=SKEW,
        )
    except (GoogleAuthError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        raise NotGenuine("The token is not genuine, not for us, or too old.") from None
    if not audiences or claims.get("aud") not in audiences or claims.get("iss") not in ISSUERS:
        raise NotGenuine("The token is not for us, or not from Google.")
    if claims.get("email") != account or claims.get("email_verified") is not True:
        raise NotGenuine("The token belongs to another service account.")
