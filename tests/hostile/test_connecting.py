"""Attacks on connecting an account, on every provider's own routes, over real HTTP.

The provider's token endpoint counts: an attack that gets as far as a code being sent has succeeded.
"""

from collections.abc import AsyncIterator
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from msgspec import json

from shared.oauth.protocol import oauth_of
from shared.service.callers import SCOPES
from tests.fakes.loopback import Asked, Server
from tests.hostile.stage import Stage

pytestmark = pytest.mark.anyio

MARKUP = "<script>alert(1)</script>\r\nset-cookie: a=b"
ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "/%5cevil.example",
    "/%2f/evil.example",
    "/..//evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https://evil.example",
    "HTTPS://evil.example/",
    "http://127.0.0.1",
    "javascript:alert(1)",
    "data:text/html,x",
    "/a\r\nlocation: https://evil.example",
    "/a%0d%0alocation:%20https://evil.example",
    "/\t/evil.example",
    " /evil",
    "/é",
    "/\u2028",
    "evil",
    "?x=1",
    "/" + "a" * 3000,
]


class Browser:
    """A browser of its own, with its cookies, which follows nothing by itself."""

    def __init__(self, stage: Stage) -> None:
        self.client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{stage.port}", trust_env=False, timeout=15
        )
        self.stage = stage

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    async def open(self, user_id: str = "ana", **wish: str) -> dict[str, str]:
        """Ask for a link and open it; returns the query of the consent page's address."""
        key = await self.stage.key(*SCOPES, user_id=user_id)
        link = await self.client.post("/oauth/authorize", json=wish, headers=key)
        there = await self.client.get(link.json()["authorization_url"])
        assert there.status_code == 303, there.text
        return dict(parse_qsl(urlsplit(there.headers["location"]).query))

    async def back(self, **query: str) -> httpx.Response:
        """Come back from the provider."""
        answer = await self.client.get("/oauth/callback", params=query)
        if answer.status_code >= 500:
            self.stage.wrong.append(f"{query}: {answer.status_code} {answer.text[:300]}")
        return answer


@pytest.fixture
def connecting(stage: Stage) -> Stage:
    """A stage whose accounts are connected by OAuth."""
    if stage.provider.oauth is None:
        pytest.skip("it connects nobody by OAuth")
    return stage


@pytest.fixture
async def ana(connecting: Stage) -> AsyncIterator[Browser]:
    """Ana's browser."""
    async with Browser(connecting) as it:
        yield it


@pytest.fixture
async def eve(connecting: Stage) -> AsyncIterator[Browser]:
    """The browser of somebody who also has an account here."""
    async with Browser(connecting) as it:
        yield it


async def connected(stage: Stage) -> int:
    return (await stage.sizes())["connected_account"]


async def flows(stage: Stage) -> int:
    return (await stage.sizes())["oauth_flow"]


async def test_a_callback_that_is_not_the_browsers_own_sends_no_code(
    connecting: Stage, vendor: Server, ana: Browser, eve: Browser
) -> None:
    anas, eves = (await ana.open())["state"], (await eve.open("eve"))["state"]
    attacks = {
        "no state": (ana, ""),
        "a state that nobody made": (ana, "A" * 43),
        "eve's state in ana's browser": (ana, eves),
        "ana's state in eve's browser": (eve, anas),
        "a state of 100 kB": (ana, "A" * 50_000),
        "NUL in a state": (ana, anas + "\0"),
        "a state in capitals": (ana, anas.swapcase()),
        "SQL": (ana, "' or state_sha256 is not null --"),
    }
    for what, (browser, state) in attacks.items():
        answer = await browser.back(state=state, code="eve's code")
        if answer.status_code != 400:
            connecting.wrong.append(f"{what}: {answer.status_code} {answer.text[:200]}")
    ana.client.cookies.clear()
    assert (await ana.back(state=anas, code="c")).status_code == 400
    assert vendor.asked == []
    assert await connected(connecting) == 0


def fields(asked: Asked) -> dict[str, str]:
    """What a token endpoint was sent, as a form or as JSON."""
    if asked.headers["content-type"].startswith("application/json"):
        return json.decode(asked.body, type=dict[str, str])
    return dict(parse_qsl(asked.body.decode()))


