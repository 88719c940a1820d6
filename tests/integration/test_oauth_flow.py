"""A callback finishes only a flow that the same browser opened, within ten minutes, once."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest
from litestar import Litestar
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from msgspec import structs

from shared.errors import BadRequest, ConfigError, Reauthorize
from shared.http.client import open_client
from shared.oauth import flow
from shared.oauth.flow import Callback, FlowRefused
from shared.service import oauth_routes
from shared.service.callers import Authentication, Callers, create_key
from shared.store import accounts, flows
from shared.store.database import Database
from tests.fakes.acme import PUBLIC, FakeHub, acme, settings
from tests.fakes.authserver import AuthServer, authserver, said

pytestmark = pytest.mark.anyio

SAFE = "https://self.example"
"""A public address by https, where cookies are locked to the host."""


@pytest.fixture
async def server(anyio_backend: str) -> AsyncIterator[AuthServer]:
    async with authserver() as running:
        running.redirect_uri = f"{PUBLIC}/oauth/callback"
        yield running


@pytest.fixture
async def hub(server: AuthServer, db: Database) -> AsyncIterator[FakeHub]:
    async with open_client() as http:
        yield make(server, db, http)


def make(
    server: AuthServer,
    db: Database,
    http: httpx.AsyncClient,
    public_url: str = PUBLIC,
    **oauth: Any,
) -> FakeHub:
    provider = acme(server, **oauth)
    chosen = settings(provider, public_url, return_to=("https://app.example/done",))
    return FakeHub(provider, chosen, db, http)


@asynccontextmanager
async def browser(hub: FakeHub, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser with its own cookies, in front of the service."""
    app = Litestar(
        route_handlers=[*oauth_routes.ROUTES],
        dependencies={"hub": Provide(lambda: hub, sync_to_thread=False)},
        middleware=[DefineMiddleware(Authentication, callers=Callers(hub.db))],
        openapi_config=None,
    )
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type] # the two spell ASGI apart
    url = hub.settings.service.public_url
    async with httpx.AsyncClient(transport=transport, base_url=url, headers=headers) as client:
        yield client


async def opened(hub: FakeHub, **wish: Any) -> tuple[str, str]:
    """A flow whose link was opened: the provider's URL and the browser's session."""
    link = await flow.begin(hub, "ana", **wish)
    assert link.authorization_url.startswith(f"{PUBLIC}/oauth/start/")
    there = await flow.open_(hub, link.authorization_url.rsplit("/", 1)[1])
    return there.url, there.session


async def count(hub: FakeHub) -> int:
    return int((await hub.rows("select count(*) from connected_account"))[0][0])


async def test_the_whole_way_in_a_browser(hub: FakeHub, server: AuthServer) -> None:
    link = await flow.begin(hub, "ana")
    async with browser(hub) as ana:
        there = await ana.get(link.authorization_url)
        assert there.status_code == 303
        back = server.consent(there.headers["location"])
        page = await ana.get("/oauth/callback", params=back)
    assert page.status_code == 200
    assert "Acme is connected" in page.text
    assert "&lt;b&gt;u1&lt;/b&gt;" in page.text, "a name from outside is shown as text"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    (account,) = [row[0] for row in await hub.rows("select id from connected_account")]
    found = await hub.account(account)
    assert (found.status, found.user_id, found.provider_account_id) == ("active", "ana", "u1")
    assert found.scopes == ("read", "write")
    assert await hub.tokens().access(account) in server.people
    assert await hub.rows("select key, origin from route") == [("user:u1", "identity")]
    assert await hub.rows("select mode from sync_run") == [("full",)]
    assert b"connected" in (await hub.rows("select payload from outbox"))[0][0]
    assert await hub.rows("select action, outcome from audit_log") == [("connect", "done")]
    assert hub.woken == 1


async def test_the_cookie_is_locked_to_host_browser_and_https(
    server: AuthServer, db: Database
) -> None:
    async with open_client() as http:
        for url, name in ((PUBLIC, "fleet_flow"), (SAFE, "__Host-fleet_flow")):
            hub = make(server, db, http, url)
            link = await flow.begin(hub, "ana")
            async with browser(hub) as ana:
                there = await ana.get(link.authorization_url)
            cookie = there.headers["set-cookie"]
            assert cookie.startswith(f"{name}=")
            assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
            assert ("Secure" in cookie.split("; ")) == url.startswith("https")
            assert "Domain" not in cookie


