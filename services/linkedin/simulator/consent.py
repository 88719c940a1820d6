"""LinkedIn's OAuth: consent, codes, and tokens of sixty days, which only partners may refresh.

https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow
"""

import re
import secrets
from html import escape
from urllib.parse import urlencode

from shared.simulation import Answer, Asked, Route

CLIENT_ID = "simulated-client"
PAGES = frozenset({"r_organization_social", "w_organization_social", "rw_organization_admin"})
VERSION = re.compile(r"20\d\d(0[1-9]|1[0-2])", re.ASCII)
LIFE, PARTNERSHIP = 5_184_000, 31_536_000
"""Seconds that an access token lives, and that a partner may refresh it after the consent."""


class Consent:
    """What was issued, with the scopes of each token."""

    def __init__(self, client_secret: str) -> None:
        self._secret = client_secret
        self._codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, frozenset[str]] = {}
        self._grants: dict[str, frozenset[str]] = {}
        self.partner = True
        """Whether the app was given tokens that refresh."""
        self.beside = PAGES
        """Granted beside what was asked for, so that a demo shows a page at once; LinkedIn does not."""

    def expire(self) -> None:
        """End every access token now."""
        self.tokens.clear()

    def refused(self, asked: Asked) -> Answer | None:
        """The answer to a call without a live token or a version, None where there are both."""
        if asked.path.startswith("/oauth/"):
            return None
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            return problem(401, "EXPIRED_ACCESS_TOKEN", serviceErrorCode=65602)
        if asked.path.startswith("/rest/"):
            if not VERSION.fullmatch(asked.headers.get("linkedin-version", "")):
                return problem(426, "NONEXISTENT_VERSION")
            wanted = "w_" if asked.method != "GET" else "r"
            if not any(it.startswith(wanted) for it in self.tokens[token]):
                return problem(403, "ACCESS_DENIED", serviceErrorCode=100)
        return None

    def authorize(self, asked: Asked) -> Answer:
        """The page that asks; its link, or `consent=yes`, leads back with a code."""
        wish = asked.query
        if wish.get("client_id") != CLIENT_ID or "code_challenge" in wish:
            return Answer({"error": "invalid_request"}, 400)
        if wish.get("consent") != "yes":
            link = escape(f"?{urlencode({**wish, 'consent': 'yes'})}")
            page = (
                f"<!doctype html><title>LinkedIn, simulated</title><a href='{link}'>Authorize</a>"
            )
            return Answer(page.encode(), headers={"content-type": "text/html; charset=utf-8"})
        code = secrets.token_hex(10)
        self._codes[code] = wish
        back = urlencode({"code": code, "state": wish.get("state", "")})
        return Answer(None, 302, {"location": f"{wish['redirect_uri']}?{back}"})

    def token(self, asked: Asked) -> Answer:
        """Exchange a code or refresh; the granted scopes come with commas."""
        form = asked.form()
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, self._secret):
            return Answer({"error": "invalid_client"}, 401)
        if form.get("grant_type") == "refresh_token":
            refresh = form.get("refresh_token", "")
            if refresh not in self._grants:
                return Answer({"error": "invalid_grant", "error_description": "expired"}, 400)
            return self._issue(self._grants[refresh], refresh)
        wish = self._codes.pop(form.get("code", ""), None)
        if wish is None or form.get("redirect_uri") != wish["redirect_uri"]:
            return Answer({"error": "invalid_request"}, 400)
        granted = frozenset(wish.get("scope", "").split()) | self.beside
        return self._issue(granted, f"AQR{secrets.token_hex(30)}" if self.partner else "")

    def routes(self) -> list[Route]:
        """What is asked without a token."""
        return [
            Route("GET", "/oauth/v2/authorization", self.authorize),
            Route("POST", "/oauth/v2/accessToken", self.token),
        ]

    def _issue(self, granted: frozenset[str], refresh: str) -> Answer:
        """A new access token; the refresh token stays as it is, and its end where it was."""
        access = f"AQ{secrets.token_hex(30)}"
        self.tokens[access] = granted
        told = {"access_token": access, "expires_in": LIFE, "token_type": "Bearer"}
        if refresh:
            self._grants[refresh] = granted
            told |= {"refresh_token": refresh, "refresh_token_expires_in": PARTNERSHIP}
        return Answer({**told, "scope": ",".join(sorted(granted))})


def problem(status: int, code: str, message: str = "", **more: int) -> Answer:
    """What LinkedIn says no with."""
    return Answer({"status": status, "code": code, "message": message or code, **more}, status)
