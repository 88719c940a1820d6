"""Microsoft's OAuth: consent that an administrator may have to give, and refresh tokens for one use.

https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow
"""

import base64
import hashlib
import secrets
from collections.abc import Callable
from html import escape
from typing import Any
from urllib.parse import urlencode

from services.microsoft.simulator.signer import Signer
from shared.simulation import Answer, Asked, Route

CLIENT_ID = "00000000-0000-0000-5117-00000000a661"
TENANT = "84bd8158-6d4d-4958-8b9f-9d6445542f95"
OID = "48d31887-5fad-4d73-a9f5-3c356e68a038"
MAIL = "sam@acme.test"
_GRAPH = "https://graph.microsoft.com/"
_PRODUCTS = {
    "/v1.0/me/mail": "Mail.",
    "/v1.0/me/messages": "Mail.",
    "/v1.0/me/calendar": "Calendars.",
    "/v1.0/me/events": "Calendars.",
    "/v1.0/me/drive": "Files.",
}
"""The scopes that paths which begin like this need one of."""


class Consent:
    """What was issued: live access tokens and unused refresh tokens, with their scopes."""

    def __init__(self, client_secret: str, signer: Signer, now: Callable[[], float]) -> None:
        self._secret, self._signer, self._now = client_secret, signer, now
        self._codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, str] = {}
        self.grants: dict[str, str] = {}
        self.refreshes = 0
        self.governed = False
        self._limits = 0

    def govern(self) -> None:
        """Let nobody consent but an administrator."""
        self.governed = True

    def limit(self) -> None:
        """Answer the next call of the mailbox as Graph does when there are too many."""
        self._limits += 1

    def expire(self) -> None:
        """End every access token now; refresh tokens go on."""
        self.tokens.clear()

    def refused(self, asked: Asked) -> Answer | None:
        """The answer to a call without a live token, or without its scope; None where all is well."""
        if not asked.path.startswith("/v1.0/"):
            return None
        granted = self.tokens.get(asked.headers.get("authorization", "").removeprefix("Bearer "))
        if granted is None:
            return problem(401, "InvalidAuthenticationToken", "Access token has expired.")
        needed = next((it for at, it in _PRODUCTS.items() if asked.path.startswith(at)), "")
        if needed not in granted:
            return problem(403, "ErrorAccessDenied", "Access is denied.")
        if self._limits and needed == "Mail.":
            self._limits -= 1
            answer = problem(429, "ApplicationThrottled", "MailboxConcurrency limit.")
            return Answer(answer.body, 429, {"retry-after": "1.128"})
        return None

    def authorize(self, asked: Asked) -> Answer:
        """The page that asks; `consent=yes` leads back, `without=Mail.` leaves scopes out."""
        wish = asked.query
        if wish.get("client_id") != CLIENT_ID or wish.get("code_challenge_method") != "S256":
            return Answer({"error": "invalid_request"}, 400)
        if wish.get("consent") != "yes":
            link = escape(f"?{urlencode({**wish, 'consent': 'yes'})}")
            page = f"<!doctype html><title>Microsoft, simulated</title><a href='{link}'>Accept</a>"
            return Answer(page.encode(), headers={"content-type": "text/html; charset=utf-8"})
        told = {"state": wish.get("state", "")}
        if self.governed:
            why = "AADSTS90094: An administrator of Acme has set a policy.\r\nTrace ID: 1"
            told |= {"error": "access_denied", "error_description": why}
        else:
            told["code"] = f"0.A{secrets.token_hex(20)}"
            self._codes[told["code"]] = wish
        return Answer(None, 302, {"location": f"{wish['redirect_uri']}?{urlencode(told)}"})

    def token(self, asked: Asked) -> Answer:
        """Exchange a code, whose verifier must fit, or refresh; each refresh token is good once."""
        form = asked.form()
        if form.get("client_secret") != self._secret or form.get("client_id") != CLIENT_ID:
            return _denied("invalid_client", 7000215)
        if form.get("grant_type") == "refresh_token":
            scope = self.grants.pop(form.get("refresh_token", ""), None)
            self.refreshes += scope is not None
            return self._issue(scope) if scope else _denied("invalid_grant", 700082)
        wish = self._codes.pop(form.get("code", ""), None)
        proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        fits = base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
        if wish is None or wish.get("code_challenge") != fits:
            return _denied("invalid_grant", 54005)
        left = wish.get("without", " ")
        asked_for = [it for it in wish["scope"].split() if left not in it]
        own = ("openid", "profile", "email", "offline_access")
        scope = " ".join(it if it in own else _GRAPH + it for it in asked_for)
        said = {
            "iss": f"{asked.root}/{TENANT}/v2.0",
            "nonce": wish.get("nonce", ""),
            "oid": OID,
            "tid": TENANT,
            "sub": "pairwise",
            "name": "Sam",
            "preferred_username": MAIL,
        }
        return self._issue(scope, id_token=self._signer.token(CLIENT_ID, self._now(), **said))

    def routes(self) -> list[Route]:
        """What is asked of the sign-in, and who somebody is."""
        me = {"id": OID, "displayName": "Sam", "mail": MAIL, "userPrincipalName": MAIL}
        return [
            Route("GET", "/common/oauth2/v2.0/authorize", self.authorize),
            Route("POST", "/common/oauth2/v2.0/token", self.token),
            Route("GET", "/common/discovery/v2.0/keys", lambda _: Answer(self._signer.jwks)),
            Route("GET", "/v1.0/me", lambda _: Answer(me)),
            Route("GET", "/v1.0/organization", lambda _: Answer({"value": [{"id": TENANT}]})),
        ]

    def _issue(self, scope: str, **more: str) -> Answer:
        access, refresh = f"eyJ0.{secrets.token_hex(20)}", f"0.AX{secrets.token_hex(20)}"
        self.tokens[access] = self.grants[refresh] = scope
        told = {"access_token": access, "expires_in": 3599, "scope": scope, "token_type": "Bearer"}
        return Answer({**told, "refresh_token": refresh, **more})


def _denied(error: str, code: int) -> Answer:
    said = f"AADSTS{code}: No.\r\nTrace ID: 1"
    return Answer({"error": error, "error_description": said, "error_codes": [code]}, 400)


def problem(status: int, code: str, message: str = "") -> Answer:
    """How Graph says no."""
    inner: dict[str, Any] = {"date": "2026-11-20T09:00:00", "request-id": "1"}
    return Answer({"error": {"code": code, "message": message, "innerError": inner}}, status)
