"""A stranger's authorization server: the certified npm `oidc-provider`, with a browser that says yes."""

import os
import re
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
from msgspec import Struct, json

from shared.config import Settings
from shared.http.client import open_client
from shared.oauth import protocol
from shared.provider import Provider
from shared.types import Token
from tests.fakes.acme import PUBLIC, acme, settings
from tests.fakes.authserver import CLIENT_ID, CLIENT_SECRET, AuthServer
from tests.fakes.programs import answers, process

SCOPES = ("openid", "offline_access")


class Outcome(Struct):
    """What came of a grant."""

    outcome: str
    grant: str = ""
    why: str = ""


class Strict(Struct):
    """The server: where it listens, and what it says."""

    url: str
    log: Path

    def outcomes(self) -> Counter[str]:
        """How many refreshes succeeded and failed, and how many grants were revoked."""
        lines = [it for it in self.log.read_bytes().splitlines() if it.startswith(b"{")]
        told = [json.decode(it, type=Outcome) for it in lines]
        return Counter(
            it.outcome.removeprefix("grant.")
            for it in told
            if it.grant == "refresh_token" or it.outcome == "grant.revoked"
        )

    async def grant(self, person: str) -> Token:
        """Connect a person as a browser and our own code do it: consent, code, exchange with PKCE."""
        its, verifier = acme_at(self.url), "v" * 64
        url = protocol.authorization_url(*its, scopes=SCOPES, state="s", verifier=verifier)
        url += "&prompt=consent"
        async with open_client() as client, httpx.AsyncClient(trust_env=False) as browser:
            while not url.startswith(f"{PUBLIC}/"):
                page = await browser.get(url)
                if page.is_success:  # a form of the login or of the consent
                    asked = re.search(r'name="prompt" value="(\w+)"', page.text)
                    assert asked, page.text
                    said = {"prompt": asked[1], "login": person, "password": "any"}
                    page = await browser.post(url, data=said)
                url = urljoin(url, page.headers["location"])
            code = parse_qs(urlsplit(url).query)["code"][0]
            token, _ = await protocol.exchange(
                client, *its, code=code, verifier=verifier, redirect_uri=f"{PUBLIC}/oauth/callback"
            )
            return token


def acme_at(url: str) -> tuple[Provider, Settings]:
    """The made-up provider whose accounts are opened there, and the settings of its service."""
    server = AuthServer()
    server.url = url
    provider = acme(server, scopes=SCOPES)
    return provider, settings(provider)


@asynccontextmanager
async def strict(peers: Path, node: Path, log: Path, late: float = 0.0) -> AsyncIterator[Strict]:
    """The server, its answers to token requests `late` seconds late, gone at the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    env = {
        "PORT": str(port),
        "REDIRECT": f"{PUBLIC}/oauth/callback",
        "CLIENT": CLIENT_ID,
        "SECRET": CLIENT_SECRET,
        "LATE": str(late * 1000),
    }
    command = [str(node), str(peers / "oidc.mjs")]
    with process(command, {"PATH": os.defpath, **env}, log):
        await answers(f"{url}/.well-known/openid-configuration", log)
        yield Strict(url, log)
