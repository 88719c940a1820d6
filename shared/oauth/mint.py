"""Tokens that are made, not granted: an app's installation, a service account."""

import asyncio

from shared.config import Settings
from shared.errors import Refused, Unavailable
from shared.provider import Minting, Provider
from shared.types import Token

PATIENCE = 20.0
"""Seconds that making a token may take; less than the lease of a refresh."""


async def mint(provider: Provider, settings: Settings, token: Token) -> Token:
    """Make a fresh token from `token.extra`, which it keeps. Raises a ProviderError."""
    oauth = provider.oauth
    if oauth is None or oauth.mint is None:
        raise Refused(f"{provider.title} does not make tokens")
    facts = Minting(
        extra=token.extra, settings=settings.environment, api_url=settings.provider.base_url
    )
    try:
        async with asyncio.timeout(PATIENCE):
            fresh = await oauth.mint(facts)
    except TimeoutError:
        raise Unavailable(f"{provider.title} did not make a token in time") from None
    return Token(
        access=fresh.access,
        expires_at=fresh.expires_at,
        scopes=fresh.scopes or token.scopes,
        extra=fresh.extra or token.extra,
    )