async def test_a_flow_ends_with_its_first_answer(
    connecting: Stage, vendor: Server, ana: Browser
) -> None:
    """Also with a bad one: a code cannot be tried against the same state again and again."""
    state = (await ana.open())["state"]
    issuer = oauth_of(connecting.provider).issuer
    assert (await ana.back(state=state, error="access_denied", iss=issuer)).status_code == 400
    for _ in range(3):
        assert (await ana.back(state=state, code="c", iss=issuer)).status_code == 400
    later = (await ana.open())["state"]
    await connecting.rows("update oauth_flow set expires_at = now() - interval '1 second'")
    assert (await ana.back(state=later, code="c", iss=issuer)).status_code == 400
    assert vendor.asked == []


async def test_a_code_is_sent_once_and_with_the_proof_of_its_own_flow(
    connecting: Stage, vendor: Server, ana: Browser
) -> None:
    """So a code that was made for another flow, eve's, is worth nothing to the provider."""
    wish = await ana.open()
    answers = [await ana.back(state=wish["state"], code="eve's code") for _ in range(3)]
    assert [it.status_code for it in answers] == [400] * 3
    (sent,) = [fields(it) for it in vendor.asked if "/token" in it.target]
    assert sent["code"] == "eve's code"
    assert sent["redirect_uri"] == wish["redirect_uri"]
    if oauth_of(connecting.provider).pkce:
        assert create_s256_code_challenge(sent["code_verifier"]) == wish["code_challenge"]
    assert await connected(connecting) == 0


async def test_another_issuers_answer_sends_no_code(
    connecting: Stage, vendor: Server, ana: Browser
) -> None:
    for iss in ("https://evil.example", "javascript:alert(1)", "http://[", "x"):
        answer = await ana.back(state=(await ana.open())["state"], code="c", iss=iss)
        assert answer.status_code == 400
    assert vendor.asked == []


async def test_what_the_address_says_is_not_shown(connecting: Stage, ana: Browser) -> None:
    texts = [{name: MARKUP} for name in ("error", "error_description", "code", "iss", "state", "x")]
    for text in texts:
        for state in ("", (await ana.open())["state"]):
            answer = await ana.back(**{"state": state, **text})
            shown = answer.text + str(answer.headers)
            if "script>" in shown or "alert(1)" in shown or "a=b" in shown:
                connecting.wrong.append(f"{text} is shown")
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"


async def test_nobody_is_sent_where_nobody_allowed(connecting: Stage) -> None:
    before, key = await flows(connecting), await connecting.key(*SCOPES, user_id="ana")
    for where in ELSEWHERE:
        wish = {"return_to": where}
        answer = await connecting.ask(
            repr(where), "POST", "/oauth/authorize", {400}, json=wish, headers=key
        )
        assert "evil" not in answer.text
    assert await flows(connecting) == before


async def test_neither_host_header_nor_query_moves_the_way_back(
    connecting: Stage, ana: Browser
) -> None:
    key = await connecting.key(*SCOPES, user_id="ana")
    for headers in (
        {"host": "evil.example"},
        {"x-forwarded-host": "evil.example", "x-forwarded-proto": "https"},
        {"forwarded": "host=evil.example"},
    ):
        link = await ana.client.post("/oauth/authorize", json={}, headers={**key, **headers})
        url = link.json()["authorization_url"]
        there = await ana.client.get(url, headers=headers, params={"redirect_uri": "https://evil"})
        assert "evil" not in url + there.headers["location"]


async def test_a_link_or_a_form_that_nobody_made_leads_nowhere(
    connecting: Stage, ana: Browser
) -> None:
    before = await flows(connecting)
    for ticket in ("x", "A" * 43, "%00", "..%2f..%2fhealth", "A" * 9000, "%ff", "'--"):
        answer = await ana.client.get(f"/oauth/start/{ticket}")
        if answer.status_code not in (400, 404):
            connecting.wrong.append(f"{ticket}: {answer.status_code} {answer.text[:200]}")
    forms = [b"", b"state=" + b"A" * 100_000, b"state=%ff%00&code=%0d%0aset-cookie:a", b"\xff=\xfe"]
    for form in forms:
        kind = {"content-type": "application/x-www-form-urlencoded"}
        answer = await ana.client.post("/oauth/callback", content=form, headers=kind)
        if answer.status_code not in (303, 400):
            connecting.wrong.append(f"{form[:40]!r}: {answer.status_code} {answer.text[:200]}")
        assert "set-cookie" not in answer.headers
    assert await flows(connecting) == before
