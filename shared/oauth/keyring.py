"""Envelope encryption: every account has a key of its own, wrapped by one of the fleet's keys.

A sealed value is `0x01 | kid (u32) | nonce (12) | AES-256-GCM ciphertext and tag`, bound to its place:
the associated data is `hub/v1`, the kid, the account, the provider and the field, so a value that is
copied into another row or column does not open. Kid 0 stands for the account's own key.
"""

import base64
import binascii
import os
import zlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import MsgspecError, Struct, json

from shared.errors import ConfigError, HubError
from shared.store import accounts, entrusted
from shared.store.database import Database
from shared.types import Secret, Token

log = structlog.get_logger()

VERSION = b"\x01"
OWN = 0
HEAD = 1 + 4 + 12
ENDS = "consent_ends_at"
"""What a provider's `read_token` calls, in `extra`, the moment at which the consent itself ends."""


class DecryptError(HubError):
    """Stored credentials cannot be opened: a key is missing, or the data was changed."""


class TokenSet(Struct, frozen=True):
    """What is stored of a token; `since` is when it was issued, which tells how long it lives."""

    token: Token
    since: datetime

    def alive(self, now: datetime) -> bool:
        """Whether it will last a call: ten seconds, or a twentieth of a very short life."""
        expires = self.token.expires_at
        if expires is None:
            return True
        return now < expires - min(timedelta(seconds=10), (expires - self.since) / 20)

    def consent_over(self, now: datetime) -> bool:
        """Whether the consent ended by itself, as the provider had said it would."""
        ends = self.token.extra.get(ENDS, "")
        return bool(ends) and datetime.fromisoformat(ends) <= now

    @property
    def due(self) -> datetime:
        """When to refresh: ahead of the end by 5 min or 10 % of the life, give or take 20 %.

        What lives shorter than that is used until 10 % is left. The jitter is the token's own, so
        that every replica comes to the same time.
        """
        expires = self.token.expires_at
        if expires is None:
            return datetime.max.replace(tzinfo=UTC)
        life = expires - self.since
        margin = max(timedelta(minutes=5), life / 10)
        margin *= 0.8 + 0.4 * zlib.crc32(self.token.access.encode()) / 2**32
        return expires - (margin if margin < life else life / 10)


def new_key() -> str:
    """Return 32 random bytes in base64, fit for ENCRYPTION_KEYS as `<number>:<this>`."""
    return base64.b64encode(os.urandom(32)).decode()


class Keyring:
    """The fleet's keys by number (kid): one seals, all of them open."""

    def __init__(self, keys: Mapping[int, bytes], current: int) -> None:
        self._keys = {kid: AESGCM(key) for kid, key in keys.items()}
        self.current_kid = current

    @classmethod
    def parse(cls, text: Secret) -> "Keyring":
        """Read `2:<base64>,1:<base64>`, current key first; ConfigError lists every problem."""
        keys: dict[int, bytes] = {}
        problems: list[str] = []
        entries = [entry.strip() for entry in text.reveal().split(",") if entry.strip()]
        for position, entry in enumerate(entries, 1):
            number, _, value = entry.partition(":")
            try:
                kid, key = _key(number, value)
            except ValueError as error:
                problems.append(f"ENCRYPTION_KEYS, entry {position}: {error}")
                continue
            if keys.setdefault(kid, key) is not key:
                problems.append(f"ENCRYPTION_KEYS has two keys with the number {kid}")
        if not entries:
            problems.append(
                "ENCRYPTION_KEYS is not set; write 1:<the output of `openssl rand -base64 32`>"
            )
        if problems:
            raise ConfigError(*problems)
        return cls(keys, next(iter(keys)))

    def seal(self, plain: bytes, *, account: str, provider: str, field: str) -> bytes:
        """Encrypt under the current key for one place."""
        kid = self.current_kid
        return _seal(self._keys[kid], kid, plain, _place(account, provider, field))

    def open_(self, blob: bytes, *, account: str, provider: str, field: str) -> bytes:
        """Decrypt what `seal` made for the same place; raises DecryptError."""
        cipher = self._keys.get(int.from_bytes(blob[1:5]))
        if cipher is None:
            raise DecryptError
        return _open(cipher, blob, _place(account, provider, field))

    def seal_token(self, account: UUID, provider: str, what: TokenSet) -> accounts.Sealed:
        """Encrypt a token set under a fresh key of its own, and that key under the current one."""
        own = os.urandom(32)
        place = _place(str(account), provider, "token")
        return accounts.Sealed(
            token_ct=_seal(AESGCM(own), OWN, json.encode(what), place),
            dek_wrapped=self.seal(own, account=str(account), provider=provider, field="dek"),
            token_kid=self.current_kid,
        )

    def open_token(self, account: UUID, provider: str, sealed: accounts.Sealed) -> TokenSet:
        """Decrypt a token set; raises DecryptError."""
        own = self.open_(sealed.dek_wrapped, account=str(account), provider=provider, field="dek")
        if len(own) != 32 or sealed.token_ct[1:5] != bytes(4):
            raise DecryptError
        plain = _open(AESGCM(own), sealed.token_ct, _place(str(account), provider, "token"))
        try:
            return json.decode(plain, type=TokenSet)
        except MsgspecError:
            raise DecryptError from None


