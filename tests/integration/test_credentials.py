"""Accounts that a form opens: what is asked, what is taken, and what becomes of a password that died."""

import json as plain
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

import pytest
from msgspec import Struct
from typer.testing import CliRunner

from shared.cli import accounts as commands
from shared.errors import BadRequest, Elsewhere, Refused
from shared.provider import Api, Credentials, Field, Provider, Stream, opening
from shared.store import accounts
from shared.types import Identity, Page, Resource, Token
from tests.fakes.loopback import Server, answer, loopback
from tests.fakes.service import Running, running
from tests.fakes.simulated import until
from tests.fakes.visitor import linked, visitor

pytestmark = pytest.mark.anyio

SECRET = "canary-password"
DENIED = answer(401, {"error": f"not {SECRET}"}, www_authenticate="Basic")
ME = answer(200, {"id": "u1"})


class Me(Struct):
    id: str


class Cursor(Struct, frozen=True):
    pass


async def open_(values: Mapping[str, str], api: Any) -> tuple[Token, Identity]:
    if "@" in values["server"]:
        raise BadRequest("server must not contain a name")
    token = opening(values["password"], values["server"], "Basic", home="/home")
    return token, Identity((await prove(api(token))).id, name=values["name"])


async def prove(api: Api) -> Me:
    return await api.get("/me", Me)


async def pages(api: Api, at: Cursor, _: Resource) -> AsyncIterator[Page]:
    home = (await api.extra())["home"]
    await api.query(home, "text/xml", b"<a/>", method="PROPFIND", headers={"depth": "0"})
    yield Page((), at)


FORM = Credentials(
    fields=(
        Field(name="server", label="Server", hint="https://cal.example"),
        Field(name="name", label="Name", required=False),
        Field(name="password", label="App password", secret=True),
    ),
    open=open_,
    prove=prove,
)
PROVIDER = Provider(
    name="acme",
    title="Acme",
    port=1,
    base_url="https://acme.test",
    sources=("slack",),
    normalizers={},
    credentials=FORM,
    streams=(Stream(name="things", source="slack", cursor=Cursor, pages=pages),),
)


@pytest.fixture
async def server(anyio_backend: str) -> AsyncIterator[Server]:
    async with loopback(ME) as it:
        yield it


@pytest.fixture
async def service(database_url: str, nats_url: str, anyio_backend: str) -> AsyncIterator[Running]:
    async with running(PROVIDER, database_url, nats_url, pages=True) as it:
        yield it


async def posted(service: Running, server: str, **values: str) -> tuple[int, Any, str]:
    """Send the form for ana."""
    filled = {"server": server, "password": SECRET, **values}
    body = {"user_id": "ana", "credentials": {name: it for name, it in filled.items() if it}}
    told = await service.http.post("/accounts", json=body, headers=await service.key())
    assert SECRET not in told.text
    return told.status_code, told.json(), told.text


async def test_the_form_is_described(service: Running) -> None:
    key = await service.key()
    told = await service.http.post("/oauth/authorize", json={"user_id": "ana"}, headers=key)
    assert told.status_code == 200
    form = told.json()
    assert [it["name"] for it in form["fields"]] == ["server", "name", "password"]
    assert [it["secret"] for it in form["fields"]] == [False, False, True]
    assert form["submit"] == f"{service.hub.settings.service.public_url}/accounts"
    nobody = await service.http.post("/oauth/authorize", json={}, headers=key)
    assert nobody.status_code == 400
    assert (await service.http.post("/oauth/authorize", json={})).status_code == 401


async def test_an_account_is_opened_at_its_own_server_and_walked_there(
    service: Running, server: Server
) -> None:
    status, account, _ = await posted(service, server.url + "/dav", name=" Ana ")
    assert (status, account["name"], account["provider_account_id"]) == (201, "Ana", "u1")

    async def walked() -> bool:
        return len(server.asked) == 2

    await until(walked)
    me, found = server.asked
    assert (me.target, found.target) == ("/dav/me", "/dav/home")
    assert (found.method, found.headers["depth"], found.body) == ("PROPFIND", "0", b"<a/>")
    assert {it.headers["authorization"] for it in server.asked} == {f"Basic {SECRET}"}


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"password": ""}, "credentials needs password"),
        ({"host": "x"}, "other fields than server, name, password"),
        ({"name": "a\r\nb"}, "name is longer"),
        ({"name": "a" * 5000}, "name is longer"),
        ({"server": "https://ana:b@cal.test"}, "must not contain a name"),
        ({"server": "http://cal.test"}, "begin with https://"),
        ({"server": "file:///etc"}, "begin with https://"),
        ({"server": "https://10.0.0.1"}, "private network"),
        ({"server": "https://169.254.169.254/latest"}, "private network"),
        ({"server": "nonsense"}, "begin with https://"),
        ({"server": "https://["}, "to be found"),
    ],
)
async def test_what_cannot_be_meant_is_told_as_a_sentence(
    service: Running, server: Server, values: dict[str, str], says: str
) -> None:
    status, _, text = await posted(service, values.pop("server", server.url), **values)
    assert status == 400
    assert says in text
    assert server.asked == []


