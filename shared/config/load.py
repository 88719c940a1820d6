"""`configs/config.yaml` and the environment, read into one `Settings`, with every problem at once.

What wins, first to last: an argument of `load`, the environment, the file, the declared default.
"""

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from msgspec import NODEFAULT, Struct, structs

from shared.config import checks
from shared.config.environment import Environment
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
from shared.errors import ConfigError
from shared.subscriber import Subscriber
from shared.types import Secret

if TYPE_CHECKING:
    from shared.provider import Provider


class _Webhook(Struct, frozen=True, kw_only=True):
    """The section as it is written: one secret, and the one before it while it is being replaced."""

    path: str = "/webhook"
    secret: Secret = Secret("")
    previous_secret: Secret = Secret("")
    timeout: float = 10.0


_SECTIONS: Mapping[str, type[Struct]] = {
    "service": Service,
    "oauth": OAuthSettings,
    "webhook": _Webhook,
    "database": DatabaseSettings,
    "nats": NatsSettings,
    "rate_limit": RateLimit,
    "provider": ProviderSettings,
}


def load(
    provider: "Provider | Subscriber",
    environ: Mapping[str, str],
    *,
    port: int | None = None,
    public_url: str | None = None,
    database_url: str | None = None,
    nats_url: str | None = None,
    path: Path | None = None,
) -> Settings:
    """Return the settings of one service, from its own file unless `path` names another.

    Raises one ConfigError that lists every problem."""
    problems: list[str] = []
    env = Environment(environ, problems)
    names = variables(provider)
    tree = env.expand(_read(path or _own_file(provider), problems))
    problems += checks.unknown(tree, tuple(_SECTIONS))
    values = {section: _mapping(tree, section, problems) for section in _SECTIONS}
    for where, name in names.items():
        section, _, key = where.partition(".")
        if value := env.get(name):
            split = key == "return_to"
            values[section][key] = [v.strip() for v in value.split(",")] if split else value
    for (section, key), given in {
        ("service", "port"): port,
        ("service", "public_url"): public_url,
        ("database", "url"): database_url,
        ("nats", "url"): nats_url,
    }.items():
        if given is not None:
            values[section][key] = given
    if isinstance(provider, Subscriber) and (own := env.get(f"{_prefix(provider)}_POSTGRES_URL")):
        values["database"]["url"] = own
    if not (values["webhook"].get("secret") or getattr(provider.webhook, "entrusted", None)):
        values["webhook"]["secret"] = env.get("WEBHOOK_SECRET")
    defaults = _defaults(provider)
    read: dict[str, Any] = {
        section: kind(**dict(_fields(kind, values[section], section, defaults, problems)))
        for section, kind in _SECTIONS.items()
    }
    wanted = provider.oauth.settings if provider.oauth else ()
    wanted += provider.webhook.settings if provider.webhook else ()
    declared = {name: Secret(env.get(name)) for name in wanted}
    keys = "" if isinstance(provider, Subscriber) else env.get("ENCRYPTION_KEYS")
    settings = _settings(provider, read, Secret(keys), declared)
    problems += checks.whole(provider, settings, names)
    if problems:
        raise ConfigError(*(f"{provider.name}: {problem}" for problem in problems))
    return settings


def variables(provider: "Provider | Subscriber") -> Mapping[str, str]:
    """The variable that overrides each key of the file; each may also come as `NAME_FILE`."""
    prefix = _prefix(provider)
    secret = (provider.webhook.secret if provider.webhook else "") or f"{prefix}_WEBHOOK_SECRET"
    return {
        "service.name": "SERVICE_NAME",
        "service.port": "SERVICE_PORT",
        "service.log_level": "LOG_LEVEL",
        "service.public_url": "PUBLIC_URL",
        "service.env": "SERVICE_ENV",
        "service.metrics_port": "METRICS_PORT",
        "oauth.client_id": f"{prefix}_CLIENT_ID",
        "oauth.client_secret": f"{prefix}_CLIENT_SECRET",
        "oauth.redirect_url": f"{prefix}_REDIRECT_URL",
        "oauth.return_to": "OAUTH_RETURN_TO",
        "webhook.secret": secret,
        "webhook.previous_secret": f"{secret}_PREVIOUS",
        "database.url": "POSTGRES_URL",
        "database.max_connections": "POSTGRES_MAX_CONNECTIONS",
        "nats.url": "NATS_URL",
        "rate_limit.requests": "RATE_LIMIT_REQUESTS",
        "rate_limit.duration": "RATE_LIMIT_DURATION",
        "provider.base_url": f"{prefix}_API_URL",
        "provider.authorize_url": f"{prefix}_AUTH_URL",
        "provider.token_url": f"{prefix}_TOKEN_URL",
        "provider.quotas": f"{prefix}_QUOTAS",
    }


