"""A made-up provider, and as much of a hub as connecting needs."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from msgspec import Struct, structs

from shared.config import (
    DatabaseSettings,
    NatsSettings,
    OAuthSettings,
    ProviderSettings,
    Service,
    Settings,
    WebhookSettings,
)
from shared.http.client import HttpApi
from shared.oauth.keyring import Keyring, new_key
from shared.oauth.protocol import basic
from shared.oauth.tokens import Tokens
from shared.provider import Api, OAuth, Provider, Revocation, Stream
from shared.store import accounts
from shared.store.accounts import Account
from shared.store.database import Database
from shared.types import Identity, Page, Secret, Token
from tests.fakes.authserver import CLIENT_ID, CLIENT_SECRET, AuthServer

PUBLIC = "http://localhost:8999"


class Me(Struct):
    id: str
    name: str


class Cursor(Struct):
    at: int = 0


async def identify(api: Api) -> Identity:
    me = await api.get("/me", Me)
    return Identity(id=me.id, name=me.name, routes=(f"user:{me.id}",))


async def revoke(gone: Revocation) -> None:
    await gone.api.send("POST", "/revoke", dict[str, str], {"token": gone.token.access})


async def pages(api: Api, at: Any, resource: Any) -> AsyncIterator[Page]:
    """Nothing is walked here."""
    for _ in ():
        yield Page((), at)


def acme(server: AuthServer, **facts: Any) -> Provider:
    """The provider, at this authorization server; `facts` change how its accounts are opened."""
    oauth = OAuth(
        authorize_url=f"{server.url}/authorize",
        token_url=f"{server.url}/token",
        identify=identify,
        scopes=("read", "write"),
        refresh="rotating",
        revoke=revoke,
    )
    return Provider(
        name="acme",
        title="Acme",
        port=8999,
        base_url=server.url,
        sources=("slack",),
        normalizers={},
        oauth=structs.replace(oauth, **facts),
        streams=(Stream(name="things", source="slack", cursor=Cursor, pages=pages),),
    )


def settings(provider: Provider, public_url: str = PUBLIC, **oauth: Any) -> Settings:
    """Settings of the made-up service."""
    assert provider.oauth
    facts: dict[str, Any] = {
        "provider": provider.name,
        "client_id": CLIENT_ID,
        "client_secret": Secret(CLIENT_SECRET),
        "redirect_url": f"{public_url}/oauth/callback",
    }
    return Settings(
        service=Service(name="acme", port=8999, public_url=public_url, env="dev"),
        oauth=OAuthSettings(**facts | oauth),
        webhook=WebhookSettings(),
        database=DatabaseSettings(url=Secret("")),
        nats=NatsSettings(url=Secret("")),
        provider=ProviderSettings(
            base_url=provider.base_url,
            authorize_url=provider.oauth.authorize_url,
            token_url=provider.oauth.token_url,
        ),
        encryption_keys=Secret(""),
    )


@dataclass
class FakeHub:
    """`shared.oauth.flow.Parts`, without a worker."""

    provider: Provider
    settings: Settings
    db: Database
    http: httpx.AsyncClient
    keys: Keyring = field(default_factory=lambda: Keyring.parse(Secret(f"1:{new_key()}")))
    woken: int = 0

    def bare_api(self, token: Token) -> Api:
        async def access(refused: str) -> str:
            return "" if refused else token.access

        return HttpApi(self.http, self.provider, self.provider.base_url, access)

    def client_api(self) -> Api:
        return HttpApi(
            self.http,
            self.provider,
            self.provider.base_url,
            None,
            authorization=basic(self.settings),
        )

    def wake(self) -> None:
        self.woken += 1

    def tokens(self, **facts: Any) -> Tokens:
        """The account's tokens, with short pauses."""
        facts = {"pause": 0.0, "again": 0.2, "patience": 2.0, "lease": 1.0} | facts
        return Tokens(self.provider, self.settings, self.db, self.keys, self.http, **facts)

    async def rows(self, statement: str, *values: Any) -> list[Any]:
        """What the database answers to a test's own question."""
        async with self.db.connection() as conn:
            cursor = await conn.execute(statement, values)
            return await cursor.fetchall() if cursor.description else []

    async def account(self, account_id: UUID) -> Account:
        """The account as it is now."""
        async with self.db.connection() as conn:
            found = await accounts.get(conn, self.provider.name, account_id)
        assert found
        return found
