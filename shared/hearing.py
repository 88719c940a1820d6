"""How a provider's deliveries are proven, read and answered, and the subscriptions that bring them."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from shared.api import Api
from shared.types import (
    Delivery,
    Minting,
    Names,
    Nudge,
    Receipt,
    Record,
    Resource,
    Secret,
    Token,
)

Verify = Callable[[Sequence[bytes], Delivery, float], None]


class Webhook(Struct, frozen=True, kw_only=True):
    """How a delivery is proven genuine, told from its twin, and read."""

    verify: Verify
    """(live secrets, delivery, now in epoch seconds); raises NotGenuine."""
    delivery_id: Callable[[Delivery], str | None]
    """None: the provider gives none, the hub hashes the body."""
    read: Callable[[Delivery], Iterable[Record | Nudge | Names]]
    """Raises UnsupportedEvent for a kind nobody declared, Unreadable for a shape nobody documented."""
    challenge: Callable[[Sequence[bytes], Delivery], bytes | None] | None = None
    entrusted: Callable[[Delivery], Secret | None] | None = None
    """Reads the secret that a provider made, in an unsigned delivery: taken only while there is none."""
    kept: Callable[[bytes], bytes] | None = None
    """What is stored of a body that carries its own proof: the rest of it."""
    receipt: Callable[[Delivery], Receipt] | None = None
    """Answers what was proven and stored, where an empty 200 would not do."""
    secret: str = ""
    """The variable that holds the secret; `<PROVIDER>_WEBHOOK_SECRET` when empty."""
    settings: tuple[str, ...] = ()
    """Environment variables that `verifier` and subscriptions need; each may be a `NAME_FILE`."""
    verifier: Callable[[Mapping[str, Secret]], Verify] | None = None
    """Makes the `verify` of one service from the values of `settings`."""
    max_body: int = 1_048_576
    """Bytes; a larger delivery is answered 413."""
    repair: Callable[[Minting, Callable[[Token], Api]], Awaitable[int]] | None = None
    """Asks again, every few minutes, for what the app's one webhook for all missed; returns how many."""


class Hook(Struct, frozen=True):
    """A subscription that exists at the provider. `expires_at` is None for one that never does."""

    remote_id: str
    expires_at: datetime | None = None
    facts: Mapping[str, str] = {}


class Subscribing(Struct, frozen=True):
    """What a subscription may use: where deliveries go, how they are signed, and what was there."""

    api: Api
    callback_url: str
    secret: Secret
    resource: Resource
    hook: Hook | None = None
    settings: Mapping[str, Secret] = {}


class Subscription(Struct, frozen=True, kw_only=True):
    """A provider-side subscription that the hub creates, renews, proves alive, repairs and stops."""

    name: str
    create: Callable[[Subscribing], Awaitable[Hook]]
    renew: Callable[[Subscribing], Awaitable[Hook]]
    stop: Callable[[Subscribing], Awaitable[None]]
    repair: Callable[[Subscribing], Awaitable[int]] | None = None
    """Asks the provider for what we missed; returns how many deliveries it will send again."""
    scopes: frozenset[str] = frozenset()
    """Runs only for accounts that were granted one of these; empty: for all."""
    stream: str = ""
    """The stream that closes a gap after a repair or a renewal that came late."""
    per_resource: bool = False
    every: float = 300.0
    """Seconds between two checks."""
