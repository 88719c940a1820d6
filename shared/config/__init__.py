"""What differs between deployments, as frozen structs; facts about a provider are in its own folder."""

from shared.config.load import load
from shared.config.settings import (
    DatabaseSettings,
    NatsSettings,
    OAuthSettings,
    ProviderSettings,
    RateLimit,
    Service,
    Settings,
    WebhookSettings,
)

__all__ = [
    "DatabaseSettings",
    "NatsSettings",
    "OAuthSettings",
    "ProviderSettings",
    "RateLimit",
    "Service",
    "Settings",
    "WebhookSettings",
    "load",
]
