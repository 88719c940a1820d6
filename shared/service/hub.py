"""Everything one service works with, opened once and handed to whoever needs it."""

import os
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from uuid import UUID

import structlog
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Struct

from shared.bus.client import Bus
from shared.config import Settings
from shared.errors import NotFound, Reauthorize, Refused
from shared.http.budget import Budget, PostgresBudget
from shared.http.client import HttpApi, open_client
from shared.http.guarded import networks, open_guarded
from shared.http.local import reaching
from shared.oauth.keyring import Keyring
from shared.oauth.protocol import Client
from shared.oauth.tokens import Tokens
from shared.provider import Api, Provider
from shared.service.loops import Signal
from shared.store import accounts
from shared.store.database import Database
from shared.sync.normalize import Normalize, prepare
from shared.telemetry.metrics import Metrics
from shared.types import Token
from shared.webhook.writer import Writer

log = structlog.get_logger()


INBOX_LIMIT = 1_000_000
"""Deliveries waiting to be read, beyond which no more are taken in."""

OUTBOX_LIMIT = 1_000_000
"""Events waiting to be published, beyond which nothing is added to them."""


class Process(Struct):
    """What the services of one process share: the two engines, a client, and the figures."""

    db: Database
    bus: Bus
    http: Client
    metrics: Metrics
    outbox: Signal
    guarded: Client
    """For servers that users name."""
    versions: tuple[str, str] = ("", "")


class Hub(Struct):
    """One service: its provider, its settings, and what it shares with the process."""

    provider: Provider
    settings: Settings
    db: Database
    bus: Bus
    http: Client
    metrics: Metrics
    keys: Keyring
    tokens: Tokens
    budget: Budget
    normalize: Normalize
    writer: Writer
    outbox: Signal
    inbox: Signal
    walks: Signal
    tidy: Signal
    inbox_due: int = 0
    """Deliveries waiting to be read, as housekeeping last counted them."""
    counted: dict[UUID, str] = {}
    """The accounts that called lately, and whom the provider counts each by."""
    outbox_waiting: int = 0
    """Events waiting to be published, as housekeeping last counted them."""

    @property
    def inbox_full(self) -> bool:
        """Whether no more deliveries are taken in: they get 503 and come again."""
        return self.inbox_due > INBOX_LIMIT

    @property
    def outbox_full(self) -> bool:
        """Whether walks and the reading of deliveries pause, because the bus takes nothing."""
        return self.outbox_waiting > OUTBOX_LIMIT

    def api(self, account_id: UUID, *, interactive: bool = False) -> Api:
        """The provider's API as this account sees it; `interactive` for the calls of one request.

        A person waits for those: all of them together take `service.timeout` seconds at most.
        """

        async def token(refused: str) -> str:
            return await self.tokens.access(account_id, refused)

        within = self.settings.service.timeout if interactive else None
        return self._api(token, account_id=account_id, interactive=interactive, within=within)

    def parting_api(self, account_id: UUID) -> Api:
        """The API with the token as it is stored, for an account that is being deleted."""

        async def token(refused: str) -> str:
            return await self.tokens.stored(account_id, refused)

        return self._api(token)

    def bare_api(self, token: Token) -> Api:
        """The provider's API with a token that belongs to no account yet, and what came beside it."""

        async def access(refused: str) -> str:
            if refused:
                raise Reauthorize(f"{self.provider.title} does not accept this token")
            return token.access

        async def extra() -> Mapping[str, str]:
            return token.extra

        return self._api(access, extra=extra)

    def client_api(self) -> Api:
        """The provider's API with the app's own credentials, for revoking."""
        oauth = self.settings.oauth
        if not oauth.client_id or not oauth.client_secret:
            raise Refused(f"{self.provider.title} is not configured: no client id and secret")
        basic = b64encode(f"{oauth.client_id}:{oauth.client_secret.reveal()}".encode()).decode()
        return self._api(None, authorization=f"Basic {basic}")

    def _api(
        self,
        token: Callable[[str], Awaitable[str]] | None,
        *,
        account_id: UUID | None = None,
        interactive: bool = True,
        within: float | None = None,
        authorization: str | None = None,
        extra: Callable[[], Awaitable[Mapping[str, str]]] | None = None,
    ) -> Api:
        return HttpApi(
            self.http,
            self.provider,
            self.settings.provider.base_url,
            token,
            authorization=authorization,
            budget=self.budget if account_id else None,
            key=f"{self.provider.name}:{account_id}" if account_id else "",
            whose=partial(self._counted, account_id) if account_id else None,
            extra=partial(self.tokens.extra, account_id) if account_id else extra,
            settings=self.settings.environment,
            quotas=self.settings.provider.quotas,
            interactive=interactive,
            within=within,
            metrics=self.metrics,
        )

    async def _counted(self, account_id: UUID) -> str:
        """Whom the provider counts an account's calls by; that never changes."""
        if account_id not in self.counted:
            async with self.db.connection() as conn:
                account = await accounts.get(conn, self.provider.name, account_id)
            if account is None:
                raise NotFound
            counted = self.provider.counted_by(account.provider_account_id)
            self.counted[account_id] = f"{self.provider.name}:{counted}"
        return self.counted[account_id]

    def wake(self) -> None:
        """Tell this process that there is work of any kind."""
        self.walks.set()
        self.inbox.set()
        self.outbox.set()
        self.tidy.set()

    @property
    def callback_url(self) -> str:
        """Where the provider sends its webhooks."""
        return self.settings.service.public_url + self.settings.webhook.path


