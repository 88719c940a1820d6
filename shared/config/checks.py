"""What is wrong with a value, in one sentence that never shows a secret."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from shared.config.settings import Settings
from shared.subscriber import Subscriber
from shared.types import Quota, Secret

if TYPE_CHECKING:
    from shared.provider import Provider

_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_QUOTA = re.compile(r"([\w.-]+)\s*=\s*(\d+(?:\.\d+)?)\s*/\s*(\S+)")
_PLACEHOLDER = re.compile(
    r"your[-_ ]|change[-_ ]?me|placeholder|replace[-_ ]?(me|this)|<.*>|^(secret|password|test|example|todo)",
    re.IGNORECASE,
)
_KEY = re.compile(r"([1-9]\d{0,8}):([A-Za-z0-9+/_=-]+)")
_LOCAL = ("localhost", "127.0.0.1", "::1")

SHORTEST = 12
"""Characters: fewer than in any secret that a provider hands out, more than anyone can guess."""


def whole(
    provider: "Provider | Subscriber", it: Settings, names: Mapping[str, str]
) -> Iterator[str]:
    """What is wrong with values that have the right type; `names` are the variables that set them."""
    dev = it.service.env == "dev"
    if not isinstance(provider, Subscriber):  # which keeps no tokens
        yield from encryption_keys(it.encryption_keys, dev=dev)
    yield from _private_url(names["database.url"], it.database.url, ("postgresql", "postgres"))
    yield from _private_url(names["nats.url"], it.nats.url, ("nats", "tls", "ws", "wss"))
    for key in ("base_url", "authorize_url", "token_url"):
        if value := getattr(it.provider, key):
            yield from _url(names[f"provider.{key}"], value)
    for where, value in (
        ("service.public_url", it.service.public_url),
        ("oauth.redirect_url", it.oauth.redirect_url),
    ):
        yield from _url(names[where], value, encrypted=not dev)
    yield from unknown(it.provider.quotas, tuple(provider.quotas), f"{names['provider.quotas']}: ")
    yield from _ranges(it)
    if it.oauth.provider != provider.name:
        yield f"oauth.provider is {it.oauth.provider!r} in the file of {provider.name}"
    oauth = provider.oauth
    declared = (*oauth.scopes, *oauth.on_request) if oauth else ()
    for scope in it.oauth.scopes:
        if scope not in declared:
            yield f"oauth.scopes names {scope!r}, which is not declared; a file may only narrow"
    if not dev:
        yield from _secret(names["oauth.client_secret"], it.oauth.client_secret)
        for where, one in zip(
            ("webhook.secret", "webhook.previous_secret"), it.webhook.secrets, strict=False
        ):
            yield from _secret(names[where], one)
        for name, one in it.environment.items():
            yield from _secret(name, one)


def seconds(value: Any, where: str) -> float:
    """A duration such as `30s`, `1h30m` or a plain number of seconds; raises ValueError."""
    text = str(value).strip()
    if _DURATION.fullmatch(text):
        return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    raise ValueError(f"{where} must be a duration such as 30s or 1h ({text!r})")


def quotas(value: Any, where: str) -> dict[str, Quota]:
    """Quotas as `name=50/60s`, separated by commas; raises ValueError."""
    found = {}
    for part in str(value).split(","):
        match = _QUOTA.fullmatch(part.strip())
        per = seconds(match[3], where) if match else 0.0
        if not match or not float(match[2]) or not per:
            raise ValueError(f"{where} must be quotas such as name=50/60s ({part.strip()!r})")
        found[match[1]] = Quota(float(match[2]), per)
    return found


def unknown(keys: Mapping[str, Any], known: tuple[str, ...], where: str = "") -> Iterator[str]:
    """A sentence for each key that nobody declared."""
    for key in keys:
        if key not in known:
            near = get_close_matches(str(key), known, n=1)
            hint = f", did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
            yield f"{where}{key} is unknown{hint}"


def convert(value: Any, kind: Any, where: str) -> Any:
    """The value as the field's type; raises ValueError with a sentence about `where`."""
    try:
        return msgspec.convert(value, kind, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        told = str(error).partition(" - at ")[0]
        raise ValueError(f"{where}: {told[0].lower()}{told[1:]}") from None


def _secret(name: str, value: Secret) -> Iterator[str]:
    """What makes a secret unfit for anything but a laptop."""
    if not value:
        return
    if _PLACEHOLDER.search(value.reveal()):
        yield f"{name} is a placeholder; put the real value there"
    elif len(value.reveal()) < SHORTEST:
        yield f"{name} is too short; a secret has at least {SHORTEST} characters"


def encryption_keys(value: Secret, *, dev: bool) -> Iterator[str]:
    """What is wrong with `<number>:<base64 of 32 bytes>,...`, the current key first."""
    if not value:
        yield "ENCRYPTION_KEYS is not set; make one with `echo 1:$(openssl rand -base64 32)`"
        return
    numbers = []
    for part in value.reveal().split(","):
        match = _KEY.fullmatch(part.strip())
        key = _unbase64(match[2]) if match else b""
        if not match or len(key) != 32:
            yield "ENCRYPTION_KEYS must be <number>:<base64 of 32 bytes>, separated by commas"
            return
        if not dev and len(set(key)) < 8:
            yield f"ENCRYPTION_KEYS: key {match[1]} is not random; make one with `openssl rand -base64 32`"
        numbers.append(match[1])
    if len(set(numbers)) < len(numbers):
        yield "ENCRYPTION_KEYS has two keys with the same number"


def _private_url(name: str, value: Secret, schemes: tuple[str, ...]) -> Iterator[str]:
    """One or more URLs, separated by commas, that may carry a password and are never shown."""
    if not value:
        yield f"{name} is not set"
    elif not all(_has(one.strip(), schemes) for one in value.reveal().split(",")):
        yield f"{name} must be a URL that begins with {' or '.join(s + '://' for s in schemes)}"


def _url(name: str, value: str, *, encrypted: bool = False) -> Iterator[str]:
    """Cookies, codes and tokens travel there: `encrypted` asks for it outside this machine."""
    if not _has(value, ("https", "http")):
        yield f"{name} must be a URL that begins with https:// ({value!r})"
    elif encrypted and value.startswith("http:") and urlsplit(value).hostname not in _LOCAL:
        yield f"{name} must begin with https:// outside this machine ({value!r})"


def _has(value: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.netloc) and parts.port != 0
    except ValueError:
        return False


def _ranges(it: Settings) -> Iterator[str]:
    """Numbers that no service can run with."""
    for name, number, low, high in (
        ("service.port", it.service.port, 1, 65535),
        ("service.metrics_port", it.service.metrics_port, 0, 65535),
        ("service.timeout", it.service.timeout, 0.001, 3600),
        ("webhook.timeout", it.webhook.timeout, 0.001, 3600),
        ("database.max_connections", it.database.max_connections, 2, 1000),
        ("rate_limit.requests", it.rate_limit.requests, 1, 1_000_000_000),
        ("rate_limit.duration", it.rate_limit.duration, 0.001, 366 * 86400),
    ):
        if not low <= number <= high:
            yield f"{name} must be between {low} and {high} ({number:g})"
    if not it.webhook.path.startswith("/"):
        yield f"webhook.path must begin with a slash ({it.webhook.path!r})"


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _decode(kind: type, value: Any) -> Any:
    if kind is Secret:
        return Secret(str(value))
    raise NotImplementedError
