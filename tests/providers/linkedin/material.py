"""A LinkedIn that is played in this process, asked through the hub's own client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx

from services.linkedin.oauth import PAGES, SCOPES
from services.linkedin.provider import provider
from services.linkedin.simulator import LinkedIn, app
from services.linkedin.simulator.world import PAGE
from shared.http.client import HttpApi
from shared.normalizer import Message, Version
from shared.sync.normalize import prepare
from shared.types import Page, Resource

ORGANIZATION = Resource(PAGE.rpartition(":")[2], "organization:5515715")
TOKEN = "a token"


async def _nobody(*_: object) -> int:
    return 200


def played(posts: int = 0) -> LinkedIn:
    """A page with so many posts."""
    made = app(_nobody, posts=posts)
    made.consent.tokens[TOKEN] = frozenset([*SCOPES, *PAGES])
    return made


@asynccontextmanager
async def asking(linkedin: LinkedIn) -> AsyncIterator[HttpApi]:
    """The API as an account sees it."""

    async def token(_refused: str) -> str:
        return TOKEN

    transport = httpx.ASGITransport(cast(Any, linkedin))  # two libraries' words for ASGI
    async with httpx.AsyncClient(transport=transport) as client:
        yield HttpApi(client, provider, "http://linkedin.example", token)


def said(pages: list[Page]) -> list[Message]:
    """The Messages of a walk."""
    normalize = prepare(provider)
    found = [normalize(it) for page in pages for it in page.records]
    return [it.message for it in found if isinstance(it, Version)]
