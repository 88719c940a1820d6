"""X's OAuth: consent, codes of thirty seconds with PKCE, tokens of two hours, refresh tokens that work once.

https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code
"""

import base64
import hashlib
import secrets
from collections.abc import Callable
from html import escape
from typing import Any
from urllib.parse import unquote, urlencode

from shared.simulation import Answer, Asked, Route

CLIENT_ID = "simulated-client"
APP = "the simulated app's own token"
LIFE, PROMPT = 7_200, 30.0
"""Seconds that an access token lives, and that a code is good for."""

_APP = ("/2/webhooks", "/2/activity/subscriptions/")
_FREE = ("/i/oauth2/", "/2/oauth2/")


class Consent:
    """What was issued. `refreshes` counts successful ones, `reuses` refresh tokens that came again."""

    def __init__(self, client_secret: str, now: Callable[[], float]) -> None:
        self._secret, self._now = client_secret, now
        self._codes: dict[str, tuple[float, dict[str, str]]] = {}
        self.tokens: dict[str, str] = {}
        self._grants: dict[str, str] = {}
        self._spent: set[str] = set()
        self.refreshes = self.reuses = 0
        self.revoked = 0

    def expire(self) -> None:
        """End every access token now, as if its time were over; refresh tokens go on."""
        self.tokens.clear()

    def end(self) -> None:
        """Somebody takes the app's access away."""
        self.tokens.clear()
        self._grants.clear()

    def scopes(self, asked: Asked) -> list[str]:
        """What the call's token may do."""
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        return self.tokens.get(token, "").split()

    def refused(self, asked: Asked) -> Answer | None:
        """The answer to a call without the token that it needs, None where there is one."""
        if asked.path.startswith(_FREE):
            return None
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if asked.path.startswith(_APP):
            return None if token == APP else problem(403, "client-forbidden")
        return None if token in self.tokens else Answer({"title": "Unauthorized"}, 401)

    def authorize(self, asked: Asked) -> Answer:
        """The page that asks; its link, or `consent=yes`, leads back with a code."""
        wish = asked.query
        if wish.get("client_id") != CLIENT_ID or wish.get("code_challenge_method") != "S256":
            return Answer({"error": "invalid_request"}, 400)
        if wish.get("consent") != "yes":
            link = escape(f"?{urlencode({**wish, 'consent': 'yes'})}")
            page = f"<!doctype html><title>X, simulated</title><a href='{link}'>Authorize app</a>"
            return Answer(page.encode(), headers={"content-type": "text/html; charset=utf-8"})
        code = secrets.token_urlsafe(30)
        self._codes[code] = self._now(), wish
        back = urlencode({"code": code, "state": wish.get("state", "")})
        return Answer(None, 302, {"location": f"{wish['redirect_uri']}?{back}"})

    def token(self, asked: Asked) -> Answer:
        """Exchange a code, or rotate a refresh token; the client's own credentials come as Basic."""
        form = asked.form()
        if not self._client(asked):
            return Answer({"error": "unauthorized_client"}, 401)
        if form.get("grant_type") == "refresh_token":
            return self._refresh(form.get("refresh_token", ""))
        at, wish = self._codes.pop(form.get("code", ""), (0.0, {}))
        if not wish or self._now() - at > PROMPT or not _proven(wish, form):
            return _invalid("Value passed for the authorization code was invalid.")
        return self._issue(wish.get("scope", ""))

    def revoke(self, asked: Asked) -> Answer:
        """End one token, of either kind."""
        if not self._client(asked):
            return Answer({"error": "unauthorized_client"}, 401)
        token = asked.form().get("token", "")
        self.revoked += 1
        self.tokens.pop(token, None)
        self._grants.pop(token, None)
        return Answer({"revoked": True})

    def routes(self) -> list[Route]:
        """What is asked without a token."""
        return [
            Route("GET", "/i/oauth2/authorize", self.authorize),
            Route("POST", "/2/oauth2/token", self.token),
            Route("POST", "/2/oauth2/revoke", self.revoke),
        ]

    def _client(self, asked: Asked) -> bool:
        pair = asked.headers.get("authorization", "").removeprefix("Basic ")
        given = base64.b64decode(pair, validate=False).decode("utf-8", "replace").split(":")
        return [unquote(it) for it in given] == [CLIENT_ID, self._secret]

    def _refresh(self, refresh: str) -> Answer:
        if refresh not in self._grants:
            self.reuses += refresh in self._spent
            return _invalid("Value passed for the token was invalid.")
        self.refreshes += 1
        self._spent.add(refresh)
        return self._issue(self._grants.pop(refresh))

    def _issue(self, scope: str) -> Answer:
        access, refresh = secrets.token_urlsafe(40), secrets.token_urlsafe(40)
        self.tokens[access] = scope
        told: dict[str, Any] = {"token_type": "bearer", "expires_in": LIFE, "scope": scope}
        if "offline.access" in scope.split():
            self._grants[refresh] = scope
            told["refresh_token"] = refresh
        return Answer({**told, "access_token": access})


def problem(status: int, word: str, detail: str = "", **headers: str) -> Answer:
    """What X says no with."""
    address = f"https://api.twitter.com/2/problems/{word}"
    said = {"title": word, "detail": detail, "type": address, "status": status}
    return Answer(said, status, {name.replace("_", "-"): it for name, it in headers.items()})


def _invalid(described: str) -> Answer:
    return Answer({"error": "invalid_request", "error_description": described}, 400)


def _proven(wish: dict[str, str], form: dict[str, str]) -> bool:
    """Whether whoever brings the code is who asked for it (RFC 7636)."""
    verifier = form.get("code_verifier", "").encode()
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
    asked = wish.get("code_challenge"), wish.get("redirect_uri")
    return (challenge, form.get("redirect_uri")) == asked
