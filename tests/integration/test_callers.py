"""Only callers that somebody vouches for come in, for their own user, to do what they may."""

import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from litestar import Litestar, Request, Response, get
from litestar.middleware import DefineMiddleware
from msgspec import json

from shared.errors import Away, BadRequest, ConfigError, Unavailable
from shared.service.callers import (
    Authentication,
    Caller,
    Callers,
    Forbidden,
    NotAuthenticated,
    create_key,
    from_environment,
    guard,
    user_of,
)
from shared.service.issuers import Issuers, NotVouched
from shared.store import api_keys
from shared.store.database import Database

pytestmark = pytest.mark.anyio

ISS, AUD = "https://issuer.example", "hub.acme"
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
KEYS = {"EdDSA": ED, "ES256": EC, "RS256": RSA}


def claims(**changes: Any) -> dict[str, Any]:
    facts = {"iss": ISS, "aud": AUD, "sub": "backend", "uid": "ana", "exp": int(time.time()) + 300}
    facts |= {"scope": "connections:read"} | changes
    return {name: value for name, value in facts.items() if value is not None}


def token(alg: str = "EdDSA", key: Any = None, header: Any = None, **changes: Any) -> str:
    key = key or KEYS[alg]
    head = {"alg": alg, "kid": key.kid} | (header or {})
    made: str = jwt.encode(head, claims(**changes), key, algorithms=[alg])
    return made


async def nowhere(url: str) -> bytes:
    raise Unavailable(url)


@pytest.fixture
def jwks(tmp_path: Path) -> Path:
    file = tmp_path / "jwks.json"
    write(file, *KEYS.values())
    return file


def write(file: Path, *keys: Any) -> None:
    file.write_bytes(json.encode(KeySet(list(keys)).as_dict(private=False)))


@pytest.fixture
def issuers(jwks: Path) -> Issuers:
    return Issuers(str(jwks), frozenset({ISS}), AUD, nowhere)


@pytest.mark.parametrize("alg", KEYS)
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # still what most issuers write
async def test_a_vouched_caller_comes_in(alg: str, issuers: Issuers, db: Database) -> None:
    caller = await Callers(db, issuers).identify(f"Bearer {token(alg)}")
    assert caller == Caller("backend", "ana", frozenset({"connections:read"}))


NOT_OURS: dict[str, dict[str, Any]] = {
    "expired": {"exp": int(time.time()) - 61},
    "no expiry": {"exp": None},
    "lives a day": {"exp": int(time.time()) + 86400},
    "expiry is text": {"exp": "never"},
    "other service": {"aud": "hub.other"},
    "no audience": {"aud": None},
    "other issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "no subject": {"sub": None},
    "not yet": {"nbf": int(time.time()) + 3000},
    "from the future": {"iat": int(time.time()) + 3000},
    "odd user": {"uid": "a.b"},
    "user is a list": {"uid": ["ana"]},
    "scope is a list": {"scope": ["admin"]},
}


@pytest.mark.parametrize("what", NOT_OURS)
async def test_a_token_that_is_not_for_us_is_refused(
    what: str, issuers: Issuers, db: Database
) -> None:
    with pytest.raises(NotAuthenticated):
        await Callers(db, issuers).identify(f"Bearer {token('ES256', **NOT_OURS[what])}")


async def test_a_clock_may_be_a_minute_off(issuers: Issuers, db: Database) -> None:
    late = token("ES256", exp=int(time.time()) - 30)
    assert await Callers(db, issuers).identify(f"Bearer {late}")


def part(data: Any) -> str:
    return urlsafe_b64encode(json.encode(data)).decode().rstrip("=")


async def test_forged_signatures_are_refused(issuers: Issuers, db: Database) -> None:
    stranger = ECKey.generate_key("P-256", {"kid": "ec"})
    good = token("ES256")
    forged = {
        "another key": token("ES256", stranger),
        "alg none": f"{part({'alg': 'none'})}.{part(claims())}.",
        "cut": good[:-6],
        "body changed": ".".join([good.split(".")[0], part(claims(uid="ben")), good.split(".")[2]]),
        "unknown kid": token("ES256", ECKey.generate_key("P-256", {"kid": "new"})),
        "HS256 with the public key": hs256(RSA.as_pem(private=False)),
        "alg of another key": token("ES256", header={"kid": "rsa"}),
        "not a JWT": "a.b.c",
        "empty": "",
        "too long": "a" * 9000,
        "not ASCII": "é",
    }
    callers = Callers(db, issuers)
    for what, text in forged.items():
        with pytest.raises(NotAuthenticated):
            assert not await callers.identify(f"Bearer {text}"), what


