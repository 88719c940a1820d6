"""What services are told when one command starts them: their ports, addresses and engines."""

import os
from collections.abc import Mapping, Sequence

from shared.cli.ground import Ground
from shared.config import Settings, load
from shared.errors import ConfigError
from shared.provider import Provider
from shared.subscriber import Subscriber

Declared = Provider | Subscriber
Service = tuple[Declared, Settings]


def public(
    services: Sequence[Declared], port: int, *, processes: bool, mounted: bool
) -> dict[str, tuple[int, str]]:
    """Each service's port and the address under which browsers and providers reach it."""
    given = os.environ.get("PUBLIC_URL", "").rstrip("/")
    found = {}
    for it in services:
        own = it.port if processes else port
        path = f"/{it.name}" if (given and processes) or (mounted and not processes) else ""
        found[it.name] = (own, (given or f"http://localhost:{own}") + path)
    return found


def settings(
    services: Sequence[Declared], ground: Ground, public: Mapping[str, tuple[int, str]]
) -> list[Service]:
    """The settings of all services; raises one ConfigError for all of them."""
    environ: Mapping[str, str] = {
        "SERVICE_ENV": "dev",
        **{
            name: value
            for name, value in os.environ.items()
            if value and _applies(name, len(services))
        },
        "ENCRYPTION_KEYS": ground.encryption_keys,
    }
    found: list[Service] = []
    problems: list[str] = []
    for it in services:
        port, url = public[it.name]
        try:
            loaded = load(
                it,
                environ,
                port=port,
                public_url=url,
                database_url=ground.postgres_url,
                nats_url=ground.nats_url,
            )
        except ConfigError as error:
            problems += error.problems
        else:
            found.append((it, loaded))
    if problems:
        raise ConfigError(*problems)
    return found


def _applies(name: str, services: int) -> bool:
    """Several services in one place cannot share a name or a port; the engines are known already."""
    single = ("SERVICE_NAME", "SERVICE_PORT", "METRICS_PORT")
    ours = ("POSTGRES_URL_FILE", "NATS_URL_FILE", "ENCRYPTION_KEYS_FILE", "PUBLIC_URL_FILE")
    return name not in ours and (services == 1 or name not in single)
