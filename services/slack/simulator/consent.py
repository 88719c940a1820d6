"""Slack's OAuth v2: consent, codes, bot tokens of 12 hours, and refresh tokens that work once.

https://docs.slack.dev/authentication/using-token-rotation
"""

import base64
import secrets
from html import escape
from urllib.parse import urlencode

from shared.simulation import Answer, Asked, Route

CLIENT_ID = "simulated.client"
LIFE = 43_200
"""Seconds that an access token lives."""


class Consent:
    """What was issued. `refreshes` counts successful ones, `reuses` tokens that came a second time."""

    def __init__(self, client_secret: str) -> None:
        pair = f"{CLIENT_ID}:{client_secret}".encode()
        self._basic = "Basic " + base64.b64encode(pair).decode()
        self._codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, str] = {}
        self._expired: set[str] = set()
        self._grants: dict[str, tuple[str, str]] = {}
        self._spent: set[str] = set()
        self.refreshes = self.reuses = 0

    def expire(self) -> None:
        """End every access token now, as if its time were over; refresh tokens go on."""
        self._expired |= set(self.tokens)
        self.tokens.clear()

    def refused(self, asked: Asked) -> Answer | None:
        """The answer to a call without a live token, None where there is one."""
        if asked.path.startswith(("/oauth/", "/api/oauth.", "/api/auth.revoke")):
            return None
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if token in self.tokens:
            return None
        word = "token_expired" if token in self._expired else "invalid_auth"
        return Answer({"ok": False, "error": word})

    def authorize(self, asked: Asked) -> Answer:
        """The page that asks; its link, or `consent=yes`, leads back with a code."""
        wish = asked.query
        if wish.get("client_id") != CLIENT_ID or not wish.get("redirect_uri"):
            return Answer({"ok": False, "error": "invalid_client_id"}, 404)
        if wish.get("consent") != "yes":
            link = escape(f"?{urlencode({**wish, 'consent': 'yes'})}")
            page = f"<!doctype html><title>Slack, simulated</title><a href='{link}'>Allow</a>"
            return Answer(page.encode(), headers={"content-type": "text/html; charset=utf-8"})
        code = secrets.token_hex(10)
        self._codes[code] = wish
        back = urlencode({"code": code, "state": wish.get("state", "")})
        return Answer(None, 302, {"location": f"{wish['redirect_uri']}?{back}"})

    def access(self, asked: Asked) -> Answer:
        """Exchange a code, or rotate a refresh token."""
        form = asked.form()
        if asked.headers.get("authorization") != self._basic:
            return Answer({"ok": False, "error": "bad_client_secret"})
        if form.get("grant_type") == "refresh_token":
            return self._refresh(form.get("refresh_token", ""))
        wish = self._codes.pop(form.get("code", ""), None)
        if wish is None:
            return Answer({"ok": False, "error": "invalid_code"})
        if form.get("redirect_uri") != wish["redirect_uri"]:
            return Answer({"ok": False, "error": "bad_redirect_uri"})
        return self._issue(wish.get("scope", ""))

    def revoke(self, asked: Asked) -> Answer:
        """End one token, which comes in the form."""
        ended = self.tokens.pop(asked.form().get("token", ""), None)
        return Answer({"ok": True, "revoked": True} if ended is not None else _REVOKED)

    def routes(self) -> list[Route]:
        """What is asked without a token in the header."""
        return [
            Route("GET", "/oauth/v2/authorize", self.authorize),
            Route("POST", r"/api/oauth\.v2\.access", self.access),
            Route("POST", r"/api/auth\.revoke", self.revoke),
        ]

    def _refresh(self, refresh: str) -> Answer:
        if refresh not in self._grants:
            self.reuses += refresh in self._spent
            return Answer({"ok": False, "error": "invalid_refresh_token"})
        access, scope = self._grants.pop(refresh)
        self.tokens.pop(access, None)
        self._spent.add(refresh)
        self.refreshes += 1
        return self._issue(scope)

    def _issue(self, scope: str) -> Answer:
        access = f"xoxe.xoxb-1-{secrets.token_hex(18)}"
        refresh = f"xoxe-1-{secrets.token_hex(36)}"
        self.tokens[access], self._grants[refresh] = scope, (access, scope)
        return Answer(
            {
                "ok": True,
                "access_token": access,
                "token_type": "bot",
                "scope": scope,
                "expires_in": LIFE,
                "refresh_token": refresh,
                "bot_user_id": "U0B",
                "app_id": "A01",
                "team": {"id": "T01", "name": "Acme"},
                "enterprise": None,
                "is_enterprise_install": False,
                "authed_user": {"id": "U01"},
            }
        )


_REVOKED = {"ok": False, "error": "token_revoked"}
