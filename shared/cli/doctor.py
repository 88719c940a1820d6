"""`fleet doctor`: is the set-up in order, and if not, what to change. Nothing is changed by it."""

import asyncio
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

import typer
from msgspec import Struct
from rich.text import Text

from shared.cli.fleet import Fleet, Services, find
from shared.cli.output import Json, as_json, as_typed, plain, screen
from shared.errors import Away, ConfigError, HubError
from shared.http.caller import Caller

if TYPE_CHECKING:
    from shared.config import Settings
    from shared.provider import Provider

app = typer.Typer()

SKEW = 30.0
"""Seconds that clocks may differ: signatures and tokens carry times."""
STRONG = (20, 10)
"""Characters of a webhook secret, and different ones among them, that nobody guesses."""
_LOCAL = ("localhost", "127.0.0.1", "::1")
_MARKS = {"ok": ("ok   ", "green"), "hint": ("hint ", "yellow"), "wrong": ("wrong", "red")}


class Finding(Struct, frozen=True):
    """One thing that was looked at: in order, worth a look, or wrong; and a sentence."""

    about: str
    level: Literal["ok", "hint", "wrong"]
    says: str


@app.command()
def doctor(
    provider: Annotated[str, typer.Option("--provider", help="Only this service.")] = "",
    json: Json = False,
) -> None:
    """Check the set-up and say what to change; exit code 1 when something is wrong."""
    from shared.config.catalogue import one, providers  # noqa: PLC0415 - imports every provider

    chosen = [one(provider)] if provider else list(providers())
    found = list(_all(chosen))
    if json:
        as_json(found)
    else:
        for it in found:
            mark, colour = _MARKS[it.level]
            line = Text(mark, style=colour).append(f" {it.about:<12} ", style="bold")
            screen.print(line.append_text(plain(it.says, 1000)))
    if any(it.level == "wrong" for it in found):
        raise typer.Exit(1)


def _all(providers: Sequence["Provider"]) -> Iterator[Finding]:
    here = _fleet()
    if here is None:
        says = f"no fleet runs in this directory; start one with `{as_typed('up')}`"
        yield Finding("fleet", "hint", says)
    else:
        yield from asyncio.run(_engines(here))
    with Caller(here.api_key if here else "", timeout=10) as caller:
        services = Services(here, caller) if here and here.url and here.api_key else None
        for provider in providers:
            if here and here.services and provider.name not in here.services:
                continue
            try:
                settings = _settings(provider, here)
            except ConfigError as error:
                yield from (Finding(provider.name, "wrong", problem) for problem in error.problems)
                continue
            yield from of_secret(provider, settings)
            report = None
            if services and here:
                try:
                    report = services.get(provider.name, "/status")
                except HubError as error:
                    yield Finding(provider.name, "wrong", f"the service does not answer: {error}")
            missing = report["missing"] if report else settings.missing()
            if missing:
                says = f"set {', '.join(missing)} before accounts are connected or webhooks heard"
                yield Finding(provider.name, "hint", says)
            if not missing or (report and report["now"]["accounts"]):
                yield from of_host(provider.name, settings.provider.base_url)
            if report and services and here:
                yield from of_public(provider, settings.service.public_url, here)
                accounts = services.get(provider.name, "/accounts")["accounts"]
                yield from of_accounts(provider, settings, accounts)


def _fleet() -> Fleet | None:
    try:
        return find("postgres_url", "nats_url")
    except Away:
        return None


async def _engines(here: Fleet) -> list[Finding]:
    """Both engines, the tables and the streams."""
    from shared.bus import stream  # noqa: PLC0415 - clients that most commands do not need
    from shared.store import migrate  # noqa: PLC0415
    from shared.store.database import Database  # noqa: PLC0415

    found = []
    try:
        db = Database(here.postgres_url, max_connections=2)
        version = await db.open(patience=5)
        try:
            found.append(Finding("PostgreSQL", "ok", f"version {version}"))
            missing = await migrate.pending(db)
        finally:
            await db.close()
        says = f"not applied: {', '.join(missing)}; run `{as_typed('migrate')}`"
        level: Literal["ok", "wrong"] = "wrong" if missing else "ok"
        found.append(Finding("tables", level, says if missing else "up to date"))
    except (Away, ConfigError) as error:
        found.append(Finding("PostgreSQL", "wrong", str(error)))
    try:
        version = await stream.check(here.nats_url)
        found.append(Finding("NATS", "ok", f"version {version}, streams as they should be"))
    except (Away, ConfigError) as error:
        found.append(Finding("NATS", "wrong", str(error)))
    return found


