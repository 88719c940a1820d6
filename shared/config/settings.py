"""The settings of one service: the sections and keys of `configs/config.yaml`."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from shared.types import Quota, Secret


class Service(Struct, frozen=True, kw_only=True):
    """Where the service listens and how it is reached.

    `timeout` is how many seconds the provider may take for one request of a caller, who is answered 504
    then. It limits no walk, no webhook and no download that has begun. `metrics_port` is where `/metrics`
    is served instead of beside the API, 0 for beside it.
    `public_url` has no trailing slash. In `dev`, placeholder secrets are let through.
    """

    name: str
    port: int
    timeout: float = 30.0
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    public_url: str = ""
    env: Literal["dev", "prod"] = "prod"
    metrics_port: int = 0


class OAuthSettings(Struct, frozen=True, kw_only=True):
    """The app registered at the provider. Empty `scopes` means those that the provider declares.

    `return_to` are the URL prefixes that a browser may be sent back to when it is connected.
    """

    provider: str
    client_id: str = ""
    client_secret: Secret = Secret("")
    redirect_url: str = ""
    scopes: tuple[str, ...] = ()
    return_to: tuple[str, ...] = ()


class WebhookSettings(Struct, frozen=True, kw_only=True):
    """The live secrets, newest first (none: the route answers 404); `timeout` is in seconds."""

    path: str = "/webhook"
    secrets: tuple[Secret, ...] = ()
    timeout: float = 10.0


class DatabaseSettings(Struct, frozen=True, kw_only=True):
    """PostgreSQL; `max_connections` is the size of one process's pool."""

    url: Secret
    max_connections: int = 10


class NatsSettings(Struct, frozen=True, kw_only=True):
    """The bus. The URL may carry credentials; `subjects` documents what the service publishes."""

    url: Secret
    subjects: tuple[str, ...] = ()


class RateLimit(Struct, frozen=True, kw_only=True):
    """How many requests one caller may make of this service in `duration` seconds."""

    requests: int = 1000
    duration: float = 3600.0


class ProviderSettings(Struct, frozen=True, kw_only=True):
    """Where the provider is: its own hosts, or a self-hosted one, or a local stand-in.

    `quotas` are in force instead of the declared ones of the same names.
    """

    base_url: str
    authorize_url: str = ""
    token_url: str = ""
    quotas: Mapping[str, Quota] = {}


class Settings(Struct, frozen=True, kw_only=True):
    """Everything a service has to be told. `environment` holds the values of the
    variables that `OAuth.settings` and `Webhook.settings` name."""

    service: Service
    oauth: OAuthSettings
    webhook: WebhookSettings
    database: DatabaseSettings
    nats: NatsSettings
    provider: ProviderSettings
    encryption_keys: Secret
    rate_limit: RateLimit = RateLimit()
    environment: Mapping[str, Secret] = {}
    unset: tuple[str, ...] = ()

    def missing(self) -> tuple[str, ...]:
        """The variables without which the service runs but nobody can connect or be heard."""
        return self.unset
