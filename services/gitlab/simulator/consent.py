"""GitLab's OAuth: consent, codes with PKCE, tokens of two hours, and refresh tokens that work once.

https://docs.gitlab.com/api/oauth2/
"""

import base64
import hashlib
import secrets
import time
from html import escape
from urllib.parse import urlencode

from msgspec import Struct

from shared.simulation import Answer, Asked, Route

CLIENT_ID = "simulated-client"
LIFE = 7200
"""Seconds that an access token lives."""
_DEAD = Answer({"error": "invalid_grant", "error_description": "The grant is invalid."}, 400)
_WHO = Answer({"error": "invalid_token", "error_description": "Token is expired."}, 401)


class Grant(Struct):
    """What one refresh token stands for."""

    access: str
    scope: str
    redirect: str


class Consent:
    """What was issued: codes, live access tokens with their scopes, and refresh tokens.

    `refreshes` counts successful ones; `reuses` counts refresh tokens that came a second time.
    """

    def __init__(self, client_secret: str) -> None:
        self._secret = client_secret
        self._codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, str] = {}
        self._grants: dict[str, Grant] = {}
        self._spent: set[str] = set()
        self.refreshes = self.reuses = 0

    def expire(self) -> None:
        """End every access token now, as if its time were over; refresh tokens go on."""
        self.tokens.clear()

    def refused(self, asked: Asked) -> Answer | None:
        """The answer to a call without a live token, None where there is one."""
        if asked.path.startswith("/oauth/") and asked.path != "/oauth/token/info":
            return None
        return None if _bearer(asked) in self.tokens else _WHO

    def authorize(self, asked: Asked) -> Answer:
        """The page that asks; its link, or `consent=yes`, leads back with a code."""
        wish = asked.query
        if wish.get("client_id") != CLIENT_ID or not wish.get("redirect_uri"):
            return Answer({"message": "there is no such app"}, 404)
        if wish.get("consent") != "yes":
            link = escape(f"?{urlencode({**wish, 'consent': 'yes'})}")
            page = f"<!doctype html><title>GitLab, simulated</title><a href='{link}'>Authorize</a>"
            return Answer(page.encode(), headers={"content-type": "text/html; charset=utf-8"})
        code = secrets.token_hex(32)
        self._codes[code] = wish
        back = urlencode({"code": code, "state": wish.get("state", "")})
        return Answer(None, 302, {"location": f"{wish['redirect_uri']}?{back}"})

    def token(self, asked: Asked) -> Answer:
        """Exchange a code, or rotate a refresh token, which has to name its redirect URI again."""
        form = asked.form()
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, self._secret):
            return Answer({"error": "invalid_client"}, 401)
        if form.get("grant_type") == "refresh_token":
            return self._refresh(form)
        wish = self._codes.pop(form.get("code", ""), None)
        if wish is None or not _proven(wish, form):
            return _DEAD
        return self._issue(wish.get("scope", ""), wish["redirect_uri"])

    def info(self, asked: Asked) -> Answer:
        """What the call's own token may do."""
        scopes = self.tokens[_bearer(asked)].split()
        return Answer({"resource_owner_id": 9, "scope": scopes, "expires_in": LIFE})

    def revoke(self, asked: Asked) -> Answer:
        """End one token, and the refresh token of its grant."""
        given = asked.form().get("token", "")
        self.tokens.pop(given, None)
        self._grants = {key: it for key, it in self._grants.items() if it.access != given}
        return Answer({})

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/oauth/authorize", self.authorize),
            Route("POST", "/oauth/token", self.token),
            Route("GET", "/oauth/token/info", self.info),
            Route("POST", "/oauth/revoke", self.revoke),
        ]

    def _refresh(self, form: dict[str, str]) -> Answer:
        refresh = form.get("refresh_token", "")
        its = self._grants.get(refresh)
        if its is None or its.redirect != form.get("redirect_uri"):
            self.reuses += refresh in self._spent
            return _DEAD
        del self._grants[refresh]
        self.tokens.pop(its.access, None)
        self._spent.add(refresh)
        self.refreshes += 1
        return self._issue(its.scope, its.redirect)

    def _issue(self, scope: str, redirect: str) -> Answer:
        access, refresh = secrets.token_hex(32), secrets.token_hex(32)
        self.tokens[access] = scope
        self._grants[refresh] = Grant(access, scope, redirect)
        told = {"access_token": access, "token_type": "Bearer", "expires_in": LIFE}
        told |= {"refresh_token": refresh, "scope": scope, "created_at": int(time.time())}
        return Answer(told)


def _bearer(asked: Asked) -> str:
    return asked.headers.get("authorization", "").removeprefix("Bearer ")


def _proven(wish: dict[str, str], form: dict[str, str]) -> bool:
    """Whether whoever asks began the consent (RFC 7636, S256), and leads back to the same place."""
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    same = wish["redirect_uri"] == form.get("redirect_uri")
    return same and challenge == wish.get("code_challenge")
