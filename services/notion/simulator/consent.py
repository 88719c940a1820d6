"""Notion's OAuth: consent, codes, and pairs of tokens of which both are new after each refresh.

https://developers.notion.com/docs/authorization
"""

import base64
import secrets
from html import escape
from urllib.parse import urlencode

from services.notion.simulator.rows import ANA, BOT, PLACE
from shared.simulation import Answer, Asked, Route

CLIENT_ID = "463558a3-725e-4f37-b6d3-000000000000"
VERSION = "2025-09-03"
OWNER = {
    "type": "user",
    "user": {"object": "user", "id": ANA, "name": "Ana A", "type": "person", "person": {}},
}


class Consent:
    """What was issued. `refreshes` counts successful ones, `reuses` tokens that came a second time."""

    def __init__(self, client_secret: str) -> None:
        pair = f"{CLIENT_ID}:{client_secret}".encode()
        self._basic = "Basic " + base64.b64encode(pair).decode()
        self._codes: dict[str, str] = {}
        self.tokens: set[str] = set()
        self.grants: dict[str, str] = {}
        self._spent: set[str] = set()
        self.refreshes = self.reuses = 0

    def expire(self) -> None:
        """End every access token now; refresh tokens go on."""
        self.tokens.clear()

    def refused(self, asked: Asked) -> Answer | None:
        """The answer to a call without a live token or a version, None where there are both."""
        if asked.path.startswith("/v1/oauth/"):
            return None
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return error(401, "unauthorized")
        if asked.headers.get("notion-version") != VERSION:
            return error(400, "missing_version")
        return None

    def authorize(self, asked: Asked) -> Answer:
        """The page that asks; its link, or `consent=yes`, leads back with a code."""
        wish = asked.query
        if wish.get("client_id") != CLIENT_ID or wish.get("owner") != "user":
            return error(400, "invalid_request")
        if wish.get("consent") != "yes":
            link = escape(f"?{urlencode({**wish, 'consent': 'yes'})}")
            page = f"<!doctype html><title>Notion, simulated</title><a href='{link}'>Allow</a>"
            return Answer(page.encode(), headers={"content-type": "text/html; charset=utf-8"})
        code = secrets.token_hex(10)
        self._codes[code] = wish["redirect_uri"]
        back = urlencode({"code": code, "state": wish.get("state", "")})
        return Answer(None, 302, {"location": f"{wish['redirect_uri']}?{back}"})

    def token(self, asked: Asked) -> Answer:
        """Exchange a code, or rotate a pair."""
        if asked.headers.get("authorization") != self._basic:
            return Answer({"error": "invalid_client"}, 401)
        wish = asked.json()
        if wish.get("grant_type") == "refresh_token":
            return self._refresh(wish.get("refresh_token", ""))
        if self._codes.pop(wish.get("code", ""), None) != wish.get("redirect_uri"):
            return Answer({"error": "invalid_grant"}, 400)
        return self._issue()

    def revoke(self, asked: Asked) -> Answer:
        """End a token, which comes in the body."""
        if asked.headers.get("authorization") != self._basic:
            return error(401, "unauthorized")
        self.tokens.discard(asked.json().get("token", ""))
        return Answer({"request_id": "r"})

    def routes(self) -> list[Route]:
        """What is asked without a token in the header."""
        return [
            Route("GET", "/v1/oauth/authorize", self.authorize),
            Route("POST", "/v1/oauth/token", self.token),
            Route("POST", "/v1/oauth/revoke", self.revoke),
        ]

    def _refresh(self, refresh: str) -> Answer:
        access = self.grants.pop(refresh, None)
        if access is None:
            self.reuses += refresh in self._spent
            return Answer({"error": "invalid_grant"}, 400)
        self.tokens.discard(access)
        self._spent.add(refresh)
        self.refreshes += 1
        return self._issue()

    def _issue(self) -> Answer:
        access, refresh = f"ntn_{secrets.token_hex(20)}", f"nrt_{secrets.token_hex(20)}"
        self.tokens.add(access)
        self.grants[refresh] = access
        return Answer(
            {
                "access_token": access,
                "token_type": "bearer",
                "refresh_token": refresh,
                "bot_id": BOT,
                "workspace_id": PLACE,
                "workspace_name": "Acme",
                "workspace_icon": None,
                "owner": OWNER,
                "duplicated_template_id": None,
            }
        )


def error(status: int, code: str, headers: dict[str, str] | None = None, **data: str) -> Answer:
    """A refusal in Notion's own shape."""
    body = {"object": "error", "status": status, "code": code, "message": "simulated"}
    more = {"additional_data": data} if data else {}
    return Answer({**body, **more}, status, headers or {})