def hs256(key: bytes) -> str:
    signed = f"{part({'alg': 'HS256', 'kid': 'rsa'})}.{part(claims())}"
    mac = hmac.digest(key, signed.encode(), "sha256")
    return signed + "." + urlsafe_b64encode(mac).decode().rstrip("=")


@pytest.mark.parametrize("header", ["", "Basic YTpi", "Bearer", "Bearer ", "hub_dev_x_y"])
async def test_without_a_token_nobody_comes_in(header: str, db: Database) -> None:
    with pytest.raises(NotAuthenticated):
        await Callers(db).identify(header)


async def test_new_keys_of_the_issuer_are_found_and_old_ones_forgotten(jwks: Path) -> None:
    clock = [1_000_000.0]
    issuers = Issuers(str(jwks), frozenset({ISS}), AUD, nowhere, now=lambda: clock[0])
    exp = int(clock[0]) + 900
    old = token("ES256", exp=exp)
    assert await issuers.claims(old)
    new_key = ECKey.generate_key("P-256", {"kid": "next"})
    new = token("ES256", new_key, exp=exp)
    write(jwks, new_key)
    with pytest.raises(NotVouched):
        await issuers.claims(new)
    clock[0] += 31
    assert await issuers.claims(new), "an unknown kid is looked up again after half a minute"
    with pytest.raises(NotVouched):
        await issuers.claims(old)


async def test_keys_are_read_from_a_url_and_kept_while_it_is_away() -> None:
    clock, asked = [1_000_000.0], []
    body = json.encode(KeySet([EC]).as_dict(private=False))

    async def fetch(url: str) -> bytes:
        asked.append(url)
        if len(asked) > 1:
            raise Unavailable
        return body

    url = "https://issuer.example/jwks.json"
    issuers = Issuers(url, frozenset({ISS}), AUD, fetch, now=lambda: clock[0])
    for later in (0, 1, 700, 3):
        clock[0] += later
        assert await issuers.claims(token("ES256", exp=int(clock[0]) + 60))
    assert asked == [url, url]


async def test_without_any_keys_the_answer_is_to_come_back(tmp_path: Path) -> None:
    issuers = Issuers(str(tmp_path / "none"), frozenset({ISS}), AUD, nowhere)
    with pytest.raises(Away):
        await issuers.claims(token("ES256"))


@pytest.mark.parametrize(
    ("source", "names"), [("http://issuer.example/jwks", {ISS}), ("/etc/jwks.json", set())]
)
def test_an_unsafe_way_to_prove_callers_is_refused(source: str, names: set[str]) -> None:
    with pytest.raises(ConfigError):
        Issuers(source, frozenset(names), AUD, nowhere)


async def test_an_api_key_works_until_it_is_revoked(db: Database) -> None:
    key = await create_key(db, "cli", ["data:read"], user_id="ana", days=1, env="dev")
    callers = Callers(db)
    found = await callers.identify(f"bearer {key}")
    assert found == Caller(f"key:{key[8:24]}", "ana", frozenset({"data:read"}))
    async with db.connection() as conn:
        (facts,) = await api_keys.all_(conn)
        assert facts.last_used_at
        assert facts.name == "cli"
        assert await api_keys.revoke(conn, facts.id)
    with pytest.raises(NotAuthenticated):
        await callers.identify(f"Bearer {key}")


async def test_only_the_hash_of_a_key_is_stored(db: Database) -> None:
    key = await create_key(db, "cli", [], user_id=None, days=90, env="prod")
    assert key.startswith("hub_prod_")
    async with db.connection() as conn:
        row = await (await conn.execute("select api_key::text from api_key")).fetchone()
    assert row
    assert key.split("_", 3)[3] not in row[0]


async def test_a_key_that_is_over_or_altered_does_not_work(db: Database) -> None:
    key = await create_key(db, "cli", [], user_id=None, days=1, env="dev")
    other = await create_key(db, "cli", [], user_id=None, days=1, env="dev")
    swapped = "_".join([*key.split("_", 3)[:3], other.split("_", 3)[3]])
    async with db.connection() as conn:
        await conn.execute("update api_key set expires_at = now() where id = %s", [key[8:24]])
    for text in (key, swapped, other[:-1], other + "a", "hub_dev_", "hub_dev_'--_x"):
        with pytest.raises(NotAuthenticated):
            await Callers(db).identify(f"Bearer {text}")
    with pytest.raises(NotAuthenticated, match="AUTH_API_KEYS"):
        await Callers(db, keys=False).identify(f"Bearer {other}")