async def test_two_links_open_in_one_browser_both_finish(server: AuthServer, db: Database) -> None:
    server.redirect_uri = f"{SAFE}/oauth/callback"
    async with open_client() as http:
        hub = make(server, db, http, SAFE)
        async with browser(hub) as ana:
            backs = []
            for person in ("u1", "u2"):
                link = await flow.begin(hub, "ana")
                there = await ana.get(link.authorization_url)
                backs.append(server.consent(there.headers["location"], person))
            answers = [(await ana.get("/oauth/callback", params=b)).status_code for b in backs]
    assert answers == [200, 200]
    assert await count(hub) == 2


async def test_connecting_again_renews_the_same_account(hub: FakeHub, server: AuthServer) -> None:
    first = await flow.finish(hub, *await answered(hub, server))
    async with hub.db.connection() as conn:
        await accounts.set_status(conn, first.account.id, "expired", "over")
    again = await flow.finish(hub, *await answered(hub, server))
    assert again.account.id == first.account.id
    assert (again.account.status, again.account.error_message) == ("active", "")
    assert await count(hub) == 1


async def answered(hub: FakeHub, server: AuthServer, **wish: Any) -> tuple[Callback, str]:
    url, session = await opened(hub, **wish)
    return Callback(**server.consent(url)), session


async def test_of_a_hundred_callbacks_with_one_code_one_succeeds(
    hub: FakeHub, server: AuthServer
) -> None:
    back, session = await answered(hub, server)
    answers = await asyncio.gather(
        *(flow.finish(hub, back, session) for _ in range(100)), return_exceptions=True
    )
    assert len([it for it in answers if not isinstance(it, BaseException)]) == 1
    assert len([it for it in answers if isinstance(it, FlowRefused)]) == 99
    assert len(server.asked) == 1, "the code is sent once"
    assert await count(hub) == 1


