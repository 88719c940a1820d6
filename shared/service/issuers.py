"""Callers that another system vouches for: short-lived, asymmetrically signed JWTs (RFC 7519).

The keys come from a JWKS file or URL, are kept for ten minutes, and are read again when a token names
one that is not among them, at most every thirty seconds.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from msgspec import DecodeError, json

from shared.errors import Away, ConfigError, ProviderError

log = structlog.get_logger()

ALGORITHMS = ["EdDSA", "Ed25519", "ES256", "RS256"]
SKEW = 60
"""Seconds by which the issuer's clock may differ."""
LONGEST = 3600
"""Seconds that a token may live from now on."""
KEPT = 600.0
SOONEST = 30.0


class NotVouched(Exception):
    """The token is not one that we accept; the message is for the log."""


class Issuers:
    """Who may vouch for callers. `fetch` reads a URL; `now` is in epoch seconds."""

    def __init__(
        self,
        source: str,
        issuers: frozenset[str],
        audience: str,
        fetch: Callable[[str], Awaitable[bytes]],
        now: Callable[[], float] = time.time,
    ) -> None:
        host = urlsplit(source).hostname or ""
        if source.startswith("http://") and host not in ("127.0.0.1", "localhost", "::1"):
            raise ConfigError("AUTH_JWKS is a path or an https address; http is for this machine")
        if not issuers:
            raise ConfigError(
                "AUTH_ISSUER names who may issue tokens; AUTH_JWKS alone is not enough"
            )
        self._source, self._issuers, self._audience = source, issuers, audience
        self._fetch, self._now = fetch, now
        self._keys: KeySet | None = None
        self._read_at = self._tried_at = float("-inf")
        self._lock = asyncio.Lock()

    async def claims(self, token: str) -> dict[str, Any]:
        """Return the claims of a token that is genuine and ours; raises NotVouched, Away."""
        try:
            try:
                found = jwt.decode(token, await self._known(KEPT), algorithms=ALGORITHMS)
            except InvalidKeyIdError:
                found = jwt.decode(token, await self._known(SOONEST), algorithms=ALGORITHMS)
            now = int(self._now())
            jwt.JWTClaimsRegistry(
                now=now,
                leeway=SKEW,
                iss={"essential": True, "values": sorted(self._issuers)},
                aud={"essential": True, "value": self._audience},
                exp={"essential": True},
                sub={"essential": True},
            ).validate(found.claims)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise NotVouched(type(error).__name__) from error
        if found.claims["exp"] > now + LONGEST + SKEW:
            raise NotVouched("lives too long")
        return found.claims

    async def _known(self, age: float) -> KeySet:
        """The keys, at most `age` seconds old; older ones where the source does not answer."""
        async with self._lock:
            now = self._now()
            if now - self._read_at > age and now - self._tried_at > min(age, SOONEST):
                self._tried_at = now
                try:
                    self._keys = KeySet.import_key_set(json.decode(await self._read()))
                    self._read_at = now
                except (
                    OSError,
                    ProviderError,
                    DecodeError,
                    JoseError,
                    KeyError,
                    TypeError,
                ) as error:
                    log.warning("the keys of AUTH_JWKS cannot be read", why=type(error).__name__)
            if self._keys is None:
                raise Away("the keys that prove callers cannot be read; try again in a minute")
            return self._keys

    async def _read(self) -> bytes:
        if urlsplit(self._source).scheme in ("http", "https"):
            return await self._fetch(self._source)
        return await asyncio.to_thread(Path(self._source).read_bytes)
