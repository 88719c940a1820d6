"""Dropbox's OAuth: consent, codes, refresh tokens that stay, and access tokens that end.

https://developers.dropbox.com/oauth-guide
"""

import secrets
from base64 import b64encode
from html import escape
from typing import Any
from urllib.parse import urlencode

from shared.simulation import Answer, Asked, Route

CLIENT_ID = "simulatedappkey"
ACCOUNT = "dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc"
LIFE = 14_400
"""Seconds of an access token."""


class Consent:
    """What was issued. `refreshes` counts successful ones."""

    def __init__(self, client_secret: str) -> None:
        self._secret = client_secret
        self._codes: dict[str, dict[str, str]] = {}
        self._expired: set[str] = set()
        self.tokens: dict[str, str] = {}
        """The live access tokens, each with the refresh token that it belongs to."""
        self.scopes: dict[str, str] = {}
        """The live refresh tokens, each with what was granted."""
        self.refreshes = 0

    def expire(self) -> None:
        """End every access token now; refresh tokens go on."""
        self._expired |= self.tokens.keys()
        self.tokens.clear()

    def unlink(self) -> None:
        """The person takes the app's access away."""
        self.tokens.clear()
        self.scopes.clear()

    def refused(self, asked: Asked) -> Answer | None:
        """The answer to a call without a live token, None where there is one."""
        if asked.path.startswith("/oauth2/"):
            return None
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if token in self.tokens:
            return None
        return error(
            401, "expired_access_token" if token in self._expired else "invalid_access_token"
        )

    def authorize(self, asked: Asked) -> Answer:
        """The page that asks; its link, or `consent=yes`, leads back with a code."""
        wish = asked.query
        if wish.get("client_id") != CLIENT_ID or wish.get("response_type") != "code":
            return Answer(b"Invalid client_id", 400)
        if wish.get("consent") != "yes":
            link = escape(f"?{urlencode({**wish, 'consent': 'yes'})}")
            page = f"<!doctype html><title>Dropbox, simulated</title><a href='{link}'>Allow</a>"
            return Answer(page.encode(), headers={"content-type": "text/html; charset=utf-8"})
        code = secrets.token_hex(10)
        self._codes[code] = wish
        back = urlencode({"code": code, "state": wish.get("state", "")})
        return Answer(None, 302, {"location": f"{wish['redirect_uri']}?{back}"})

    def token(self, asked: Asked) -> Answer:
        """Exchange a code, or make a new access token."""
        wish = asked.form()
        pair = f"{wish.get('client_id')}:{wish.get('client_secret')}".encode()
        basic = asked.headers.get("authorization", f"Basic {b64encode(pair).decode()}")
        if basic != f"Basic {b64encode(f'{CLIENT_ID}:{self._secret}'.encode()).decode()}":
            return Answer({"error": "invalid_client"}, 400)
        if wish.get("grant_type") == "refresh_token":
            refresh = wish.get("refresh_token", "")
            if refresh not in self.scopes:
                return _dead("refresh token is invalid or revoked")
            self.refreshes += 1
            return Answer(self._access(refresh))
        consented = self._codes.pop(wish.get("code", ""), {})
        if consented.get("redirect_uri") != wish.get("redirect_uri") or not consented:
            return _dead("code doesn't exist or has expired")
        return self._granted(consented)

    def revoke(self, asked: Asked) -> Answer:
        """End the access token of the call, its refresh token, and that one's other access tokens."""
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        refresh = self.tokens[token]
        self.scopes.pop(refresh, None)
        self.tokens = {one: its for one, its in self.tokens.items() if its != refresh}
        return Answer(None)

    def routes(self) -> list[Route]:
        """Everything about tokens."""
        return [
            Route("GET", "/oauth2/authorize", self.authorize),
            Route("POST", "/oauth2/token", self.token),
            Route("POST", "/2/auth/token/revoke", self.revoke),
        ]

    def _granted(self, consented: dict[str, str]) -> Answer:
        refresh = secrets.token_hex(20)
        self.scopes[refresh] = consented.get("scope", "")
        about = {"scope": self.scopes[refresh], "uid": "12345678", "account_id": ACCOUNT}
        lasting = consented.get("token_access_type") == "offline"
        more = {"refresh_token": refresh} if lasting else {}
        return Answer({**self._access(refresh), **about, **more})

    def _access(self, refresh: str) -> dict[str, Any]:
        access = f"sl.u.{secrets.token_hex(20)}"
        self.tokens[access] = refresh
        return {"access_token": access, "token_type": "bearer", "expires_in": LIFE}


def _dead(why: str) -> Answer:
    return Answer({"error": "invalid_grant", "error_description": why}, 400)


def error(status: int, *tags: str) -> Answer:
    """A refusal in Dropbox's own shape, from the outermost tag to the most exact one."""
    found: dict[str, Any] = {".tag": tags[-1]}
    for tag in reversed(tags[:-1]):
        found = {".tag": tag, tag: found}
    return Answer({"error_summary": "/".join((*tags, "..")), "error": found}, status)
