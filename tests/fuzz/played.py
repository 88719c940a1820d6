"""Everything that a provider's simulator tells when all of its streams are walked, without a hub."""

import importlib
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from msgspec import Struct, structs

from shared.config import Settings, load
from shared.http.client import HttpApi
from shared.oauth import protocol
from shared.provider import Provider
from shared.simulation import Simulation
from shared.types import Record, Resource, Secret, Token
from tests.contract.reading import ROOT

HERE = "http://played.test"
SECRET = "what both sides sign with"
COMMON = {
    "SERVICE_ENV": "dev",
    "POSTGRES_URL": "postgresql://nobody@127.0.0.1/nothing",
    "NATS_URL": "nats://127.0.0.1:4222",
    "ENCRYPTION_KEYS": f"1:{b64encode(bytes(range(32))).decode()}",
}


def simulator(provider: Provider) -> Simulation | None:
    """The provider, played; None for one that nobody plays."""
    if not (ROOT / "services" / provider.name / "simulator").is_dir():
        return None
    module: Any = importlib.import_module(f"services.{provider.name}.simulator")
    app: Simulation = module.app(_unheard, f"{HERE}/webhook", SECRET)
    return app


async def records(provider: Provider) -> list[Record]:
    """What all streams list, once at the beginning and once after everything has happened."""
    app = simulator(provider)
    if app is None:
        return []
    settings = load(provider, COMMON | dict(app.environment(HERE)), public_url=HERE)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # the two spell ASGI apart
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
        by_form = provider.credentials is not None
        opening = _filled(client, provider, app) if by_form else _opened(client, provider, settings)
        api = await opening
        cursors: dict[tuple[str, str], Struct] = {}
        own = Resource(facts=getattr(app, "told", {}))  # what a caller would say of the account
        found = await _walked(provider, api, cursors, own)
        for happening in app.story.values():
            await happening.act()
        return found + await _walked(provider, api, cursors, own)


async def _filled(client: httpx.AsyncClient, provider: Provider, app: Simulation) -> HttpApi:
    """The API of an account that a form opened."""
    assert provider.credentials
    told = app.credentials(HERE)
    values = {it.name: told.get(it.name, "") for it in provider.credentials.fields}
    token, _ = await provider.credentials.open(values, lambda it: _api(client, provider, it, HERE))
    return _api(client, provider, token, HERE)


async def _opened(client: httpx.AsyncClient, provider: Provider, settings: Settings) -> HttpApi:
    oauth, verifier = protocol.oauth_of(provider), "v" * 64
    needed = {scope for it in provider.streams for scope in it.scopes}
    scopes = oauth.scopes + tuple(it for it in oauth.on_request if it in needed)
    url = protocol.authorization_url(
        provider, settings, scopes=scopes, state="s", verifier=verifier
    )
    back = await client.get(f"{url}&consent=yes", follow_redirects=False)
    code = dict(parse_qsl(urlsplit(back.headers["location"]).query))["code"]
    redirect_uri = settings.oauth.redirect_url
    token, _ = await protocol.exchange(
        client, provider, settings, code=code, verifier=verifier, redirect_uri=redirect_uri
    )
    base, itself = settings.provider.base_url, settings.environment
    who = await oauth.identify(_api(client, provider, token, base, itself))
    token = structs.replace(token, extra={**token.extra, **who.extra})
    return _api(client, provider, token, base, itself)


def _api(
    client: httpx.AsyncClient,
    provider: Provider,
    token: Token,
    base: str,
    itself: Mapping[str, Secret] | None = None,
) -> HttpApi:
    async def access(_refused: str) -> str:
        return token.access

    async def extra() -> Mapping[str, str]:
        return token.extra

    return HttpApi(client, provider, base, access, extra=extra, settings=itself)


async def _walked(
    provider: Provider, api: HttpApi, cursors: dict[tuple[str, str], Struct], own: Resource
) -> list[Record]:
    found: list[Record] = []
    resources: Mapping[str, Resource] = {}
    for stream in sorted(provider.streams, key=lambda it: it.per_resource):
        for resource in list(resources.values()) if stream.per_resource else [own]:
            key = (stream.name, resource.id)
            async for page in stream.pages(api, cursors.get(key, stream.cursor()), resource):
                cursors[key] = page.cursor
                found += page.records
                resources = {**resources, **{it.id: it for it in page.resources}}
    return found


async def _unheard(_url: str, _body: bytes, _headers: Mapping[str, str]) -> int:
    """Nobody listens to the simulator's webhooks here."""
    return 200