async def rewrap(db: Database, keyring: Keyring, batch: int = 500) -> AsyncIterator[int]:
    """Wrap every account's key by the current one, and yield how many each batch changed.

    Repeatable and safe beside a running fleet: rows that are locked are left for the next run.
    A key that cannot be opened is logged and left as it is. Webhook secrets are sealed anew as well.
    """
    await _seal_entrusted(db, keyring)
    after = UUID(int=0)
    while True:
        done = 0
        async with db.transaction() as conn:
            rows = await accounts.lock_wrapped(conn, keyring.current_kid, after, batch)
            if not rows:
                return
            for row in rows:
                place = {"account": str(row.id), "provider": row.provider, "field": "dek"}
                try:
                    blob = keyring.seal(keyring.open_(row.dek_wrapped, **place), **place)
                except DecryptError:
                    log.warning("a stored key cannot be opened", account=str(row.id))
                    continue
                await accounts.store_wrapped(conn, row.id, blob, keyring.current_kid)
                done += 1
            after = rows[-1].id
        yield done


async def _seal_entrusted(db: Database, keyring: Keyring) -> None:
    async with db.transaction() as conn:
        for provider, sealed in (await entrusted.lock_all(conn)).items():
            place = entrusted_at(provider)
            try:
                await entrusted.store(
                    conn, provider, keyring.seal(keyring.open_(sealed, **place), **place)
                )
            except DecryptError:
                log.warning("a stored webhook secret cannot be opened", provider=provider)


def entrusted_at(provider: str) -> dict[str, str]:
    """The place of the secret that a provider made for its webhook."""
    return {"account": "", "provider": provider, "field": "webhook"}


def _key(number: str, value: str) -> tuple[int, bytes]:
    if not (number.isascii() and number.isdigit() and 0 < int(number[:12]) < 2**32):
        raise ValueError("write <number>:<base64 of 32 bytes>, with a number from 1 to 4294967295")
    try:
        key = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("the key is not base64") from None
    if len(key) != 32:
        raise ValueError(f"the key has {len(key)} bytes instead of 32")
    return int(number), key


def _place(account: str, provider: str, field: str) -> bytes:
    return b"\0".join(part.encode() for part in (account, provider, field))


def _seal(cipher: AESGCM, kid: int, plain: bytes, place: bytes) -> bytes:
    number, nonce = kid.to_bytes(4), os.urandom(12)
    return VERSION + number + nonce + cipher.encrypt(nonce, plain, b"hub/v1" + number + place)


def _open(cipher: AESGCM, blob: bytes, place: bytes) -> bytes:
    if blob[:1] != VERSION:
        raise DecryptError
    try:
        return cipher.decrypt(blob[5:HEAD], blob[HEAD:], b"hub/v1" + blob[1:5] + place)
    except (InvalidTag, ValueError):
        raise DecryptError from None
