"""Google's OAuth: consent in which scopes can be left out, tokens of an hour, refresh tokens that stay.

https://developers.google.com/identity/protocols/oauth2/web-server
"""

import base64
import hashlib
import secrets
from collections.abc import Callable
from html import escape
from urllib.parse import urlencode

from services.google.simulator.signer import Signer
from shared.simulation import Answer, Asked, Route

CLIENT_ID = "simulated.apps.googleusercontent.com"
_OPEN = ("/o/oauth2/", "/token", "/revoke", "/oauth2/")
_SAM = {"sub": "1077", "email": "sam@acme.test", "email_verified": True, "name": "Sam"}


class Consent:
    """What was issued: live access tokens and refresh tokens, with their scopes."""

    def __init__(self, client_secret: str, signer: Signer, now: Callable[[], float]) -> None:
        self._secret, self._signer, self._now = client_secret, signer, now
        self._codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, str] = {}
        self.grants: dict[str, str] = {}
        self.refreshes = 0
        self._limits = 0

    def limit(self) -> None:
        """Answer the next call of the API as Google does when a user asks too much a minute."""
        self._limits += 1

    def expire(self) -> None:
        """End every access token now; refresh tokens go on."""
        self.tokens.clear()

    def refused(self, asked: Asked) -> Answer | None:
        """The answer to a call without a live token, or without its scope; None where all is well."""
        if asked.path.startswith(_OPEN):
            return None
        granted = self.tokens.get(asked.headers.get("authorization", "").removeprefix("Bearer "))
        if granted is None:
            return problem(401, "authError", "Invalid Credentials")
        product = asked.path.split("/")[1]
        if product in ("gmail", "calendar", "drive") and f"/auth/{product}" not in granted:
            return problem(403, "insufficientPermissions", "Insufficient Permission")
        if self._limits and product == "gmail":
            self._limits -= 1
            answer = problem(403, "userRateLimitExceeded", "User-rate limit exceeded.")
            return Answer(answer.body, 403, {"retry-after": "1"})
        return None

    def authorize(self, asked: Asked) -> Answer:
        """The page that asks; `consent=yes` leads back, `without=drive` unticks a product."""
        wish = asked.query
        if wish.get("client_id") != CLIENT_ID or wish.get("access_type") != "offline":
            return Answer({"error": "invalid_request"}, 400)
        if wish.get("consent") != "yes":
            link = escape(f"?{urlencode({**wish, 'consent': 'yes'})}")
            page = f"<!doctype html><title>Google, simulated</title><a href='{link}'>Continue</a>"
            return Answer(page.encode(), headers={"content-type": "text/html; charset=utf-8"})
        code = f"4/{secrets.token_hex(10)}"
        self._codes[code] = wish
        back = urlencode({"code": code, "state": wish.get("state", ""), "iss": asked.root})
        return Answer(None, 302, {"location": f"{wish['redirect_uri']}?{back}"})

    def token(self, asked: Asked) -> Answer:
        """Exchange a code, whose verifier must fit, or refresh; a refresh token is not replaced."""
        form = asked.form()
        if form.get("client_secret") != self._secret or form.get("client_id") != CLIENT_ID:
            return Answer({"error": "invalid_client"}, 401)
        if form.get("grant_type") == "refresh_token":
            scope = self.grants.get(form.get("refresh_token", ""))
            self.refreshes += scope is not None
            return self._issue(scope) if scope else Answer({"error": "invalid_grant"}, 400)
        wish = self._codes.pop(form.get("code", ""), None)
        proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        fits = base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
        if wish is None or wish.get("code_challenge") != fits:
            return Answer({"error": "invalid_grant"}, 400)
        left = f"/auth/{wish['without']}" if wish.get("without") else " "
        scope = " ".join(it for it in wish["scope"].split() if left not in it)
        refresh = f"1//{secrets.token_hex(20)}"
        self.grants[refresh] = scope
        more: dict[str, str | int] = {"refresh_token": refresh, "refresh_token_expires_in": 604_799}
        if "openid" in scope.split():
            said = {**_SAM, "iss": asked.root, "nonce": wish.get("nonce", "")}
            more["id_token"] = self._signer.token(CLIENT_ID, self._now(), **said)
        return self._issue(scope, **more)

    def revoke(self, asked: Asked) -> Answer:
        """End a user's consent: every token of theirs."""
        known = asked.form().get("token", "") in {*self.grants, *self.tokens}
        self.grants.clear()
        self.tokens.clear()
        return Answer({}, 200 if known else 400)

    def routes(self) -> list[Route]:
        """What is asked of the account itself, and the keys that prove its answers."""
        return [
            Route("GET", "/o/oauth2/v2/auth", self.authorize),
            Route("POST", "/token", self.token),
            Route("POST", "/revoke", self.revoke),
            Route("GET", "/v1/userinfo", lambda _: Answer(_SAM)),
            Route("GET", "/oauth2/v1/certs", lambda _: Answer(self._signer.certs)),
            Route("GET", "/oauth2/v3/certs", lambda _: Answer(self._signer.jwks)),
        ]

    def _issue(self, scope: str, **more: str | int) -> Answer:
        access = f"ya29.{secrets.token_hex(20)}"
        self.tokens[access] = scope
        told = {"access_token": access, "expires_in": 3599, "scope": scope, "token_type": "Bearer"}
        return Answer({**told, **more})


def problem(status: int, reason: str, message: str = "") -> Answer:
    """How Google says no."""
    errors = [{"domain": "global", "reason": reason, "message": message}]
    return Answer({"error": {"code": status, "message": message, "errors": errors}}, status)