TheHub = NamedDependency[SkipValidation[Hub]]
"""How a route asks for its hub."""


@asynccontextmanager
async def open_process(
    settings: Settings, *, name: str, patience: float = 30.0
) -> AsyncIterator[Process]:
    """Open what the services of a process share; raises ConfigError when an engine is not usable."""
    async with AsyncExitStack() as stack:
        db = Database(settings.database.url.reveal(), settings.database.max_connections)
        postgres = await db.open(patience)
        stack.push_async_callback(db.close)
        bus = await Bus.connect(settings.nats.url.reveal(), name, patience=patience)
        stack.push_async_callback(bus.close)
        await bus.provision(
            replicas=int(os.environ.get("NATS_REPLICAS", "1")),
            max_bytes=int(os.environ.get("NATS_STREAM_MAX_BYTES", str(1 << 30))),
        )
        http = await stack.enter_async_context(open_client())
        private = networks(os.environ.get("PRIVATE_NETWORKS", ""))
        guarded = open_guarded(private, loopback=settings.service.env == "dev")
        yield Process(
            db=db,
            bus=bus,
            http=http,
            metrics=Metrics(),
            outbox=Signal(),
            guarded=await stack.enter_async_context(guarded),
            versions=(postgres, bus.version),
        )


def open_hub(provider: Provider, settings: Settings, process: Process) -> Hub:
    """Wire one service; raises ConfigError for keys or normalizers that cannot work."""
    keys = Keyring.parse(settings.encryption_keys)
    process.metrics.begin(provider.name)
    inbox = Signal()
    folders = os.environ.get("LOCAL_FOLDERS", "")
    http = reaching(provider, process.http, process.guarded, folders)
    hub = Hub(
        provider=provider,
        settings=settings,
        db=process.db,
        bus=process.bus,
        http=http,
        metrics=process.metrics,
        keys=keys,
        tokens=Tokens(
            provider,
            settings,
            process.db,
            keys,
            http,
            api=lambda token: hub.bare_api(token),  # noqa: PLW0108 - there is no hub yet
            counted=lambda outcome: process.metrics.refreshes.labels(provider.name, outcome).inc(),
        ),
        budget=PostgresBudget(process.db),
        normalize=prepare(provider),
        writer=Writer(process.db, provider.name, inbox.set, settings.webhook.timeout),
        outbox=process.outbox,
        inbox=inbox,
        walks=Signal(),
        tidy=Signal(),
    )
    return hub
