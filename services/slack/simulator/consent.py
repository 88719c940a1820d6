"""Slack's OAuth v2: consent, codes, tokens of 12 hours for the bot and for people, each with a refresh
token that works once.

https://docs.slack.dev/authentication/using-token-rotation
"""

import base64
import secrets
from collections.abc import Callable, Mapping
from html import escape
from typing import Any, NamedTuple
from urllib.parse import urlencode

from shared.simulation import Answer, Asked, Route

CLIENT_ID = "simulated.client"
LIFE = 43_200
"""Seconds that an access token lives."""


class Holder(NamedTuple):
    """Whose a token is, and what it may."""

    user: str
    scope: str

    @property
    def is_bot(self) -> bool:
        """Whether it is the app's own."""
        return self.user == "U0B"


class Consent:
    """What was issued. `refreshes` counts successful ones, `reuses` tokens that came a second time.

    `install` tells what the app is installed on; it is Ana, U01, who consents.
    """

    def __init__(self, client_secret: str, install: Callable[[], Mapping[str, Any]]) -> None:
        pair = f"{CLIENT_ID}:{client_secret}".encode()
        self._basic = "Basic " + base64.b64encode(pair).decode()
        self._install = install
        self._codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, Holder] = {}
        self._expired: set[str] = set()
        self._grants: dict[str, tuple[str, Holder]] = {}
        self._spent: set[str] = set()
        self.refreshes = self.reuses = 0

    def expire(self) -> None:
        """End every access token now, as if its time were over; refresh tokens go on."""
        self._expired |= set(self.tokens)
        self.tokens.clear()

    def withdraw(self, user: str) -> None:
        """End everything of one person, or of the bot."""
        self.tokens = {key: it for key, it in self.tokens.items() if it.user != user}
        self._grants = {key: it for key, it in self._grants.items() if it[1].user != user}

    def holder(self, asked: Asked) -> Holder | None:
        """Whose live token a call carries."""
        return self.tokens.get(asked.headers.get("authorization", "").removeprefix("Bearer "))

    def refused(self, asked: Asked) -> Answer | None:
        """The answer to a call without a live token, None where there is one."""
        if asked.path.startswith(("/oauth/", "/api/oauth.", "/api/auth.revoke")):
            return None
        if self.holder(asked):
            return None
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        word = "token_expired" if token in self._expired else "invalid_auth"
        return Answer({"ok": False, "error": word})

    def authorize(self, asked: Asked) -> Answer:
        """The page that asks; its link, or `consent=yes`, leads back with a code."""
        wish = asked.query
        if wish.get("client_id") != CLIENT_ID or not wish.get("redirect_uri"):
            return Answer({"ok": False, "error": "invalid_client_id"}, 404)
        if not wish.get("scope") and not wish.get("user_scope"):
            return Answer({"ok": False, "error": "no_scopes"}, 400)
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
        bot, person = wish.get("scope", ""), wish.get("user_scope", "")
        top = {**self._issue(Holder("U0B", bot)), "bot_user_id": "U0B"} if bot else {}
        theirs = self._issue(Holder("U01", person)) if person else {}
        return self._said({**top, "authed_user": {"id": "U01", **theirs}})

    def revoke(self, asked: Asked) -> Answer:
        """End one token, which comes in the form, and what renews it."""
        token = asked.form().get("token", "")
        self._grants = {key: it for key, it in self._grants.items() if it[0] != token}
        ended = self.tokens.pop(token, None)
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
        access, holder = self._grants.pop(refresh)
        self.tokens.pop(access, None)
        self._spent.add(refresh)
        self.refreshes += 1
        return self._said(self._issue(holder))

    def _issue(self, holder: Holder) -> dict[str, Any]:
        access = f"xoxe.xox{'b' if holder.is_bot else 'p'}-1-{secrets.token_hex(18)}"
        refresh = f"xoxe-1-{secrets.token_hex(36)}"
        self.tokens[access], self._grants[refresh] = holder, (access, holder)
        kind = "bot" if holder.is_bot else "user"
        told = {"access_token": access, "token_type": kind, "scope": holder.scope}
        return {**told, "expires_in": LIFE, "refresh_token": refresh}

    def _said(self, tokens: dict[str, Any]) -> Answer:
        return Answer({"ok": True, **tokens, "app_id": "A01", **self._install()})


_REVOKED = {"ok": False, "error": "token_revoked"}
