"""An authorization server on loopback: single-use refresh tokens, PKCE, and faults on command.

A refresh token that is used twice ends its whole family, as RFC 9700 section 4.14.2 asks for.
"""

import asyncio
import base64
import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from tests.fakes.loopback import Asked, answer, loopback

CLIENT_ID, CLIENT_SECRET = "acme-client", "acme-secret"
Fault = Callable[[dict[str, str]], bytes]


class AuthServer:
    """What it issued, what it was asked, and how it misbehaves.

    `faults` are answers that replace the next token answers; `shape` rewrites good ones. `delay` is
    in seconds, `life` is `expires_in`. `people` maps an access token to whose it is.
    """

    def __init__(self) -> None:
        self.url = ""
        self.redirect_uri = ""
        self.life: int | None = 3600
        self.delay = 0.0
        self.rotate = True
        self.faults: list[bytes] = []
        self.shape: Callable[[dict[str, Any]], Any] = lambda reply: reply
        self.codes: dict[str, dict[str, str]] = {}
        self.grants: dict[str, str] = {}
        self.spent: set[str] = set()
        self.people: dict[str, str] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.refreshes = self.reuses = self.busy = self.busiest = 0
        self.revoked: list[str] = []

    def consent(self, url: str, person: str = "u1") -> dict[str, str]:
        """Play the browser and the person who says yes: check the request, return the callback."""
        query = dict(parse_qsl(urlsplit(url).query))
        assert url.startswith(f"{self.url}/authorize?")
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT_ID
        assert query["redirect_uri"] == self.redirect_uri
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self.codes[code] = query | {"person": person}
        return {"state": query["state"], "code": code}

    def issue(self, person: str, scope: str = "") -> dict[str, Any]:
        """Make a grant, as if that person had consented."""
        access, refresh = f"at-{secrets.token_hex(8)}", f"rt-{secrets.token_hex(8)}"
        self.people[access], self.grants[refresh] = person, person
        reply: dict[str, Any] = {"access_token": access, "refresh_token": refresh}
        reply |= {"token_type": "Bearer"} | ({"scope": scope} if scope else {})
        return reply | ({"expires_in": self.life} if self.life is not None else {})

    async def answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        """One request, one answer."""
        path = urlsplit(asked.target).path
        if path == "/token":
            reply = await self._token_timed(asked)
        elif path == "/me":
            person = self.people.get(asked.headers.get("authorization", "").removeprefix("Bearer "))
            reply = said(200, {"id": person, "name": f"<b>{person}</b>"}) if person else said(401)
        elif path == "/revoke":
            assert asked.headers["authorization"] == basic()
            self.revoked.append(json.loads(asked.body)["token"])
            reply = said(200, {})
        else:
            raise AssertionError(f"nobody should ask for {asked.target}")
        writer.write(reply)
        await writer.drain()

    async def _token_timed(self, asked: Asked) -> bytes:
        fields = {name: them[0] for name, them in parse_qs(asked.body.decode()).items()}
        self.asked.append((asked.headers.get("authorization", ""), fields))
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        try:
            await asyncio.sleep(self.delay)
            return self.faults.pop(0) if self.faults else self._token(fields)
        finally:
            self.busy -= 1

    def _token(self, fields: dict[str, str]) -> bytes:
        if (fields.get("client_id"), fields.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return said(401, {"error": "invalid_client"})
        if fields["grant_type"] == "refresh_token":
            return self._refresh(fields["refresh_token"])
        given = self.codes.pop(fields["code"], None)
        digest = hashlib.sha256(fields.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            given is None
            or given["code_challenge"] != challenge
            or given["redirect_uri"] != fields["redirect_uri"]
        ):
            return said(400, {"error": "invalid_grant", "error_description": "<script>"})
        return said(200, self.shape(self.issue(given["person"], given.get("scope", ""))))

    def _refresh(self, token: str) -> bytes:
        self.refreshes += 1
        if token in self.spent:
            self.reuses += 1
            self.grants.clear()
        person = self.grants.get(token)
        if person is None:
            return said(400, {"error": "invalid_grant"})
        reply = self.issue(person)
        if self.rotate:
            del self.grants[token]
            self.spent.add(token)
        else:
            del self.grants[reply.pop("refresh_token")]
        return said(200, self.shape(reply))


def said(status: int, body: Any = None, kind: str = "application/json") -> bytes:
    """One answer; bytes are sent as they are."""
    return answer(status, body, content_type=kind, connection="close")


def basic() -> str:
    """What the client authenticates itself with outside the token endpoint."""
    return "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()


@asynccontextmanager
async def authserver() -> AsyncIterator[AuthServer]:
    """The server, on a port of its own."""
    state = AuthServer()
    async with loopback(state.answer) as server:
        state.url = server.url
        yield state
