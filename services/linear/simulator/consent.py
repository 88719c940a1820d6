"""Linear's OAuth: consent, codes with PKCE, tokens of a day, and refresh tokens with half an hour's grace.

https://linear.app/developers/oauth-2-0-authentication
"""

import base64
import hashlib
import secrets
from collections.abc import Callable
from html import escape
from urllib.parse import urlencode

from shared.simulation import Answer, Asked, Route

CLIENT_ID = "simulated-client"
LIFE, GRACE = 86_399, 1_800.0
"""Seconds that an access token lives, and for which a spent refresh token may be sent again."""


class Consent:
    """What was issued. `refreshes` counts successful ones, `reuses` tokens that came again too late."""

    def __init__(self, client_secret: str, now: Callable[[], float]) -> None:
        self._secret, self._now = client_secret, now
        self._codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, str] = {}
        self._grants: dict[str, str] = {}
        self._spent: dict[str, tuple[float, Answer]] = {}
        self.refreshes = self.repeats = self.reuses = 0
        self.revoked: list[str] = []

    def expire(self) -> None:
        """End every access token now, as if its time were over; refresh tokens go on."""
        self.tokens.clear()

    def end(self) -> None:
        """Somebody takes the app's access away."""
        self.tokens.clear()
        self._grants.clear()
        self._spent.clear()

    def refused(self, asked: Asked) -> Answer | None:
        """The answer to a call without a live token, None where there is one."""
        if asked.path.startswith("/oauth/"):
            return None
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        return None if token in self.tokens else problem("AUTHENTICATION_ERROR", 401)

    def authorize(self, asked: Asked) -> Answer:
        """The page that asks; its link, or `consent=yes`, leads back with a code."""
        wish = asked.query
        if wish.get("client_id") != CLIENT_ID or not wish.get("redirect_uri"):
            return Answer({"error": "invalid_client"}, 400)
        if wish.get("consent") != "yes":
            link = escape(f"?{urlencode({**wish, 'consent': 'yes'})}")
            page = f"<!doctype html><title>Linear, simulated</title><a href='{link}'>Authorize</a>"
            return Answer(page.encode(), headers={"content-type": "text/html; charset=utf-8"})
        code = secrets.token_hex(10)
        self._codes[code] = wish
        back = urlencode({"code": code, "state": wish.get("state", "")})
        return Answer(None, 302, {"location": f"{wish['redirect_uri']}?{back}"})

    def token(self, asked: Asked) -> Answer:
        """Exchange a code, or rotate a refresh token; forms only."""
        form = asked.form()
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, self._secret):
            return Answer({"error": "invalid_client"}, 401)
        if form.get("grant_type") == "refresh_token":
            return self._refresh(form.get("refresh_token", ""))
        wish = self._codes.pop(form.get("code", ""), None)
        if wish is None or not _proven(wish, form):
            return Answer({"error": "invalid_grant", "error_description": "no such code"}, 400)
        return self._issue(wish.get("scope", ""))

    def revoke(self, asked: Asked) -> Answer:
        """End one token, which comes in the form."""
        form = asked.form()
        self.revoked += form
        access = self.tokens.pop(form.get("access_token", ""), None)
        refresh = self._grants.pop(form.get("refresh_token", ""), None)
        return Answer({}, 400 if access is None and refresh is None else 200)

    def routes(self) -> list[Route]:
        """What is asked without a token."""
        return [
            Route("GET", "/oauth/authorize", self.authorize),
            Route("POST", "/oauth/token", self.token),
            Route("POST", "/oauth/revoke", self.revoke),
        ]

    def _refresh(self, refresh: str) -> Answer:
        at, before = self._spent.get(refresh, (0.0, Answer()))
        if refresh in self._spent and self._now() - at < GRACE:
            self.repeats += 1
            return before
        if refresh not in self._grants:
            self.reuses += refresh in self._spent
            return Answer({"error": "invalid_grant", "error_description": "spent"}, 400)
        self.refreshes += 1
        answer = self._issue(self._grants.pop(refresh))
        self._spent[refresh] = self._now(), answer
        return answer

    def _issue(self, scope: str) -> Answer:
        access, refresh = (
            f"lin_oauth_{secrets.token_hex(20)}",
            f"lin_refresh_{secrets.token_hex(20)}",
        )
        granted = " ".join(filter(None, ["read", *scope.replace(",", " ").split()]))
        self.tokens[access] = self._grants[refresh] = scope
        told = {"access_token": access, "token_type": "Bearer", "expires_in": LIFE}
        return Answer({**told, "scope": granted, "refresh_token": refresh})


def problem(
    code: str, status: int = 400, message: str = "", headers: dict[str, str] | None = None
) -> Answer:
    """What Linear says no with."""
    said = {"message": message or code, "extensions": {"code": code, "statusCode": status}}
    return Answer({"errors": [said]}, status, headers or {})


def _proven(wish: dict[str, str], form: dict[str, str]) -> bool:
    """Whether whoever brings the code is who asked for it (RFC 7636)."""
    verifier = form.get("code_verifier", "").encode()
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
    asked = wish.get("code_challenge"), wish["redirect_uri"]
    return (challenge, form.get("redirect_uri")) == asked