async def test_use_is_noted_at_most_once_a_minute(db: Database) -> None:
    key = await create_key(db, "cli", [], user_id=None, days=1, env="dev")
    async with db.connection() as conn:
        await Callers(db).identify(f"Bearer {key}")
        first = await (await conn.execute("select xmin::text from api_key")).fetchone()
        await Callers(db).identify(f"Bearer {key}")
        assert await (await conn.execute("select xmin::text from api_key")).fetchone() == first


@pytest.mark.parametrize(
    "wish", [{"days": 91}, {"days": 0}, {"scopes": ["root"]}, {"user_id": "a.b"}, {"user_id": "é"}]
)
async def test_a_key_that_asks_for_too_much_is_not_made(db: Database, wish: dict[str, Any]) -> None:
    facts: dict[str, Any] = {"scopes": [], "user_id": None, "days": 1, "env": "dev"} | wish
    with pytest.raises(BadRequest):
        await create_key(db, "cli", **facts)


@pytest.mark.parametrize(
    ("env", "environ", "works"),
    [
        ("dev", {}, True),
        ("prod", {}, True),
        ("prod", {"AUTH_JWKS": "/x", "AUTH_ISSUER": ISS}, False),
        ("prod", {"AUTH_JWKS": "/x", "AUTH_ISSUER": ISS, "AUTH_API_KEYS": "on"}, True),
        ("dev", {"AUTH_API_KEYS": "off"}, False),
    ],
)
async def test_keys_are_off_in_production_unless_they_are_the_only_way_in(
    db: Database, env: str, environ: dict[str, str], works: bool
) -> None:
    callers = from_environment(environ, db, "acme", env, nowhere)
    key = await create_key(db, "cli", [], user_id=None, days=1, env="dev")
    if works:
        assert await callers.identify(f"Bearer {key}")
    else:
        with pytest.raises(NotAuthenticated, match="off here"):
            await callers.identify(f"Bearer {key}")


def caller(*scopes: str, user: str | None = None) -> Caller:
    return Caller("c", user, frozenset(scopes))


@pytest.mark.parametrize(
    ("who", "named", "expected"),
    [
        (caller(user="ana"), None, "ana"),
        (caller(user="ana"), "ana", "ana"),
        (caller(user="ana"), "ben", Forbidden),
        (caller(user="ana"), "", BadRequest),
        (caller(user="ana"), "a.b", BadRequest),
        (caller(), None, Forbidden),
        (caller(), "ana", Forbidden),
        (caller("impersonate"), None, BadRequest),
        (caller("impersonate"), "ana", "ana"),
        (caller("impersonate"), ">", BadRequest),
        (caller("admin"), None, None),
        (caller("admin"), "ana", "ana"),
        (caller("impersonate", user="ana"), None, "ana"),
    ],
)
def test_the_user_is_the_callers_own_or_one_it_may_speak_for(
    who: Caller, named: str | None, expected: Any
) -> None:
    if isinstance(expected, type):
        with pytest.raises(expected):
            user_of(who, named)
    else:
        assert user_of(who, named) == expected


@get("/data", guards=[guard("data:read")])
async def data(request: Request[Caller, Any, Any]) -> str:
    return request.user.subject


@get("/health", exclude_from_auth=True)
async def health() -> str:
    return "ok"


@asynccontextmanager
async def service(callers: Callers) -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar(
        [data, health],
        middleware=[DefineMiddleware(Authentication, callers=callers)],
        exception_handlers={
            NotAuthenticated: lambda *_: Response("", status_code=401),
            Forbidden: lambda *_: Response("", status_code=403),
        },
        openapi_config=None,
    )
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type] # the two spell ASGI apart
    async with httpx.AsyncClient(transport=transport, base_url="http://acme") as client:
        yield client


async def test_routes_ask_for_a_token_and_for_its_scope(db: Database, issuers: Issuers) -> None:
    async with service(Callers(db, issuers)) as acme:
        wrong = {"authorization": f"Bearer {token('ES256')}"}
        right = {"authorization": f"Bearer {token('ES256', scope='data:read made:up')}"}
        assert (await acme.get("/data")).status_code == 401
        assert (await acme.get("/data", headers=wrong)).status_code == 403
        assert (await acme.get("/data", headers=right)).text == "backend"
        assert (await acme.get("/health")).text == "ok"
