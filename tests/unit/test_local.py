"""What is on this machine is asked like a server, and nothing of the machine but what is let in."""

from pathlib import Path

import httpx
import pytest
from msgspec import json, structs

from shared.credentials import Credentials
from shared.errors import ConfigError, Impossible, ItemGone
from shared.http.client import HttpApi
from shared.http.exchange import Client
from shared.http.local import reaching, roots
from shared.local import LocalCall
from shared.provider import Api, Provider
from shared.types import Identity, Response, Token
from tests.fakes import feed

pytestmark = pytest.mark.anyio


async def open_(*_: object) -> tuple[Token, Identity]:
    raise Impossible


async def prove(_: Api) -> None: ...


def answer(call: LocalCall) -> Response:
    """Says what it was asked, but for one path."""
    told = [call.method, call.path, call.query, call.headers["authorization"], call.body.decode()]
    told.append([str(it) for it in call.roots])
    return Response(404 if call.path.endswith("gone") else 200, {}, json.encode(told))


def provider(**facts: object) -> Provider:
    form = Credentials(fields=(), open=open_, prove=prove, **facts)  # type: ignore[arg-type]  # what a test says
    return structs.replace(feed.provider(feed.Notebook()), credentials=form)


def elsewhere(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=f"from {request.url.host}")


def api(base: str) -> HttpApi:
    beyond = Client(transport=httpx.MockTransport(elsewhere))
    it = provider(local=answer)
    client = reaching(it, beyond, beyond, "/srv/notes, /vaults")

    async def token(_: str) -> str:
        return "the key"

    async def extra() -> dict[str, str]:
        return {"base_url": base, "scheme": "Bearer"}

    return HttpApi(client, it, it.base_url, token, extra=extra)


async def test_a_local_address_is_answered_in_the_process_with_all_that_was_said() -> None:
    here = api("local://vault/My%20notes")
    told = await here.get("/vault/a%2Fb/%C3%A9.md", list, q="1")
    path, within = "/My%20notes/vault/a%2Fb/%C3%A9.md", ["/srv/notes", "/vaults"]
    assert told == ["GET", path, {"q": "1"}, "Bearer the key", "", within]
    told = await here.send("PUT", "/x", list, b"body")
    assert (told[0], told[4]) == ("PUT", "body")


async def test_its_statuses_mean_what_a_servers_mean() -> None:
    with pytest.raises(ItemGone):
        await api("local://vault/notes").get("/gone", list)


async def test_what_it_answers_may_be_passed_on_as_bytes() -> None:
    async with api("local://vault/notes").stream("/file", largest=1_000) as it:
        whole = b"".join([chunk async for chunk in it.chunks])
    assert json.decode(whole)[1] == "/notes/file"
    assert it.size == len(whole)


async def test_any_other_address_goes_to_the_network() -> None:
    assert await api("https://notes.example.com").get("/x", str) == "from notes.example.com"


async def test_only_a_provider_that_answers_for_this_machine_gets_to_it() -> None:
    declared, guarded = Client(), Client()
    assert reaching(feed.provider(feed.Notebook()), declared, guarded, "/vaults") is declared
    assert reaching(provider(), declared, guarded, "/vaults") is guarded


@pytest.mark.parametrize("text", ["vaults", "/", "/vaults,..", "/vaults/../etc"])
async def test_a_folder_that_is_let_in_is_named_wholly(text: str) -> None:
    with pytest.raises(ConfigError):
        roots(text)


async def test_no_folder_is_let_in_where_none_is_named() -> None:
    assert roots("") == ()
    assert roots(" /vaults ,") == (Path("/vaults"),)
