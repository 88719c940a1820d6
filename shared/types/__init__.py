"""The nouns that travel between a provider and the hub."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, NoReturn

from msgspec import Raw, Struct


class Secret:
    """A value that must not be shown: its repr is `***` and it refuses to be encoded.

    `reveal()` gives the text; every use of it is easy to find.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself; never log, format or store the result."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


class Delivery(Struct, frozen=True):
    """One webhook call as it arrived: the bytes are kept, nothing has been parsed.

    `headers` have lower-case names; `query` is the raw query string; `received_at` is epoch seconds.
    """

    body: bytes
    headers: Mapping[str, str]
    query: str = ""
    method: str = "POST"
    received_at: float = 0.0


class Record(Struct, frozen=True):
    """One thing the provider told us, still in the provider's words.

    `kind` picks the normalizer, which says by its annotation how `payload` is decoded.
    `revision` orders the versions of the item (compared byte by byte, so one fixed-width form for
    both doors); when empty the hub takes the Message's `updated_at`, else its `timestamp`.
    `removed` makes a tombstone of it. `routes` are the keys that say whose item it is when it came
    by webhook (`repo:555`); a record of a sync belongs to the account that was synced.
    """

    kind: str
    payload: Raw
    revision: str = ""
    removed: bool = False
    routes: tuple[str, ...] = ()


class Nudge(Struct, frozen=True):
    """ "Go and look": a webhook without content. The named stream runs now, for every account routed.

    An empty `stream` runs all of them; an empty `resource` all resources of the stream. A resource
    with `facts` is walked even if nobody discovered it yet. The `subscription` of that name is renewed
    now, or made anew where it is gone.
    """

    routes: tuple[str, ...]
    stream: str = ""
    resource: str = ""
    facts: Mapping[str, str] = {}
    subscription: str = ""


class Names(Struct, frozen=True):
    """What ids are called from now on, for every account routed: people, channels."""

    routes: tuple[str, ...]
    names: Mapping[str, str]


class Resource(Struct, frozen=True):
    """A part of an account that has cursors of its own: a repository, a channel, a calendar.

    `id` is stable for ever, `name` is for people and API paths, `routes` are the webhook keys that
    lead to the account, `facts` is what its streams need to know: other ones than were told before
    make it due at once.
    """

    id: str = ""
    name: str = ""
    routes: tuple[str, ...] = ()
    facts: Mapping[str, str] = {}


class Page(Struct, frozen=True):
    """One step of a walk: what was listed and where the next step begins.

    `cursor` is the stream's own struct and is stored in the transaction that stores the records.
    `excluded` counts what was listed but is not an item of this stream, by reason.
    `resources` are parts of the account that this page discovered.
    `total` is the provider's own count of what the walk will list, when it tells.
    `names` are what the page calls ids that other records mention.
    `routes` are the webhook keys that this stream finds for the account itself; None: it does not say.
    """

    records: tuple[Record, ...]
    cursor: Any
    excluded: Mapping[str, int] = {}
    resources: tuple[Resource, ...] = ()
    total: int | None = None
    names: Mapping[str, str] = {}
    routes: tuple[str, ...] | None = None


class Identity(Struct, frozen=True):
    """Whose account a token opens: `id` is the provider's stable id, never a name that can change.

    `routes` are the webhook keys that belong to the account itself (`user:1`).
    `scopes` is what was really granted, when the provider tells. `extra` was found out with it, and is
    kept beside the token.
    """

    id: str
    name: str = ""
    email: str = ""
    routes: tuple[str, ...] = ()
    scopes: tuple[str, ...] | None = None
    extra: Mapping[str, str] = {}


class Token(Struct, frozen=True):
    """What opens an account. `expires_at` is None for a token that does not expire.

    `extra` is what a minted token is made from (an installation id), or what was told with it.
    `beside` are tokens that the same consent gave for accounts of their own.
    """

    access: str
    refresh: str = ""
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    extra: Mapping[str, str] = {}
    beside: tuple["Token", ...] = ()

    def __repr__(self) -> str:
        return f"Token(expires_at={self.expires_at}, scopes={self.scopes})"


class Minting(Struct, frozen=True):
    """What a token is minted from: the account's `extra` and the service's own settings.

    `settings` are the environment's values named by `OAuth.settings`; `api_url` is the base in force.
    """

    extra: Mapping[str, str]
    settings: Mapping[str, Secret]
    api_url: str


class Receipt(NamedTuple):
    """What a delivery is answered with; a body that is an object is JSON."""

    status: int = 200
    body: bytes = b""


class Response(Struct, frozen=True):
    """A provider's answer, as far as error mapping needs it; `headers` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Quota(Struct, frozen=True):
    """A limit that a provider counts by: `capacity` units that come back evenly over `per` seconds."""

    capacity: float
    per: float


class Charge(NamedTuple):
    """What a call costs: so many units of the quota of that name.

    `of` is what the quota is counted apart for, as a channel; what an answer tells of a limit is then
    about that one. No units: the call only waits until nothing is owed (`Provider.billed`).
    """

    quota: str
    units: float = 1
    of: str = ""
