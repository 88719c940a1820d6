"""From what a user fills in to the account: redirects, odd servers, and hosts that get to know nothing."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import pytest

from services.calendar.credentials import open_
from services.calendar.server import trusted
from shared.errors import BadRequest, Elsewhere, ItemGone
from shared.provider import Api, Reply
from shared.types import Token
from tests.fakes.api import FakeApi
from tests.providers.calendar.material import body

pytestmark = pytest.mark.anyio

ME = "<current-user-principal><href>{}</href></current-user-principal>"
HOMES = (
    "<C:calendar-home-set><href>{}</href></C:calendar-home-set><displayname>Ana</displayname>"
    "<C:calendar-user-address-set><href>/x</href><href>MAILTO:Ana@Example.test</href></C:calendar-user-address-set>"
)


class Net:
    """Servers by address; `told` is every address that got credentials, with them."""

    def __init__(self, **answers: str | Exception) -> None:
        self.answers: dict[str, str | bytes | Exception] = {**answers}
        self.told: list[tuple[str, str, str]] = []

    def __call__(self, token: Token) -> Api:
        return At(self, token)


class At(FakeApi):
    def __init__(self, net: Net, token: Token) -> None:
        super().__init__({})
        self.net, self.token = net, token

    async def query(
        self,
        path: str,
        content_type: str,
        body: bytes,
        *,
        method: str = "POST",
        headers: Mapping[str, str] = {},
    ) -> Reply[bytes]:
        url = self.token.extra["base_url"] + path
        self.net.told.append((url, self.token.extra["scheme"], self.token.access))
        found = self.net.answers.get(url, ItemGone())
        if isinstance(found, Exception):
            raise found
        if isinstance(found, bytes):
            return Reply(found, 200, {})
        ok = f"<propstat><prop>{found}</prop><status>HTTP/1.1 200 OK</status></propstat>"
        text = f'<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><response><href>{path}</href>{ok}</response></multistatus>'
        return Reply(text.encode(), 207, {})


def net(answers: Mapping[str, Any]) -> Net:
    made = Net()
    made.answers = dict(answers)
    return made


def filled(**given: str) -> dict[str, str]:
    names = ("server_url", "username", "app_password", "feed_url")
    return {name: given.get(name, "") for name in names}


def ana(url: str) -> dict[str, str]:
    return filled(server_url=url, username="ana", app_password="pass-word")


BASIC = b64encode(b"ana:pass-word").decode()
PLAIN = {
    "https://dav.test/": ME.format("/p/ana/"),
    "https://dav.test/p/ana/": HOMES.format("/c/ana%40x/"),
}


@pytest.mark.parametrize("url", ["https://dav.test/", "https://dav.test", "dav.test"])
async def test_a_server_leads_to_its_calendars(url: str) -> None:
    token, who = await open_(ana(url), net(PLAIN))
    assert (who.id, who.name, who.email) == ("https://dav.test/p/ana/", "Ana", "ana@example.test")
    assert token.access == BASIC
    assert dict(token.extra) == {
        "base_url": "https://dav.test",
        "scheme": "Basic",
        "home": "/c/ana@x/",
        "principal": "/p/ana/",
        "own": "ana@example.test",
    }


async def test_the_well_known_address_is_tried_and_a_redirect_below_the_host_followed() -> None:
    servers = {
        "https://mail.test/.well-known/caldav": Elsewhere(url="https://dav.mail.test/dav/"),
        "https://dav.mail.test/dav/": ME.format("https://dav.mail.test/p/"),
        "https://dav.mail.test/p/": HOMES.format("../c/"),
    }
    token, _ = await open_(ana("https://mail.test/somewhere"), net(servers))
    assert (token.extra["base_url"], token.extra["home"]) == ("https://dav.mail.test", "/c/")


async def test_icloud_sends_from_one_of_its_hosts_to_another() -> None:
    servers = {
        "https://caldav.icloud.com/": ME.format("/123/principal/"),
        "https://caldav.icloud.com/123/principal/": HOMES.format(
            "https://p42-caldav.icloud.com:443/123/calendars/"
        ),
    }
    token, who = await open_(ana("https://caldav.icloud.com"), net(servers))
    assert token.extra["base_url"] == "https://p42-caldav.icloud.com:443"
    assert who.id == "https://caldav.icloud.com/123/principal/"


@pytest.mark.parametrize(
    "servers",
    [
        {"https://dav.test/": Elsewhere(url="https://evil.example/")},
        {"https://dav.test/": ME.format("https://evil.example/p/")},
        {**PLAIN, "https://dav.test/p/ana/": HOMES.format("https://evil.example/c/")},
    ],
    ids=["redirect", "principal", "home"],
)
async def test_credentials_follow_nobody_to_another_host(
    servers: Mapping[str, str | Exception],
) -> None:
    there = net(servers)
    with pytest.raises(BadRequest, match=r"leads to evil\.example"):
        await open_(ana("https://dav.test/"), there)
    assert not [url for url, _, _ in there.told if "evil" in url]


@pytest.mark.parametrize(
    ("first", "host", "good"),
    [
        ("a.test", "a.test", True),
        ("a.test", "dav.a.test", True),
        ("dav.a.test", "a.test", False),
        ("a.test", "xa.test", False),
        ("caldav.icloud.com", "p1-caldav.icloud.com", True),
        ("evil.example", "p1-caldav.icloud.com", False),
        ("caldav.icloud.com", "icloud.com.evil.example", False),
        ("ana.github.io", "eve.github.io", False),
    ],
)
async def test_whom_credentials_may_be_told(first: str, host: str, good: bool) -> None:
    assert trusted(first, host) is good


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (filled(), "Fill in"),
        (filled(server_url="https://dav.test"), "Fill in"),
        ({**ana("https://dav.test"), "feed_url": "https://f.test/x.ics"}, "Fill in"),
        ({**ana("https://dav.test"), "username": "a:b"}, "colon"),
        (ana("https://["), "not a URL"),
        (ana("https://dav.test:port/"), "not a URL"),
        (ana("https://nothing.test"), "no CalDAV"),
        (filled(feed_url="ftp://f.test/x.ics"), "begins with https"),
        (filled(feed_url="https://a:b@f.test/x.ics"), "begins with https"),
        (filled(feed_url="nonsense"), "begins with https"),
    ],
)
async def test_what_cannot_be_meant(given: dict[str, str], says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        await open_(given, net(PLAIN))


async def test_a_server_without_calendars_says_so() -> None:
    with pytest.raises(BadRequest, match="no calendars"):
        await open_(ana("dav.test"), net({**PLAIN, "https://dav.test/p/ana/": "<displayname/>"}))


async def test_a_feed_is_opened_by_its_address_alone_wherever_it_leads() -> None:
    servers = {
        "https://f.test/secret.ics?k=1": Elsewhere(url="https://cdn.test/x/secret.ics"),
        "https://cdn.test/x/secret.ics": body("google.export"),
    }
    there = net(servers)
    token, who = await open_(filled(feed_url="webcal://f.test/secret.ics?k=1#x"), there)
    assert (token.extra["base_url"], token.extra["feed"]) == ("https://cdn.test", "/x/secret.ics")
    assert who.name == "ana@example.test"
    assert "secret" not in who.id
    assert {scheme for _, scheme, _ in there.told} == {""}


async def test_the_password_of_a_feed_stays_with_its_first_host() -> None:
    servers = {
        "https://f.test/x.ics": Elsewhere(url="https://cdn.test/x.ics"),
        "https://cdn.test/x.ics": body("google.export"),
    }
    there = net(servers)
    given = {
        **filled(feed_url="https://f.test/x.ics"),
        "username": "ana",
        "app_password": "pass-word",
    }
    await open_(given, there)
    assert [(scheme, BASIC in access) for _, scheme, access in there.told] == [
        ("Basic", True),
        ("", False),
    ]
