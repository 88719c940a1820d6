"""NATS' keys of users (nkeys): the server knows the public half alone, and the seed stays with its owner.

A seed stands where a URL has the user: `nats://SU...@nats:4222`. Whoever connects with one listens
for answers under `_INBOX.<public key>`, so that a server can grant just that.
"""

import asyncio
import binascii
from base64 import b32decode, b32encode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import nats.errors
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct
from nats.aio.client import Client

from shared.errors import Away, ConfigError

FIRST = 5
"""Seconds in which a reader's connection has to be made."""

_SEED, _USER = 18 << 3, 20 << 3
"""What the first letters say, `S` and `U`."""


class Key(Struct, frozen=True):
    """A user's key; `public` is what the server's configuration names."""

    public: str
    private: Ed25519PrivateKey

    @classmethod
    def of(cls, seed: str) -> "Key":
        """Read a seed; raises ConfigError, which does not repeat it."""
        try:
            raw = b32decode(seed + "=" * (-len(seed) % 8))
        except binascii.Error:
            raw = b""
        if len(raw) != 36 or raw[:34] + _sum(raw[:34]) != raw or raw[:2] != _prefix():
            raise ConfigError("the user in NATS_URL begins like an nkey's seed and is none")
        private = Ed25519PrivateKey.from_private_bytes(raw[2:34])
        return cls(_spell(bytes([_USER]) + private.public_key().public_bytes_raw()), private)

    def sign(self, nonce: str) -> bytes:
        """Answer what the server asks of whoever claims to have the key."""
        return b64encode(self.private.sign(nonce.encode()))


async def connect(url: str, **options: Any) -> Client:
    """`nats.connect`, and with an nkey where the URL's user is a seed. Raises ConfigError for a bad one."""
    client, parts = Client(), urlsplit(url)
    user = parts.username or ""
    if user.startswith("SU") and parts.password is None:
        key = Key.of(user)
        url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        # The client's own way needs a package that exists as source alone, which images do not build.
        client._public_nkey = key.public
        options |= {"signature_cb": key.sign, "inbox_prefix": f"_INBOX.{key.public}".encode()}
    await client.connect(url, **options)
    return client


@asynccontextmanager
async def reader(url: str, **options: Any) -> AsyncIterator[Client]:
    """A connection for the block, closed at its end; raises Away where none is made within `FIRST` seconds."""
    why: list[Exception] = []

    async def note(error: Exception) -> None:
        """The client's own log would be noise between the lines of a reader."""
        why.append(error)

    try:
        async with asyncio.timeout(FIRST):
            nc = await connect(url, connect_timeout=FIRST, error_cb=note, **options)
    except (nats.errors.Error, OSError, TimeoutError) as error:
        told, at = (why or [error])[-1], urlsplit(url)
        raise Away(
            f"NATS does not answer at {at.hostname}:{at.port or 4222}: {told or type(told).__name__};"
            " check NATS_URL and that the server runs"
        ) from error
    try:
        yield nc
    finally:
        await nc.close()


def _prefix() -> bytes:
    return bytes([_SEED | _USER >> 5, (_USER & 31) << 3])


def _spell(raw: bytes) -> str:
    return b32encode(raw + _sum(raw)).decode().rstrip("=")


def _sum(raw: bytes) -> bytes:
    return binascii.crc_hqx(raw, 0).to_bytes(2, "little")
