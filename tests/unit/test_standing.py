"""As whom a call is made: for an account, as the service itself, and what a refusal of either means."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from msgspec import Struct

from shared.errors import RateLimited, Reauthorize, Refused
from shared.http.budget import MemoryBudget
from shared.http.client import HttpApi
from shared.provider import Provider
from shared.types import Charge, Quota, Response, Secret

pytestmark = pytest.mark.anyio

BOT = {"ACME_BOT": Secret("the-bots-own")}


class Thing(Struct):
    id: int = 0


def itself(path: str, settings: Mapping[str, Secret]) -> str:
    return "" if path == "/me" else f"Bot {settings['ACME_BOT'].reveal()}"


def acme(**facts: Any) -> Provider:
    base = "http://acme.test/v1"
    return Provider(
        name="acme", title="Acme", port=1, base_url=base, sources=(), normalizers={}, **facts
    )


class Service:
    """A provider that notes who asked, and refuses whom it is told to."""

    def __init__(self, *refuses: str) -> None:
        self.refuses, self.asked, self.renewed = refuses, list[tuple[str, str]](), 0

    async def token(self, refused: str) -> str:
        self.renewed += bool(refused)
        return "renewed" if refused else "token"

    def handle(self, request: httpx.Request) -> httpx.Response:
        who = request.headers.get("authorization", "")
        self.asked.append((request.url.path, who))
        return httpx.Response(401 if who in self.refuses else 200, json={"id": 7})

    async def ask(self, path: str, **given: Any) -> Thing:
        async with httpx.AsyncClient(transport=httpx.MockTransport(self.handle)) as client:
            options: dict[str, Any] = {"token": self.token, "settings": BOT, **given}
            token = options.pop("token")
            api = HttpApi(client, acme(itself=itself), "http://acme.test/v1", token, **options)
            return await api.get(path, Thing)


async def test_the_service_asks_as_itself_and_where_it_may_not_as_the_account() -> None:
    it = Service()
    for path in ("/rooms/5", "/me"):
        await it.ask(path)
    assert it.asked == [("/v1/rooms/5", "Bot the-bots-own"), ("/v1/me", "Bearer token")]


async def test_without_the_accounts_token_nothing_is_asked() -> None:
    async def ended(_: str) -> str:
        raise Reauthorize("connect again")

    it = Service()
    with pytest.raises(Reauthorize, match="connect again"):
        await it.ask("/rooms/5", token=ended)
    assert it.asked == []


async def test_a_service_that_is_not_accepted_ends_no_account_and_renews_no_token() -> None:
    it = Service("Bot the-bots-own")
    with pytest.raises(Refused, match="ACME_BOT") as found:
        await it.ask("/rooms/5")
    assert not isinstance(found.value, Reauthorize)
    assert "the-bots-own" not in str(found.value)
    assert it.renewed == 0


async def test_a_token_that_is_refused_is_renewed_as_ever() -> None:
    it = Service("Bearer token")
    assert (await it.ask("/me")).id == 7
    assert it.renewed == 1


async def test_what_is_asked_with_the_apps_credentials_is_not_asked_as_the_service() -> None:
    it = Service()
    await it.ask("/rooms/5", token=None, authorization="Basic YQ==")
    await it.ask("/rooms/5", token=None)
    assert [who for _, who in it.asked] == ["Basic YQ==", ""]


def by_room(_method: str, path: str, _body: bytes) -> list[Charge]:
    return [Charge("calls"), Charge("room", of=path)]


@pytest.mark.parametrize("everything", [False, True])
async def test_a_limit_that_is_counted_apart_stops_that_one_alone(everything: bool) -> None:
    def dialect(it: Response) -> Exception | None:
        limited = RateLimited(retry_after=50, everything=everything)
        return limited if it.status == 429 else None

    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(429 if request.url.path == "/v1/rooms/5" else 200, json={})

    quotas = {"calls": Quota(50, 1.0), "room": Quota(50, 1.0)}
    provider = acme(quotas=quotas, charges=by_room, dialect=dialect)
    naps: list[float] = []

    async def nap(seconds: float) -> None:
        naps.append(seconds)

    async def token(_: str) -> str:
        return "token"

    budget = MemoryBudget()
    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        base = provider.base_url
        api = HttpApi(client, provider, base, token, budget=budget, key="acme:a", sleep=nap)
        with pytest.raises(RateLimited):
            await api.get("/rooms/5", Thing)
        with pytest.raises(RateLimited, match="Acme's limit"):
            await api.get("/rooms/5", Thing)
        if everything:
            with pytest.raises(RateLimited, match="Acme's limit"):
                await api.get("/rooms/6", Thing)
        else:
            await api.get("/rooms/6", Thing)


async def test_what_an_answer_tells_of_its_place_says_nothing_of_others() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        spent = {"x-ratelimit-remaining": "0", "x-ratelimit-limit": "5", "x-ratelimit-reset": "40"}
        return httpx.Response(200, json={}, headers=spent if "5" in request.url.path else {})

    quotas = {"calls": Quota(50, 1.0), "room": Quota(50, 1.0)}
    provider = acme(quotas=quotas, charges=by_room)

    async def token(_: str) -> str:
        return "token"

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        api = HttpApi(
            client, provider, provider.base_url, token, budget=MemoryBudget(), key="acme:a"
        )
        for path in ("/rooms/5", "/rooms/6"):
            await api.get(path, Thing)
        with pytest.raises(RateLimited):
            await api.get("/rooms/5", Thing)
