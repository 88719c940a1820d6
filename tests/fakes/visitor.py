"""A browser as far as pages need one: it keeps cookies, and sends the forms that it was shown."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import httpx

from shared.service import callers
from shared.service.console.sessions import FIELD, issue
from tests.fakes.service import Running

_TOKEN = re.compile(rf'name="{FIELD}" value="([^"]+)"')


class Visitor:
    """One browser in front of one service; `text` and `status` are of the page that it shows."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.answer = httpx.Response(204)

    @property
    def text(self) -> str:
        return self.answer.text

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def at(self) -> str:
        """The path and query of the page."""
        return self.answer.url.raw_path.decode()

    async def go(self, path: str) -> str:
        """Open a page and return it."""
        self.answer = await self.http.get(path, follow_redirects=True)
        return self.text

    async def send(self, path: str, **fields: str) -> str:
        """Send a form of the page, with the token that it carries, and return what follows."""
        (token, *_) = _TOKEN.findall(self.text)
        form = {FIELD: unescape(token), **fields}
        self.answer = await self.http.post(path, data=form, follow_redirects=True)
        return self.text

    async def post(self, path: str, **fields: Any) -> int:
        """Send what no page gave; the status of the answer."""
        return (await self.http.post(path, **fields)).status_code


@asynccontextmanager
async def visitor(service: Running) -> AsyncIterator[Visitor]:
    """A browser that nobody knows."""
    base = str(service.http.base_url)
    async with httpx.AsyncClient(base_url=base, timeout=15, trust_env=False) as http:
        yield Visitor(http)


@asynccontextmanager
async def operator(
    service: Running, *scopes: str, user_id: str | None = None
) -> AsyncIterator[Visitor]:
    """A browser that is signed in, with every scope when none is named."""
    wanted = scopes or callers.SCOPES
    key = await callers.create_key(
        service.hub.db, "test", wanted, user_id=user_id, days=1, env="dev"
    )
    async with visitor(service) as it:
        ticket, _ = await issue(
            service.hub.db, service.hub.provider.name, "console", key.split("_")[2]
        )
        await it.go(f"/console/enter/{ticket}")
        assert it.at == "/console/"
        yield it


async def linked(service: Running, it: Visitor, user_id: str, return_to: str = "") -> str:
    """Let a browser open a link that a backend made for a user; returns the page."""
    key = await service.key("connections:write", "impersonate")
    wish = {"user_id": user_id, "return_to": return_to}
    made = await service.http.post("/connect/links", json=wish, headers=key)
    assert made.status_code == 201, made.text
    return await it.go(urlsplit(made.json()["url"]).path)
