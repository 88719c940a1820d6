"""The connect pages: a link for one user and one browser, and nothing of anybody else's behind it."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from services.github.provider import provider
from services.github.simulator import GitHub, app
from shared.http.roleplay import post
from shared.service.console import sessions
from tests.fakes.service import Running, running
from tests.fakes.simulated import listening, told, until
from tests.fakes.visitor import Visitor, linked, operator, visitor

pytestmark = pytest.mark.anyio

ALLOWED = "https://app.example/done"


@pytest.fixture
def played() -> GitHub:
    return app(post, secret="s", repositories=1, issues=2)


@pytest.fixture
async def service(
    played: GitHub, database_url: str, nats_url: str, anyio_backend: str
) -> AsyncIterator[Running]:
    async with listening(played) as url:
        build = told(played, url, OAUTH_RETURN_TO=ALLOWED)
        async with running(provider, database_url, nats_url, build=build, pages=True) as it:
            yield it


async def consent(it: Visitor, answer: str = "yes") -> None:
    """Go on to the provider's page, and say yes there, or no."""
    await it.send("/connect/start/github")
    asks = it.answer.url
    assert asks.path == "/login/oauth/authorize"
    if answer == "yes":
        await it.go(f"{asks}&consent=yes")
    else:
        state = asks.params["state"]
        await it.go(f"/oauth/callback?error=access_denied&state={state}")


async def test_a_user_chooses_consents_comes_back_and_sees_what_arrives(service: Running) -> None:
    async with visitor(service) as it:
        await linked(service, it, "ana", return_to=ALLOWED)
        assert it.at == "/connect/"
        given = it.answer.history[0].headers["set-cookie"].lower()
        assert "httponly" in given
        assert "samesite=lax" in given
        assert "Nothing has arrived yet" in it.text
        await consent(it)
        assert it.at.startswith("/connect/?status=connected")
        assert "GitHub: Connected." in it.text
        assert f'href="{ALLOWED}"' in it.text

        async def arrived() -> bool:
            return "data-stream-empty hidden" in await it.go("/connect/")

        await until(arrived)
        assert "/console/trace" not in it.text


async def test_who_says_no_is_told_that_nothing_was_connected(service: Running) -> None:
    async with visitor(service) as it:
        await linked(service, it, "ana")
        await consent(it, "no")
        assert "Access was not given" in it.text
        assert "mona" not in it.text


async def test_a_link_opens_once_and_a_page_without_one_shows_nothing(service: Running) -> None:
    key = await service.key("connections:write", "impersonate")
    made = await service.http.post("/connect/links", json={"user_id": "ana"}, headers=key)
    path = urlsplit(made.json()["url"]).path
    async with visitor(service) as it, visitor(service) as late:
        await it.go(path)
        assert it.at == "/connect/"
        assert "not valid any more" in await late.go(path)
        assert late.status == 403
        for page in ("/connect/", "/connect/events"):
            assert "Ask for a new link" in await late.go(page)
            assert late.status == 403
        assert await late.post("/connect/start/github") == 403
        assert await it.post("/connect/start/github") == 403, "the form's token is missing"


async def test_a_user_sees_no_other_users_accounts_and_messages(service: Running) -> None:
    async with visitor(service) as ana, visitor(service) as bob:
        await linked(service, ana, "ana")
        await consent(ana)
        for user in ("ana", "bob"):
            body = f'{{"id": "1", "title": "of {user}"}}'.encode()
            await service.nc.jetstream().publish(f"self.events.issue.github.{user}", body)
        text = await linked(service, bob, "bob")
        assert "of bob" in text
        assert "of ana" not in text
        assert "mona" not in text
        async with bob.http.stream("GET", "/connect/events?after=1&user=ana") as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    assert "of bob" in line
                    break


async def test_an_end_user_gets_into_no_console_and_an_operator_into_no_connection(
    service: Running,
) -> None:
    async with visitor(service) as it, operator(service) as other:
        await linked(service, it, "ana")
        cookie = it.http.cookies["fleet_connect"]
        it.http.cookies.set("fleet_console", cookie)
        await it.go("/console/")
        assert it.at.startswith("/console/sign-in")
        other.http.cookies.set("fleet_connect", other.http.cookies["fleet_console"])
        assert "Ask for a new link" in await other.go("/connect/")


async def test_an_operator_makes_a_link_too(service: Running) -> None:
    async with operator(service) as it, visitor(service) as user:
        await it.go("/console/connect")
        text = await it.send("/console/connect", user="ana", return_to="/somewhere")
        url = text.partition("data-copied>")[2].partition("<")[0]
        assert "/somewhere" in await user.go(urlsplit(url).path)
        await it.go("/console/connect")
        assert "1 to 64 characters" in await it.send("/console/connect", user="a b")


async def test_the_way_back_leads_only_where_the_configuration_allows(service: Running) -> None:
    key = await service.key("connections:write", "impersonate")
    for where in ("https://evil.test", f"{ALLOWED}.evil.test", "//evil.test"):
        wish = {"user_id": "ana", "return_to": where}
        answer = await service.http.post("/connect/links", json=wish, headers=key)
        assert answer.status_code == 400, where


async def test_links_are_made_by_callers_for_users_they_may_speak_for(service: Running) -> None:
    for headers, wish, status in (
        ({}, {"user_id": "ana"}, 401),
        (await service.key("connections:read", "impersonate"), {"user_id": "ana"}, 403),
        (await service.key("connections:write", user_id="bob"), {"user_id": "ana"}, 403),
        (await service.key("connections:write", user_id="bob"), {}, 201),
        (await service.key("connections:write", "impersonate"), {}, 400),
    ):
        made = await service.http.post("/connect/links", json=wish, headers=headers)
        assert made.status_code == status, made.text


async def test_an_account_is_connected_by_a_token_that_no_page_shows(
    service: Running, played: GitHub
) -> None:
    played.consent.tokens["ghp_good"] = "repo"
    async with visitor(service) as it:
        await linked(service, it, "ana")
        assert "does not accept this token" in await it.send(
            "/connect/token/github", token="ghp_bad"
        )
        assert "ghp_bad" not in it.text
        assert "GitHub: Connected." in await it.send("/connect/token/github", token="ghp_good")
        assert "ghp_good" not in it.text


async def test_forms_may_lead_to_the_providers_and_nowhere_else(service: Running) -> None:
    async with visitor(service) as it:
        await linked(service, it, "ana")
        policy = it.answer.headers["content-security-policy"]
        there = service.hub.settings.provider.authorize_url.removesuffix("/login/oauth/authorize")
        own = service.hub.settings.service.public_url
        assert policy.endswith(f"form-action 'self' {' '.join(sorted([own, there]))}")


def test_the_cookie_of_a_browser_by_https_belongs_to_one_host() -> None:
    class Desk:
        secure = True

    assert sessions.name(Desk(), "connect") == "__Host-fleet_connect"  # type: ignore[arg-type]  # as far as it is looked at