def _settings(provider: "Provider", here: Fleet | None) -> "Settings":
    """The settings as `fleet up` would read them; the engines are its own where nobody names any."""
    from shared.config import load  # noqa: PLC0415 - with YAML
    from shared.engines import new_key  # noqa: PLC0415

    given = {name: value for name, value in os.environ.items() if value}
    given |= here.variables if here else {}
    address = here.service(provider.name) if here and here.url else ""
    if public := given.get("PUBLIC_URL", "").rstrip("/"):
        mounted = address.endswith(f"/{provider.name}")
        address = f"{public}/{provider.name}" if mounted else public
    return load(
        provider,
        {"SERVICE_ENV": "dev", "ENCRYPTION_KEYS": new_key(), **given},
        public_url=address or None,
        database_url=(here.postgres_url if here else "") or "postgresql://localhost/fleet",
        nats_url=(here.nats_url if here else "") or "nats://localhost",
    )


def of_secret(provider: "Provider", settings: "Settings") -> Iterator[Finding]:
    """Whether the webhook secrets that are set cannot be guessed."""
    for secret in settings.webhook.secrets:
        text = secret.reveal()
        if len(text) < STRONG[0] or len(set(text)) < STRONG[1]:
            says = (
                "the webhook secret is weak; make one with `openssl rand -hex 32`, here and there"
            )
            yield Finding(provider.name, "wrong", says)


def of_host(about: str, url: str) -> Iterator[Finding]:
    """Whether the provider can be reached, and whether its clock and ours agree."""
    from shared.http.checkup import look  # noqa: PLC0415 - an HTTP client

    seen = look(url)
    if isinstance(seen, str):
        yield Finding(about, "wrong", f"{seen}; check the network, proxies and firewalls")
    elif seen.ahead is not None and abs(seen.ahead) > SKEW:
        side = "ahead of" if seen.ahead > 0 else "behind"
        says = (
            f"this machine's clock is {abs(seen.ahead):.0f} s {side} that of {url}; set it by NTP"
        )
        yield Finding(about, "wrong", says)
    else:
        yield Finding(about, "ok", f"{url} answers and the clocks agree")


def of_public(provider: "Provider", public_url: str, here: Fleet) -> Iterator[Finding]:
    """Whether the public address leads to this very service; no credential is sent there."""
    from shared.http.checkup import look  # noqa: PLC0415 - as above

    if (urlsplit(public_url).hostname or "") in _LOCAL:
        if provider.webhook:
            says = "webhooks cannot reach localhost; set PUBLIC_URL to an https address that leads here"
            yield Finding(provider.name, "hint", says)
        return
    page = "/schema/openapi.json"
    seen, ours = look(public_url + page), look(here.service(provider.name) + page)
    if isinstance(seen, str):
        yield Finding(provider.name, "wrong", f"{seen}; check PUBLIC_URL, DNS and the proxy")
    elif isinstance(ours, str) or seen.status != 200 or seen.body != ours.body:
        says = f"something else than this service answers at {public_url}; check PUBLIC_URL and the proxy"
        yield Finding(provider.name, "wrong", says)
    else:
        yield Finding(provider.name, "ok", f"{public_url} leads here")


def of_accounts(
    provider: "Provider", settings: "Settings", accounts: Sequence[Mapping[str, Any]]
) -> Iterator[Finding]:
    """Connected accounts that need their person, or were granted less than is declared."""
    declared = settings.oauth.scopes or (provider.oauth.scopes if provider.oauth else ())
    for account in accounts:
        who = f"account {account['id']} ({account['name'] or account['provider_account_id']})"
        granted = set(account["scopes"])
        if account["status"] != "active":
            says = f"{who} is {account['status']}: {account['error_message'] or 'connect it again'}"
            yield Finding(provider.name, "hint", says)
        elif granted and (lacking := [it for it in declared if it not in granted]):
            says = f"{who} was not granted {' '.join(lacking)}; connect it again to grant it, unless a wider scope covers it"
            yield Finding(provider.name, "hint", says)