async def test_without_consuming_the_flow_the_code_would_be_sent_again(
    hub: FakeHub, server: AuthServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = flows._SQL.consume.replace("and used_at is null", "")
    monkeypatch.setitem(flows._SQL._statements, "consume", statement)
    back, session = await answered(hub, server)
    await asyncio.gather(
        *(flow.finish(hub, back, session) for _ in range(5)), return_exceptions=True
    )
    assert len(server.asked) == 5


@pytest.mark.parametrize(
    "attack",
    ["no state", "forged state", "no session", "another session", "reused", "expired", "unopened"],
)
async def test_a_callback_that_is_not_this_browsers_own_connects_nothing(
    hub: FakeHub, server: AuthServer, attack: str
) -> None:
    back, session = await answered(hub, server)
    before = 0
    if attack == "no state":
        back = structs.replace(back, state="")
    elif attack == "forged state":
        back = structs.replace(back, state="A" * 43)
    elif attack == "no session":
        session = ""
    elif attack == "another session":
        session = (await opened(hub))[1]
    elif attack == "reused":
        await flow.finish(hub, back, session)
        before = 1
    elif attack == "expired":
        await hub.rows("update oauth_flow set expires_at = now()")
    elif attack == "unopened":
        await hub.rows("update oauth_flow set session_sha256 = null")
    with pytest.raises(FlowRefused, match="not valid here any more") as caught:
        await flow.finish(hub, back, session)
    assert not caught.value.return_to
    assert await count(hub) == before
    assert len(server.asked) == before, "the code is not even tried"


async def test_a_state_of_one_provider_is_nothing_to_another(
    hub: FakeHub, server: AuthServer
) -> None:
    back, session = await answered(hub, server)
    other = replace(hub, provider=structs.replace(hub.provider, name="other"))
    with pytest.raises(FlowRefused):
        await flow.finish(other, back, session)
    assert not server.asked
    assert await flow.finish(hub, back, session), "nor is it spent there"


async def test_a_code_of_another_flow_does_not_pass_pkce(hub: FakeHub, server: AuthServer) -> None:
    """The attacker's code in the victim's browser: the verifier is not the attacker's."""
    attackers, _ = await answered(hub, server)
    victims, session = await answered(hub, server)
    with pytest.raises(FlowRefused):
        await flow.finish(hub, structs.replace(victims, code=attackers.code), session)
    assert await count(hub) == 0


async def test_the_link_opens_once(hub: FakeHub) -> None:
    link = await flow.begin(hub, "ana")
    async with browser(hub) as ana, browser(hub) as eve:
        assert (await ana.get(link.authorization_url)).status_code == 303
        for client in (ana, eve):
            again = await client.get(link.authorization_url)
            assert again.status_code == 400
            assert "Start again" in again.text


async def test_a_link_is_over_after_ten_minutes(hub: FakeHub) -> None:
    link = await flow.begin(hub, "ana")
    await hub.rows("update oauth_flow set expires_at = now()")
    with pytest.raises(FlowRefused):
        await flow.open_(hub, link.authorization_url.rsplit("/", 1)[1])


@pytest.mark.parametrize("iss", ["https://evil.example", "http://[", "null"])
async def test_an_issuer_that_was_not_asked_is_refused(
    hub: FakeHub, server: AuthServer, iss: str
) -> None:
    back, session = await answered(hub, server)
    with pytest.raises(FlowRefused, match="did not come from Acme"):
        await flow.finish(hub, structs.replace(back, iss=iss), session)
    assert not server.asked


@pytest.mark.parametrize(
    ("iss", "fine"), [("https://acme.example", True), ("", False), ("https://acme.example/", False)]
)
async def test_a_declared_issuer_must_be_there_and_be_equal(
    server: AuthServer, db: Database, iss: str, fine: bool
) -> None:
    async with open_client() as http:
        hub = make(server, db, http, issuer="https://acme.example")
        back, session = await answered(hub, server)
        back = structs.replace(back, iss=iss)
        if fine:
            assert await flow.finish(hub, back, session)
        else:
            with pytest.raises(FlowRefused):
                await flow.finish(hub, back, session)


async def test_what_the_provider_says_went_wrong_is_not_reflected(hub: FakeHub) -> None:
    attack = "<script>alert(1)</script>"
    link = await flow.begin(hub, "ana")
    async with browser(hub) as ana:
        there = await ana.get(link.authorization_url)
        state = dict(parse_qsl(urlsplit(there.headers["location"]).query))["state"]
        told = {"state": state, "error": attack, "error_description": attack}
        page = await ana.get("/oauth/callback", params=told)
    assert page.status_code == 400
    assert page.headers["content-type"].startswith("text/html")
    assert "script" not in page.text


async def test_a_user_who_says_no_is_sent_back_with_that(hub: FakeHub) -> None:
    link = await flow.begin(hub, "ana", return_to="https://app.example/done?tab=1#top")
    async with browser(hub) as ana:
        there = await ana.get(link.authorization_url)
        state = dict(parse_qsl(urlsplit(there.headers["location"]).query))["state"]
        page = await ana.get("/oauth/callback", params={"state": state, "error": "access_denied"})
    assert page.status_code == 303
    where = urlsplit(page.headers["location"])
    assert where.netloc == "app.example"
    assert where.fragment == "top"
    told = dict(parse_qsl(where.query))
    assert told == {"tab": "1", "status": "denied", "provider": "acme"}
    assert await count(hub) == 0


async def test_a_user_who_says_yes_is_sent_back_with_the_account(
    hub: FakeHub, server: AuthServer
) -> None:
    link = await flow.begin(hub, "ana", return_to="/done")
    async with browser(hub) as ana:
        there = await ana.get(link.authorization_url)
        page = await ana.get("/oauth/callback", params=server.consent(there.headers["location"]))
    (account,) = (await hub.rows("select id from connected_account"))[0]
    assert page.headers["location"] == f"/done?status=connected&account_id={account}&provider=acme"


async def test_a_return_address_that_nobody_allowed_is_refused(hub: FakeHub) -> None:
    with pytest.raises(BadRequest, match="return_to"):
        await flow.begin(hub, "ana", return_to="//evil.example")


async def test_scopes_may_be_narrowed_and_nothing_else(hub: FakeHub, server: AuthServer) -> None:
    url, _ = await opened(hub, scopes=("read",))
    assert parse_qs(urlsplit(url).query)["scope"] == ["read"]
    with pytest.raises(BadRequest, match="admin"):
        await flow.begin(hub, "ana", ("read", "admin"))


async def test_what_is_asked_for_on_request_only_is_named_by_the_caller(
    server: AuthServer, db: Database
) -> None:
    async with open_client() as http:
        hub = make(server, db, http, on_request=("admin",), scope_parameters={"ad": "more"})

        async def asked(*scopes: str) -> dict[str, str]:
            url, _ = await opened(hub, scopes=scopes)
            return dict(parse_qsl(urlsplit(url).query))

        assert (await asked())["scope"] == "read write"
        assert "more" not in await asked()
        both = await asked("read", "admin")
        assert (both["scope"], both["more"]) == ("read", "min")
        narrowed = structs.replace(hub.settings.oauth, scopes=("read",))
        hub.settings = structs.replace(hub.settings, oauth=narrowed)
        with pytest.raises(BadRequest, match="admin"):
            await asked("admin")


def both_of(server: AuthServer, **facts: Any) -> dict[str, Any]:
    """Every consent opens a second account, of `facts`."""
    return {
        "read_token": lambda reply: {**reply, "beside": [{**server.issue("bot"), **facts}]},
        "granted_separator": ",",
    }


async def test_what_one_consent_opens_is_an_account_each_with_its_own_token(
    server: AuthServer, db: Database
) -> None:
    async with open_client() as http:
        hub = make(server, db, http, **both_of(server, scope="post,listen"))
        done = await flow.finish(hub, *await answered(hub, server))
        rows = await hub.rows(
            "select provider_account_id, user_id, scopes, id from connected_account order by 1"
        )
        assert [row[:2] for row in rows] == [("bot", "ana"), ("u1", "ana")]
        assert (rows[0][2], done.account.provider_account_id) == (["post", "listen"], "u1")
        access = [await hub.tokens().access(row[3]) for row in rows]
        assert [server.people[it] for it in access] == ["bot", "u1"]
        fresh = await hub.tokens().access(rows[0][3], refused=access[0])
        assert server.people[fresh] == "bot", "each is renewed by itself"
        assert await hub.tokens().access(rows[1][3]) == access[1]
        told = await hub.rows("select count(*) from audit_log where action = 'connect'")
        assert told == [(2,)]


async def test_what_one_consent_opens_is_connected_together_or_not_at_all(
    server: AuthServer, db: Database
) -> None:
    async with open_client() as http:
        hub = make(server, db, http, **both_of(server))
        await flow.finish(hub, *await answered(hub, server))
        await hub.rows(
            "update connected_account set status = case provider_account_id"
            " when 'bot' then 'deleting' else 'expired' end"
        )
        with pytest.raises(FlowRefused, match="try again in a minute"):
            await flow.finish(hub, *await answered(hub, server))
        rows = await hub.rows("select status from connected_account order by 1")
        assert rows == [("deleting",), ("expired",)]


async def test_what_was_granted_is_stored_when_it_is_less(hub: FakeHub, server: AuthServer) -> None:
    server.shape = lambda reply: reply | {"scope": "read"}
    done = await flow.finish(hub, *await answered(hub, server))
    assert done.account.scopes == ("read",)


@pytest.mark.parametrize(
    "reply",
    [
        said(200, b"<html>", "text/html"),
        said(200, b" " * 5_000_000),
        said(200, {"access_token": "x", "token_type": "mac"}),
        said(200, {"error": "bad_verification_code"}),
        said(500),
    ],
    ids=["HTML", "5 MB", "not bearer", "200 with error", "500"],
)
async def test_an_odd_token_answer_connects_nothing(
    hub: FakeHub, server: AuthServer, reply: bytes
) -> None:
    server.faults = [reply]
    with pytest.raises(FlowRefused):
        await flow.finish(hub, *await answered(hub, server))
    assert await count(hub) == 0
    assert await hub.rows("select outcome from audit_log") == [("failed",)]


async def test_a_reconnection_waits_for_a_deletion(hub: FakeHub, server: AuthServer) -> None:
    done = await flow.finish(hub, *await answered(hub, server))
    async with hub.db.transaction() as conn:
        await accounts.begin_deletion(conn, "acme", done.account.id, "ana")
    with pytest.raises(FlowRefused, match="try again in a minute"):
        await flow.finish(hub, *await answered(hub, server))


async def test_nothing_usable_is_stored_of_a_flow(hub: FakeHub) -> None:
    link = await flow.begin(hub, "ana")
    ticket = link.authorization_url.rsplit("/", 1)[1]
    there = await flow.open_(hub, ticket)
    query = dict(parse_qsl(urlsplit(there.url).query))
    assert "code_verifier" not in query
    (row,) = await hub.rows("select oauth_flow::text from oauth_flow")
    for secret in (ticket, there.session, query["state"]):
        assert secret not in row[0]
        assert secret.encode().hex() not in row[0]


async def test_a_form_from_elsewhere_comes_back_by_get(hub: FakeHub, server: AuthServer) -> None:
    """Its cookie is missing (SameSite), so it must finish nothing by itself."""
    link = await flow.begin(hub, "ana")
    async with browser(hub) as ana, browser(hub) as cookieless:
        there = await ana.get(link.authorization_url)
        back = server.consent(there.headers["location"])
        answer = await cookieless.post("/oauth/callback", data=back | {"evil": "x"})
        assert answer.status_code == 303
        assert answer.headers["location"] == f"{PUBLIC}/oauth/callback?{urlencode(back)}"
        assert not server.asked
        assert (await ana.get(answer.headers["location"])).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80@self"])
async def test_the_host_header_decides_nothing(hub: FakeHub, server: AuthServer, host: str) -> None:
    link = await flow.begin(hub, "ana")
    async with browser(hub) as ana:
        there = await ana.get(link.authorization_url, headers={"host": host})
        posted = await ana.post("/oauth/callback", data={"state": "x"}, headers={"host": host})
    assert "evil" not in there.headers["location"]
    assert "evil" not in posted.headers["location"]


async def test_a_backend_asks_for_a_link_for_its_user(hub: FakeHub) -> None:
    scopes = ("connections:write", "impersonate")
    key = await create_key(hub.db, "backend", scopes, user_id=None, days=1, env="dev")
    async with browser(hub, authorization=f"Bearer {key}") as backend:
        answer = await backend.post("/oauth/authorize", json={"user_id": "ana"})
        assert answer.status_code == 200
        assert set(answer.json()) == {"authorization_url", "expires_at"}
    assert await hub.rows("select user_id from oauth_flow") == [("ana",)]


async def test_a_service_without_a_client_id_says_which_variable_is_missing(
    server: AuthServer, db: Database
) -> None:
    async with open_client() as http:
        hub = make(server, db, http)
        chosen = structs.replace(hub.settings.oauth, client_id="")
        hub.settings = structs.replace(hub.settings, oauth=chosen)
        with pytest.raises(ConfigError, match="ACME_CLIENT_ID"):
            await flow.begin(hub, "ana")


async def test_a_token_that_opens_nothing_connects_nothing(
    hub: FakeHub, server: AuthServer
) -> None:
    server.shape = lambda reply: reply | {"access_token": "somebody else's"}
    with pytest.raises(FlowRefused) as caught:
        await flow.finish(hub, *await answered(hub, server))
    assert isinstance(caught.value.__cause__, Reauthorize)
    assert await count(hub) == 0


@pytest.mark.parametrize(
    ("error", "described", "sentence", "status"),
    [
        ("access_denied", "ADMIN9: told to nobody", "Ask the administrator.", "denied"),
        ("consent_required", "ADMIN9: told to nobody", "Ask the administrator.", "failed"),
        ("access_denied", "no", "You did not give access to Acme.", "denied"),
        ("server_error", "", "Acme did not give access (server_error).", "failed"),
    ],
)
async def test_a_provider_explains_its_refusals_in_its_own_codes(  # noqa: PLR0917 - a row each
    server: AuthServer, db: Database, error: str, described: str, sentence: str, status: str
) -> None:
    def explain(text: str) -> str:
        return "Ask the administrator." if "ADMIN9" in text else ""

    async with open_client() as http:
        hub = make(server, db, http, explain=explain)
        there, session = await opened(hub)
        state = parse_qs(urlsplit(there).query)["state"][0]
        back = Callback(state=state, error=error, error_description=described)
        with pytest.raises(FlowRefused, match=re.escape(sentence)) as refused:
            await flow.finish(hub, back, session)
        assert refused.value.status == status
        assert "told to nobody" not in str(refused.value)
