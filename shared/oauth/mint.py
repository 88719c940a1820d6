"""Tokens that are made, not granted: an app's installation, a service account."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from shared.config import Settings
from shared.errors import Refused, Unavailable
from shared.provider import Minting, Provider
from shared.types import Identity, Token

T = TypeVar("T")

PATIENCE = 20.0
"""Seconds that making a token may take; less than the lease of a refresh."""


async def mint(provider: Provider, settings: Settings, token: Token) -> Token:
    """Make a fresh token from `token.extra`, which it keeps. Raises a ProviderError."""
    oauth = provider.oauth
    if oauth is None or oauth.mint is None:
        raise Refused(f"{provider.title} does not make tokens")
    fresh = await patiently(provider, oauth.mint(facts(settings, token)))
    return Token(
        access=fresh.access,
        expires_at=fresh.expires_at,
        scopes=fresh.scopes or token.scopes,
        extra=fresh.extra or token.extra,
    )


async def whose(provider: Provider, settings: Settings, token: Token) -> Identity | None:
    """Whose a minted token is; None where the token says so itself. Raises a ProviderError."""
    if not token.extra or provider.oauth is None or provider.oauth.minted is None:
        return None
    return await patiently(provider, provider.oauth.minted(facts(settings, token)))


def facts(settings: Settings, token: Token | None = None) -> Minting:
    """What a provider may make tokens from, for an account or for the app itself."""
    return Minting(
        extra=token.extra if token else {},
        settings=settings.environment,
        api_url=settings.provider.base_url,
    )


async def patiently(provider: Provider, answer: Awaitable[T]) -> T:
    """Wait for an answer of the provider's part. Raises Unavailable when it takes too long."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await answer
    except TimeoutError:
        raise Unavailable(f"{provider.title} did not answer in time") from None
