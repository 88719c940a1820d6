"""Discord's OAuth: consent with a server, codes with PKCE, and refresh tokens that work once.

https://discord.com/developers/docs/topics/oauth2
"""

import base64
import hashlib
import secrets
from html import escape
from urllib.parse import urlencode

from services.discord.simulator.rows import ANA, BOT, GUILD, user
from shared.simulation import Answer, Asked, Route

CLIENT_ID, LIFE = BOT, 604_800


class Consent:
    """What was issued. `refreshes` counts successful ones, `reuses` tokens that came a second time."""

    def __init__(self, client_secret: str, bot_token: str) -> None:
        self._secret = client_secret
        self.bot_token = bot_token
        self._codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, str] = {}
        self._grants: dict[str, str] = {}
        self._spent: set[str] = set()
        self.refreshes = self.reuses = 0

    def expire(self) -> None:
        """End every access token now; refresh tokens go on."""
        self.tokens.clear()

    def end(self) -> None:
        """Whoever consented takes it back: nothing that was issued works any more."""
        self.tokens.clear()
        self._grants.clear()

    def refused(self, asked: Asked) -> Answer | None:
        """The answer to a call without the token that it needs, None where it has that."""
        if asked.path.startswith("/api/oauth2/token") or asked.path.startswith("/oauth2/"):
            return None
        if asked.path == "/api/v10/oauth2/token/revoke":
            return None
        kind, _, token = asked.headers.get("authorization", "").partition(" ")
        personal = asked.path in ("/api/v10/oauth2/@me", "/api/v10/users/@me/guilds")
        if personal and kind == "Bearer" and token in self.tokens:
            return None
        if not personal and (kind, token) == ("Bot", self.bot_token):
            return None
        return problem(401, 0, "401: Unauthorized")

    def authorize(self, asked: Asked) -> Answer:
        """The page that asks for a server; its link, or `consent=yes`, leads back with a code."""
        wish = asked.query
        if wish.get("client_id") != CLIENT_ID or "bot" not in wish.get("scope", "").split():
            return problem(400, 50035, "Invalid Form Body")
        if wish.get("consent") != "yes":
            link = escape(f"?{urlencode({**wish, 'consent': 'yes'})}")
            page = f"<!doctype html><title>Discord, simulated</title><a href='{link}'>Authorize</a>"
            return Answer(page.encode(), headers={"content-type": "text/html; charset=utf-8"})
        code = secrets.token_hex(15)
        self._codes[code] = wish
        back = {"code": code, "state": wish.get("state", ""), "guild_id": GUILD}
        return Answer(None, 302, {"location": f"{wish['redirect_uri']}?{urlencode(back)}"})

    def token(self, asked: Asked) -> Answer:
        """Exchange a code, or rotate a pair; forms only."""
        form = asked.form()
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, self._secret):
            return Answer({"error": "invalid_client"}, 401)
        if form.get("grant_type") == "refresh_token":
            return self._refresh(form.get("refresh_token", ""))
        wish = self._codes.pop(form.get("code", ""), None)
        if wish is None or not _proven(wish, form):
            return Answer({"error": "invalid_grant"}, 400)
        guild = {"id": GUILD, "name": "Acme", "owner_id": ANA, "roles": []}
        return self._issue(wish.get("scope", ""), guild=guild)

    def revoke(self, asked: Asked) -> Answer:
        """End all that the person ever authorized, whichever token comes in the form."""
        pair = base64.b64encode(f"{CLIENT_ID}:{self._secret}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {pair}":
            return Answer({"error": "invalid_client"}, 401)
        if asked.form().get("token") in {*self.tokens, *self._grants}:
            self.end()
        return Answer({})

    def me(self, asked: Asked) -> Answer:
        token = asked.headers["authorization"].removeprefix("Bearer ")
        application = {"id": BOT, "name": "Hub"}
        scopes = self.tokens[token].split()
        return Answer({"application": application, "scopes": scopes, "user": user(ANA)})

    def routes(self) -> list[Route]:
        """What belongs to consent."""
        return [
            Route("GET", "/oauth2/authorize", self.authorize),
            Route("POST", "/api/oauth2/token", self.token),
            Route("POST", "/api/v10/oauth2/token/revoke", self.revoke),
            Route("GET", "/api/v10/oauth2/@me", self.me),
        ]

    def _refresh(self, refresh: str) -> Answer:
        if refresh not in self._grants:
            self.reuses += refresh in self._spent
            return Answer({"error": "invalid_grant"}, 400)
        self.refreshes += 1
        self._spent.add(refresh)
        return self._issue(self._grants.pop(refresh))

    def _issue(self, scope: str, **beside: object) -> Answer:
        access, refresh = secrets.token_hex(15), secrets.token_hex(15)
        self.tokens[access] = self._grants[refresh] = scope
        told = {"token_type": "Bearer", "expires_in": LIFE, "scope": scope}
        return Answer({**told, "access_token": access, "refresh_token": refresh, **beside})


def problem(status: int, code: int, message: str) -> Answer:
    """A refusal in Discord's own shape."""
    return Answer({"message": message, "code": code}, status)


def _proven(wish: dict[str, str], form: dict[str, str]) -> bool:
    """Whether whoever brings the code is who asked for it (RFC 7636)."""
    verifier = form.get("code_verifier", "").encode()
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
    asked = wish.get("code_challenge"), wish["redirect_uri"]
    return (challenge, form.get("redirect_uri")) == asked
