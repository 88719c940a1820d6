"""The contract: a provider is one frozen record of facts and a few pure functions.

Everything that opens a socket, a transaction or a clock belongs to the hub. A provider asks for
what it needs through `Api`; tokens, retries, rate limits, error mapping and tracing are not its
concern.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any, Literal

from litestar.types import ControllerRouterHandler
from msgspec import Struct

from shared.api import Api, Content, Download, Reply
from shared.credentials import Credentials, Field, opening
from shared.hearing import Hook, Subscribing, Subscription, Verify, Webhook
from shared.normalizer import Message
from shared.types import (
    Charge,
    Identity,
    Minting,
    Page,
    Quota,
    Record,
    Resource,
    Response,
    Secret,
    Token,
)

__all__ = [
    "Api",
    "Content",
    "Credentials",
    "Directory",
    "Download",
    "Field",
    "Hook",
    "Minting",
    "OAuth",
    "OpenId",
    "Provider",
    "Reply",
    "Revocation",
    "Stream",
    "Subscribing",
    "Subscription",
    "Verify",
    "Webhook",
    "opening",
]


class OpenId(Struct, frozen=True):
    """How a provider says who consented, in a token that it signs (OpenID Connect Core 1.0): `keys` is a
    path on the base URL or an address, `issuers` are what `iss` may be (`{tid}` stands for that claim),
    and `identity` reads what is proven. Addresses move along with the authorize URL."""

    keys: str
    issuers: tuple[str, ...]
    identity: Callable[[Mapping[str, Any]], Identity]


class OAuth(Struct, frozen=True, kw_only=True):
    """How an account is opened, kept open and closed."""

    authorize_url: str
    token_url: str
    identify: Callable[[Api], Awaitable[Identity]]
    """Asks whose a token is, where no id_token says so."""
    openid: OpenId | None = None
    """Reads the id_token that comes with the scope `openid`."""
    scopes: tuple[str, ...] = ()
    on_request: tuple[str, ...] = ()
    """Scopes beside those that a connection asks for only where its caller names them."""
    scope_parameters: Mapping[str, str] = {}
    """Where the link asks for scopes that begin like this with us, if not in `scope`."""
    scope_separator: str = " "
    granted_separator: str = " "
    pkce: bool = True
    client_auth: Literal["basic", "body"] = "body"
    token_body: Literal["form", "json"] = "form"  # noqa: S105 - a body format, not a password
    refresh: Literal["none", "static", "rotating"] = "static"
    refresh_url: str = ""
    refresh_redirect: bool = False
    """A refresh names the redirect URL of the consent again."""
    extra_params: Mapping[str, str] = {}
    issuer: str = ""
    """What the callback's `iss` must be (RFC 9207), where the provider says that it sends one."""
    dead_grant: frozenset[str] = frozenset({"invalid_grant"})
    """`error` codes of the token endpoint that mean: the user has to connect again."""
    explain: Callable[[str], str] = lambda _: ""
    """What somebody can do about an `error_description`, as a sentence."""
    read_token: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    """Turns an odd token reply into a standard one (RFC 6749 section 5.1), with others in `beside`."""
    revoke: Callable[["Revocation"], Awaitable[None]] | None = None
    mint: Callable[[Minting], Awaitable[Token]] | None = None
    """Makes a fresh access token where there is nothing to refresh (app installations)."""
    minted: Callable[[Minting], Awaitable[Identity]] | None = None
    """Says whose a minted token is, where the token itself cannot."""
    settings: tuple[str, ...] = ()
    """Environment variables that `mint` needs; each may also come as `NAME_FILE`."""


class Revocation(Struct, frozen=True):
    """What `OAuth.revoke` may use: an `Api` whose calls carry the client's own credentials, and one
    for any token, where a grant is ended by itself."""

    api: Api
    client_id: str
    token: Token
    opened: Callable[[Token], Api] | None = None


class Stream(Struct, frozen=True, kw_only=True):
    """How history is walked: from a cursor, page by page, each page saying where the next begins.

    `pages(api, cursor, resource)`: the cursor is a struct of type `cursor` whose defaults mean "from
    the beginning". The generator ends when there is nothing newer. A stream with `per_resource` runs
    for each resource that the stream `of`, or any, discovered; any other runs for the account, as a
    resource without an id whose facts are what callers told of it. `complete`, or what it says of a cursor:
    the walk lists everything there is, so what it did not list is deleted.
    """

    name: str
    source: str
    cursor: type[Struct]
    pages: Callable[[Api, Any, Resource], AsyncIterator[Page]]
    per_resource: bool = False
    of: str = ""
    complete: bool | Callable[[Any], bool] = False
    every: float = 300.0
    """Seconds between two incremental runs when no webhook asks for one."""
    after: str = ""
    """Its first walk waits until that stream of the account was walked, or could not be."""
    scopes: frozenset[str] = frozenset()
    """Runs only for accounts that were granted one of these; empty: for all."""


class Directory(Struct, frozen=True):
    """How records get the names of what they mention by id; `Page.names` and `Names` told them before.

    `put` returns the record with names for some of its `ids`, which its normalizer then finds there.
    """

    ids: Callable[[Record], Iterable[str]]
    put: Callable[[Record, Mapping[str, str]], Record]


class Provider(Struct, frozen=True, kw_only=True):
    """Everything the hub needs to know about one integration."""

    name: str
    title: str
    port: int
    base_url: str
    sources: tuple[str, ...]
    normalizers: Mapping[str, Callable[[Any], Message]]
    ignored: Mapping[str, str] = {}
    """Kinds that are known and dropped on purpose, each with its reason."""
    oauth: OAuth | None = None
    credentials: Credentials | None = None
    """The form that opens its accounts instead of OAuth, each at a server of its own; `base_url` is
    the server meant where the form does not say."""
    webhook: Webhook | None = None
    streams: tuple[Stream, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    routes: tuple[ControllerRouterHandler, ...] = ()
    hosts: Mapping[str, str] = {}
    """Origins (also `https://*.x`) of paths off `base_url`, by their beginning; another one gets all."""
    uploads: tuple[str, ...] = ()
    """Origins besides the API's that take uploads; `{host}` in one stands for the API's own host."""
    headers: Mapping[str, str] = {}
    """Sent with every API call."""
    account_headers: Callable[[Mapping[str, str]], Mapping[str, str]] | None = None
    """From what came beside an account's token (`Api.extra`): sent with every call of it as well."""
    itself: Callable[[str, Mapping[str, Secret]], str] | None = None
    """(path on the base URL, values of `OAuth.settings`): the `Authorization` of a call that the service
    makes for an account as itself, a bot for one; empty where the account's token says enough."""
    dialect: Callable[[Response], Exception | None] | None = None
    """Reads an answer in the provider's own words, also a 2xx one; None: the usual table decides."""
    directory: Directory | None = None
    quotas: Mapping[str, Quota] = {}
    """What the provider counts calls by; `<PROVIDER>_QUOTAS` sets others in their place."""
    charges: Callable[[str, str, bytes], Iterable[Charge]] | None = None
    """(method, path on the base URL or its host, body): what a call costs; None: one of each quota."""
    billed: Callable[[str, str, bytes, Response], Iterable[Charge]] | None = None
    """(method, path, body, good answer): what only the answer tells that it cost, as a price by the row."""
    counted_by: Callable[[str], str] = str
    """Whom the quotas belong to, from `Identity.id`: accounts with one answer share them."""