async def test_credentials_that_are_not_accepted_open_nothing(
    service: Running, server: Server
) -> None:
    server.script = [DENIED]
    status, _, text = await posted(service, server.url)
    assert status == 400
    assert "does not accept these credentials" in text
    server.script = [answer(404)]
    status, _, text = await posted(service, server.url)
    assert "no account of Acme to be found" in text
    listed = await service.http.get("/accounts", headers=await service.key())
    assert listed.json()["accounts"] == []


async def test_a_token_is_no_way_into_a_form_and_a_form_none_into_oauth(service: Running) -> None:
    body = {"user_id": "ana", "access_token": "t"}
    told = await service.http.post("/accounts", json=body, headers=await service.key())
    assert told.status_code == 400
    assert "credentials needs server, password" in told.text


async def test_a_redirect_to_another_host_carries_nothing_there(
    service: Running, server: Server
) -> None:
    async with loopback(ME) as other:
        server.script = [answer(302, location=f"{other.url}/me")]
        assert (await posted(service, server.url))[0] == 400
        api = service.hub.bare_api(opening("s", server.url, "Basic"))
        with pytest.raises(Elsewhere) as led:
            await api.query("/me", "text/xml", b"", method="PROPFIND")
        assert led.value.url == f"{other.url}/me"
        assert "/me" not in str(led.value)
        assert other.asked == []


async def test_a_read_with_a_body_is_followed_with_it_on_its_own_host_and_a_post_is_not(
    service: Running, server: Server
) -> None:
    moved = answer(301, location="/there")
    api = service.hub.bare_api(opening("s", server.url, "Basic"))
    server.script = [moved, ME]
    told = await api.query("/me", "text/xml", b"<a/>", method="PROPFIND", headers={"depth": "1"})
    assert told.data == b'{"id": "u1"}'
    again = server.asked[1]
    assert (again.method, again.target, again.body) == ("PROPFIND", "/there", b"<a/>")
    assert (again.headers["depth"], again.headers["authorization"]) == ("1", "Basic s")
    server.script = [moved]
    with pytest.raises(Refused, match="not a read"):
        await api.query("/me", "text/xml", b"")


async def test_a_server_that_refuses_once_is_asked_again_before_the_account_ends(
    service: Running, server: Server
) -> None:
    """iCloud and others answer 401 for a moment; only a second refusal, a minute later, is believed."""
    _, account, _ = await posted(service, server.url)
    ident, hub = UUID(account["id"]), service.hub

    async def status() -> str:
        async with hub.db.connection() as conn:
            found = await accounts.get(conn, "acme", ident)
        assert found
        return found.status

    async def walked() -> bool:
        return len(server.asked) >= 2

    await until(walked)
    server.script = [DENIED, ME]
    assert (await hub.api(ident, interactive=True).get("/me", Me)).id == "u1"
    assert await status() == "active"
    server.script = [DENIED]
    for then in ("Unavailable", "Reauthorize"):
        with pytest.raises(Exception) as refused:  # noqa: PT011 - its name is looked at
            await hub.api(ident, interactive=True).send("PUT", "/me", Me, {})
        assert type(refused.value).__name__ == then
        async with hub.db.connection() as conn:
            await conn.execute(
                b"update connected_account set refresh_refused_at"
                b" = refresh_refused_at - interval '61 seconds'"
            )
    assert await status() == "revoked"
    hub.wake()
    told = [plain.loads(it.data) for it in await service.events(3, "self.integrations.>")]
    assert {it["what"] for it in told} == {"connected", "sync_finished", "reauth_required"}
    assert SECRET not in str(told)


async def test_the_page_of_a_link_shows_the_form_and_takes_it(
    service: Running, server: Server
) -> None:
    async with visitor(service) as it:
        text = await linked(service, it, "ana")
        assert '<input type="password" name="password" required' in text
        assert '<input type="text" name="server" required' in text
        assert "Use a token instead" not in text
        await it.send("/connect/form/acme", server="http://cal.test", password=SECRET)
        assert it.status == 400
        assert "begin with https://" in it.text
        assert SECRET not in it.text
        await it.send("/connect/form/acme", server=server.url, name="Ana", password=SECRET)
        assert "Acme: Connected." in it.text
        assert SECRET not in it.text + it.at
        assert await it.post("/connect/form/acme") == 403, "the form's token is missing"


class Fleet:
    """A fleet of one service, as the command line calls it."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, Any]] = []

    def __enter__(self) -> "Fleet":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def post(self, _: str, path: str, body: Any) -> Any:
        self.posted.append((path, body))
        if path == "/oauth/authorize":
            fields = [
                {
                    "name": it.name,
                    "label": it.label,
                    "hint": it.hint,
                    "secret": it.secret,
                    "required": it.required,
                }
                for it in FORM.fields
            ]
            return {"fields": fields, "submit": "http://here/accounts"}
        return {"id": "a-1", "name": "Ana", "email": ""}


def test_the_command_takes_the_form_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet()
    monkeypatch.setattr(commands, "services", lambda _: fleet)
    filled = {"server": "https://cal.test", "password": SECRET}
    words = ["connect", "acme", "--user", "ana"]
    told = CliRunner().invoke(commands.app, words, input=plain.dumps(filled))
    assert "Connected acme as Ana: account a-1" in told.output
    assert fleet.posted[-1] == ("/accounts", {"user_id": "ana", "credentials": filled})
    told = CliRunner().invoke(commands.app, words, input="")
    assert "give server, name, password on standard input" in " ".join(told.output.split())
