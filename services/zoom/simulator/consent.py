"""Zoom's OAuth: consent, codes with PKCE, tokens of an hour, and refresh tokens that work once.

https://developers.zoom.us/docs/integrations/oauth/
"""

import base64
import hashlib
import secrets
from html import escape
from urllib.parse import urlencode

from shared.simulation import Answer, Asked, Route

CLIENT_ID = "ADZ9k9bTWmGUoUbECUKU_a"
LIFE = 3599
SCOPES = (
    "user:read:user meeting:read:list_meetings meeting:read:meeting meeting:read:past_meeting "
    "meeting:read:list_past_participants meeting:read:list_past_instances meeting:read:summary "
    "meeting:write:meeting meeting:update:meeting meeting:delete:meeting "
    "cloud_recording:read:list_user_recordings cloud_recording:read:list_recording_files "
    "cloud_recording:delete:meeting_recording"
)
_DEAD = Answer({"reason": "Invalid Token!", "error": "invalid_grant"}, 400)
_WHO = Answer({"code": 124, "message": "Invalid access token."}, 401)


class Consent:
    """What was issued. `refreshes` counts successful ones, `reuses` tokens that came a second time."""

    def __init__(self, client_secret: str) -> None:
        pair = f"{CLIENT_ID}:{client_secret}".encode()
        self._basic = "Basic " + base64.b64encode(pair).decode()
        self._codes: dict[str, dict[str, str]] = {}
        self._spent: set[str] = set()
        self.tokens: set[str] = set()
        self.grants: dict[str, str] = {}
        self.scopes = SCOPES
        self.refreshes = self.reuses = 0

    def expire(self) -> None:
        """End every access token now; refresh tokens go on."""
        self.tokens.clear()

    def refused(self, asked: Asked) -> Answer | None:
        """The answer to a call without a live token in its header, None where there is one."""
        if asked.path.startswith(("/oauth/", "/v2/oauth/", "/cdn/")):
            return None
        given = asked.headers.get("authorization", "").removeprefix("Bearer ")
        return None if given in self.tokens and "access_token" not in asked.query else _WHO

    def authorize(self, asked: Asked) -> Answer:
        """The page that asks; its link, or `consent=yes`, leads back with a code."""
        wish = asked.query
        if wish.get("client_id") != CLIENT_ID or "scope" in wish:
            return Answer({"code": 4700, "message": "Invalid client or scope."}, 400)
        if wish.get("consent") != "yes":
            link = escape(f"?{urlencode({**wish, 'consent': 'yes'})}")
            page = f"<!doctype html><title>Zoom, simulated</title><a href='{link}'>Allow</a>"
            return Answer(page.encode(), headers={"content-type": "text/html; charset=utf-8"})
        code = secrets.token_hex(16)
        self._codes[code] = wish
        back = urlencode({"code": code, "state": wish.get("state", "")})
        return Answer(None, 302, {"location": f"{wish['redirect_uri']}?{back}"})

    def token(self, asked: Asked) -> Answer:
        """Exchange a code, or rotate a refresh token."""
        if asked.headers.get("authorization") != self._basic:
            reason = "Invalid client_id or client_secret"
            return Answer({"reason": reason, "error": "invalid_client"}, 400)
        form = asked.form()
        if form.get("grant_type") == "refresh_token":
            return self._refresh(form.get("refresh_token", ""))
        wish = self._codes.pop(form.get("code", ""), None)
        return self._issue() if wish is not None and _proven(wish, form) else _DEAD

    def revoke(self, asked: Asked) -> Answer:
        """End a token and what it could be renewed by."""
        if asked.headers.get("authorization") != self._basic:
            return _WHO
        given = asked.form().get("token", "")
        self.tokens.discard(given)
        self.grants = {key: it for key, it in self.grants.items() if it != given}
        return Answer({"status": "success"})

    def routes(self) -> list[Route]:
        """What is asked without a token in the header."""
        return [
            Route("GET", "/oauth/authorize", self.authorize),
            Route("POST", "/oauth/token", self.token),
            Route("POST", "/v2/oauth/revoke", self.revoke),
        ]

    def _refresh(self, refresh: str) -> Answer:
        access = self.grants.pop(refresh, None)
        if access is None:
            self.reuses += refresh in self._spent
            return _DEAD
        self.tokens.discard(access)
        self._spent.add(refresh)
        self.refreshes += 1
        return self._issue()

    def _issue(self) -> Answer:
        access, refresh = secrets.token_hex(32), secrets.token_hex(32)
        self.tokens.add(access)
        self.grants[refresh] = access
        told = {"access_token": access, "token_type": "bearer", "refresh_token": refresh}
        more = {"expires_in": LIFE, "scope": self.scopes, "api_url": "https://api.zoom.us"}
        return Answer({**told, **more})


def _proven(wish: dict[str, str], form: dict[str, str]) -> bool:
    """Whether whoever asks began the consent (RFC 7636, S256), and leads back to the same place."""
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    same = wish["redirect_uri"] == form.get("redirect_uri")
    return same and made == wish.get("code_challenge")
