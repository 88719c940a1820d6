"""GitHub's OAuth: consent, codes with PKCE, expiring tokens, and refresh tokens that work once.

https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
"""

import base64
import hashlib
import secrets
from html import escape
from urllib.parse import urlencode

from shared.simulation import Answer, Asked, Route

CLIENT_ID = "simulated-client"
LIFE = 28_800
"""Seconds that an access token lives."""


class Consent:
    """What was issued: codes, live access tokens with their scopes, and refresh tokens.

    `refreshes` counts successful ones; `reuses` counts refresh tokens that came a second time. Where
    `expiring` is off, as an app may choose, tokens last and there is nothing to refresh.
    """

    expiring = True

    def __init__(self, client_secret: str) -> None:
        self._secret = client_secret
        self._codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, str] = {}
        self._grants: dict[str, tuple[str, str]] = {}
        self._spent: set[str] = set()
        self.refreshes = self.reuses = 0

    def expire(self) -> None:
        """End every access token now, as if its time were over; refresh tokens go on."""
        self.tokens.clear()

    def refused(self, asked: Asked) -> Answer | None:
        """The answer to a call without a live token, None where there is one."""
        if asked.path.startswith(("/login/", "/applications/")):
            return None
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        return None if token in self.tokens else Answer({"message": "Bad credentials"}, 401)

    def scopes(self, asked: Asked) -> str:
        """What the call's token may do, in GitHub's own form."""
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        return self.tokens[token].replace(" ", ", ")

    def authorize(self, asked: Asked) -> Answer:
        """The page that asks; its link, or `consent=yes`, leads back with a code."""
        wish = asked.query
        if wish.get("client_id") != CLIENT_ID or not wish.get("redirect_uri"):
            return Answer({"message": "there is no such app"}, 404)
        if wish.get("consent") != "yes":
            link = escape(f"?{urlencode({**wish, 'consent': 'yes'})}")
            page = f"<!doctype html><title>GitHub, simulated</title><a href='{link}'>Authorize</a>"
            return Answer(page.encode(), headers={"content-type": "text/html; charset=utf-8"})
        code = secrets.token_hex(10)
        self._codes[code] = wish
        back = urlencode({"code": code, "state": wish.get("state", "")})
        return Answer(None, 302, {"location": f"{wish['redirect_uri']}?{back}"})

    def token(self, asked: Asked) -> Answer:
        """Exchange a code, or rotate a refresh token; refusals come with status 200, as GitHub's do."""
        form = asked.form()
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, self._secret):
            return Answer({"error": "incorrect_client_credentials"})
        if form.get("grant_type") == "refresh_token":
            return self._refresh(form.get("refresh_token", ""))
        wish = self._codes.pop(form.get("code", ""), None)
        if wish is None or not _proven(wish, form):
            return Answer({"error": "bad_verification_code"})
        return self._issue(wish.get("scope", ""))

    def revoke(self, asked: Asked, _client: str) -> Answer:
        """End one token."""
        ended = self.tokens.pop(asked.json().get("access_token", ""), None)
        return Answer(None, 204 if ended is not None else 404)

    def routes(self) -> list[Route]:
        """What is asked without a token."""
        return [
            Route("GET", "/login/oauth/authorize", self.authorize),
            Route("POST", "/login/oauth/access_token", self.token),
            Route("DELETE", r"/applications/([^/]+)/token", self.revoke),
        ]

    def _refresh(self, refresh: str) -> Answer:
        if refresh not in self._grants:
            self.reuses += refresh in self._spent
            return Answer({"error": "bad_refresh_token"})
        access, scope = self._grants.pop(refresh)
        self.tokens.pop(access, None)
        self._spent.add(refresh)
        self.refreshes += 1
        return self._issue(scope)

    def _issue(self, scope: str) -> Answer:
        access, refresh = f"ghu_{secrets.token_hex(18)}", f"ghr_{secrets.token_hex(36)}"
        self.tokens[access] = scope
        told = {"access_token": access, "scope": scope.replace(" ", ","), "token_type": "bearer"}
        if not self.expiring:
            return Answer(told)
        self._grants[refresh] = (access, scope)
        lives = {"expires_in": LIFE, "refresh_token_expires_in": 15_897_600}
        return Answer({**told, "refresh_token": refresh, **lives})


def _proven(wish: dict[str, str], form: dict[str, str]) -> bool:
    """Whether whoever brings the code is who asked for it (RFC 7636)."""
    verifier = form.get("code_verifier", "").encode()
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
    return (
        challenge == wish.get("code_challenge") and form.get("redirect_uri") == wish["redirect_uri"]
    )
