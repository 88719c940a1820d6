"""Atlassian's OAuth: consent, codes without PKCE, tokens of an hour, and refresh tokens that rotate.

https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/
"""

import secrets
from collections.abc import Callable
from html import escape
from urllib.parse import urlencode

from shared.simulation import Answer, Asked, Route

CLIENT_ID = "simulated-client"
LIFE, GRACE = 3600, 600.0
"""Seconds that an access token lives, and for which a spent refresh token may be sent again."""
_DEAD = {"error": "invalid_grant", "error_description": "Unknown or invalid refresh token."}


class Consent:
    """What was issued. `refreshes` counts successful ones, `reuses` tokens that came again too late."""

    def __init__(self, client_secret: str, now: Callable[[], float]) -> None:
        self._secret, self._now = client_secret, now
        self._codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, str] = {}
        self._grants: dict[str, str] = {}
        self._spent: dict[str, tuple[float, Answer]] = {}
        self.refreshes = self.repeats = self.reuses = 0

    def expire(self) -> None:
        """End every access token now, as if its time were over; refresh tokens go on."""
        self.tokens.clear()

    def end(self) -> None:
        """Somebody removes the app."""
        self.tokens.clear()
        self._grants.clear()
        self._spent.clear()

    def refused(self, asked: Asked) -> Answer | None:
        """The answer to a call without a live token, None where there is one."""
        if asked.path.startswith("/auth/"):
            return None
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        return (
            None if token in self.tokens else Answer({"code": 401, "message": "Unauthorized"}, 401)
        )

    def authorize(self, asked: Asked) -> Answer:
        """The page that asks; its link, or `consent=yes`, leads back with a code."""
        wish = asked.query
        known = wish.get("client_id") == CLIENT_ID and wish.get("audience") == "api.atlassian.com"
        if not known or not wish.get("redirect_uri"):
            return Answer({"error": "invalid_request"}, 400)
        if wish.get("consent") != "yes":
            link = escape(f"?{urlencode({**wish, 'consent': 'yes'})}")
            page = f"<!doctype html><title>Jira, simulated</title><a href='{link}'>Accept</a>"
            return Answer(page.encode(), headers={"content-type": "text/html; charset=utf-8"})
        code = secrets.token_hex(16)
        self._codes[code] = wish
        back = urlencode({"code": code, "state": wish.get("state", "")})
        return Answer(None, 302, {"location": f"{wish['redirect_uri']}?{back}"})

    def token(self, asked: Asked) -> Answer:
        """Exchange a code, or rotate a refresh token; JSON only."""
        wish = asked.json()
        if (wish.get("client_id"), wish.get("client_secret")) != (CLIENT_ID, self._secret):
            return Answer({"error": "access_denied", "error_description": "Unauthorized"}, 401)
        if wish.get("grant_type") == "refresh_token":
            return self._refresh(wish.get("refresh_token", ""))
        asked_for = self._codes.pop(wish.get("code", ""), None)
        if asked_for is None or asked_for["redirect_uri"] != wish.get("redirect_uri"):
            return Answer({"error": "invalid_grant", "error_description": "Invalid code"}, 403)
        return self._issue(asked_for.get("scope", ""))

    def routes(self) -> list[Route]:
        """What is asked without a token."""
        return [
            Route("GET", "/auth/authorize", self.authorize),
            Route("POST", "/auth/oauth/token", self.token),
        ]

    def _refresh(self, refresh: str) -> Answer:
        at, before = self._spent.get(refresh, (0.0, Answer()))
        if refresh in self._spent and self._now() - at < GRACE:
            self.repeats += 1
            return before
        if refresh not in self._grants:
            self.reuses += refresh in self._spent
            return Answer(_DEAD, 403)
        self.refreshes += 1
        answer = self._issue(self._grants.pop(refresh))
        self._spent[refresh] = self._now(), answer
        return answer

    def _issue(self, scope: str) -> Answer:
        access, refresh = secrets.token_hex(20), secrets.token_hex(20)
        self.tokens[access] = scope
        told = {"access_token": access, "token_type": "Bearer", "expires_in": LIFE, "scope": scope}
        if "offline_access" in scope:
            self._grants[refresh] = scope
            told["refresh_token"] = refresh
        return Answer(told)
