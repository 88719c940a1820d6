"""Figma's OAuth: consent with PKCE, codes that work once, a refresh token that works for ever.

https://developers.figma.com/docs/rest-api/authentication/
"""

import base64
import hashlib
import secrets
from html import escape
from urllib.parse import urlencode

from shared.simulation import Answer, Asked, Route

CLIENT_ID = "simulated-client"
LIFE = 7_776_000
"""Seconds that an access token lives."""
NEEDED = {
    "/folders": "folders:read",
    "/comments": "file_comments:read",
    "/versions": "file_versions:read",
    "/meta": "file_metadata:read",
    "/v2/webhooks": "webhooks:read",
    "/v1/images": "file_content:read",
    "/dev_resources": "file_dev_resources:read",
    "/components": "library_content:read",
    "/styles": "library_content:read",
    "/v1/me": "current_user:read",
}
"""What a path asks of a token, by a part of it."""


class Consent:
    """What was issued: access tokens with their scopes. `refreshes` counts successful ones."""

    def __init__(self, client_secret: str) -> None:
        pair = f"{CLIENT_ID}:{client_secret}".encode()
        self._basic = "Basic " + base64.b64encode(pair).decode()
        self._codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, str] = {}
        self.grants: dict[str, str] = {}
        self.refreshes = 0

    def expire(self) -> None:
        """End every access token now; refresh tokens go on."""
        self.tokens.clear()

    def refused(self, asked: Asked) -> Answer | None:
        """The answer to a call without a live token or its scope, None where there are both."""
        if asked.path.startswith(("/oauth", "/v1/oauth")):
            return None
        scopes = self.tokens.get(asked.headers.get("authorization", "").removeprefix("Bearer "))
        if scopes is None:
            return Answer({"status": 403, "err": "Invalid token"}, 403)
        needed = next((it for part, it in NEEDED.items() if part in asked.path), "")
        if needed and needed not in scopes.split():
            said = f"Invalid scope(s): {scopes}. This endpoint requires the {needed} scope"
            return Answer({"status": 403, "error": True, "message": said}, 403)
        return None

    def authorize(self, asked: Asked) -> Answer:
        """The page that asks; its link, or `consent=yes`, leads back with a code."""
        wish = asked.query
        if wish.get("client_id") != CLIENT_ID or not wish.get("state") or not wish.get("scope"):
            return Answer({"message": "Invalid request"}, 400)
        if wish.get("consent") != "yes":
            link = escape(f"?{urlencode({**wish, 'consent': 'yes'})}")
            page = f"<!doctype html><title>Figma, simulated</title><a href='{link}'>Allow</a>"
            return Answer(page.encode(), headers={"content-type": "text/html; charset=utf-8"})
        code = secrets.token_hex(10)
        self._codes[code] = wish
        back = urlencode({"code": code, "state": wish["state"]})
        return Answer(None, 302, {"location": f"{wish['redirect_uri']}?{back}"})

    def token(self, asked: Asked) -> Answer:
        """Exchange a code."""
        form, wish = asked.form(), self._codes.pop(asked.form().get("code", ""), None)
        if asked.headers.get("authorization") != self._basic:
            return Answer({"status": 401, "error": True, "message": "Unauthorized"}, 401)
        if wish is None or form["redirect_uri"] != wish["redirect_uri"] or not _proven(wish, form):
            return Answer({"status": 400, "error": True, "message": "Invalid code"}, 400)
        refresh = f"figur_{secrets.token_hex(20)}"
        self.grants[refresh] = wish["scope"]
        access = self._issue(wish["scope"])
        whose = {"user_id_string": "1535685101263221741", "user_id": 1535685101263221741}
        return Answer({**access, "refresh_token": refresh, **whose})

    def refresh(self, asked: Asked) -> Answer:
        """A new access token for a refresh token, which stays as it is."""
        scopes = self.grants.get(asked.form().get("refresh_token", ""))
        if asked.headers.get("authorization") != self._basic or scopes is None:
            return Answer({"status": 400, "error": True, "message": "Invalid refresh token"}, 400)
        self.refreshes += 1
        return Answer({**self._issue(scopes), "token_type": "bearer"})

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/oauth", self.authorize),
            Route("POST", "/v1/oauth/token", self.token),
            Route("POST", "/v1/oauth/refresh", self.refresh),
        ]

    def _issue(self, scopes: str) -> dict[str, object]:
        access = f"figu_{secrets.token_hex(20)}"
        self.tokens[access] = scopes
        return {"access_token": access, "expires_in": LIFE}


def _proven(wish: dict[str, str], form: dict[str, str]) -> bool:
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return wish["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