def database_url(subscriber: Subscriber, environ: Mapping[str, str]) -> str:
    """Where its tables are: `<NAME>_POSTGRES_URL`, else `POSTGRES_URL`. Raises ConfigError."""
    problems: list[str] = []
    env = Environment(environ, problems)
    url = env.get(f"{_prefix(subscriber)}_POSTGRES_URL") or env.get("POSTGRES_URL")
    if problems or not url:
        raise ConfigError(*(problems or ["POSTGRES_URL is not set"]))
    return url


def _prefix(provider: "Provider | Subscriber") -> str:
    return provider.name.upper().replace("-", "_")


def _settings(
    provider: "Provider | Subscriber",
    read: Mapping[str, Any],
    keys: Secret,
    declared: Mapping[str, Secret],
) -> Settings:
    service, oauth, webhook = read["service"], read["oauth"], read["webhook"]
    names = variables(provider)
    needed = {
        "oauth.client_id": not provider.oauth or oauth.client_id,
        "oauth.client_secret": not provider.oauth or oauth.client_secret,
        "webhook.secret": not provider.webhook or provider.webhook.entrusted or webhook.secret,
    }
    address = (service.public_url or f"http://localhost:{service.port}").rstrip("/")
    callback = oauth.redirect_url or f"{address}/oauth/callback"
    return Settings(
        service=structs.replace(service, public_url=address),
        oauth=structs.replace(oauth, redirect_url=callback),
        webhook=WebhookSettings(
            path=webhook.path,
            secrets=tuple(one for one in (webhook.secret, webhook.previous_secret) if one),
            timeout=webhook.timeout,
        ),
        database=read["database"],
        nats=read["nats"],
        provider=read["provider"],
        rate_limit=read["rate_limit"],
        encryption_keys=keys,
        environment={name: value for name, value in declared.items() if value},
        unset=tuple(names[where] for where, there in needed.items() if not there),
    )


def _fields(
    kind: type[Struct],
    values: Mapping[str, Any],
    section: str,
    defaults: Mapping[str, Any],
    problems: list[str],
) -> Iterator[tuple[str, Any]]:
    """The section's fields, converted; a bad one is complained of and replaced by its default."""
    fields = structs.fields(kind)
    problems += checks.unknown(values, tuple(field.name for field in fields), f"{section}.")
    for field in fields:
        where = f"{section}.{field.name}"
        fallback = {} if field.name == "quotas" else field.default
        fallback = Secret("") if fallback is NODEFAULT else fallback
        value = values.get(field.name, "")
        if value in ("", None):
            yield field.name, defaults.get(where, fallback)
            continue
        try:
            if field.name in ("timeout", "duration"):
                value = checks.seconds(value, where)
            if field.name == "quotas":
                value = checks.quotas(value, where)
            yield field.name, checks.convert(value, field.type, where)
        except ValueError as error:
            problems.append(str(error))
            yield field.name, defaults.get(where, fallback)


def _defaults(provider: "Provider | Subscriber") -> Mapping[str, Any]:
    return {
        "service.name": f"{provider.name}-integration",
        "service.port": provider.port,
        "oauth.provider": provider.name,
        "provider.base_url": provider.base_url,
        "provider.authorize_url": provider.oauth.authorize_url if provider.oauth else "",
        "provider.token_url": provider.oauth.token_url if provider.oauth else "",
    }


def _own_file(provider: "Provider | Subscriber") -> Path:
    """Beside the module that declares the provider."""
    (root, *_) = importlib.import_module("services").__path__
    return Path(root) / provider.name.replace("-", "_") / "configs/config.yaml"


def _read(path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(path.read_text("utf-8")) or {}
    except OSError as error:
        problems.append(f"{path} cannot be read: {error.strerror}")
        return {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        problems.append(f"{path} is not YAML{place}")
        return {}
    if not isinstance(tree, dict):
        problems.append(f"{path} must be a mapping of sections")
        return {}
    return tree


def _mapping(tree: Mapping[str, Any], section: str, problems: list[str]) -> dict[str, Any]:
    value = tree.get(section) or {}
    if isinstance(value, dict):
        return dict(value)
    problems.append(f"{section} must be a mapping of names to values")
    return {}
