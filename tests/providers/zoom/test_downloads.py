"""Where the token goes: to the host that Zoom named for a download, and to none that it leads on to."""

from typing import Any

import httpx
import pytest

from services.zoom.instances import transcript
from services.zoom.provider import provider
from services.zoom.recorded import File
from shared.errors import Refused
from shared.http.client import HttpApi

pytestmark = pytest.mark.anyio

VTT = b"WEBVTT\n\n00:01.000 --> 00:02.000\nJo Kim: Hi.\n"
ASKED = "us02web.zoom.us"


async def token(_: str) -> str:
    return "the token"


async def downloaded(url: str, leads_to: str = "") -> tuple[str | None, dict[str, str]]:
    """The text, and what each host was told of us."""
    told: dict[str, str] = {}

    def served(request: httpx.Request) -> httpx.Response:
        told[request.url.host] = request.headers.get("authorization", "")
        if leads_to and request.url.host == ASKED:
            return httpx.Response(302, headers={"location": leads_to})
        return httpx.Response(200, content=VTT)

    async with httpx.AsyncClient(transport=httpx.MockTransport(served)) as client:
        api: Any = HttpApi(client, provider, provider.base_url, token)
        return await transcript(api, File(download_url=url)), told


@pytest.mark.parametrize("host", ["zoom.us", ASKED, "acme.zoom.us", "eu01.rec.zoom.us"])
async def test_every_host_of_zoom_gives_its_files_to_the_token(host: str) -> None:
    assert await downloaded(f"https://{host}/rec/download/a?b=c") == (
        VTT.decode(),
        {host: "Bearer the token"},
    )


async def test_whom_it_leads_on_to_is_not_told_the_token() -> None:
    text, told = await downloaded(f"https://{ASKED}/rec/download/a", "https://ssrweb.zoom.us/b")
    assert text == VTT.decode()
    assert told == {ASKED: "Bearer the token", "ssrweb.zoom.us": ""}


async def test_it_leads_to_no_other_house() -> None:
    text, told = await downloaded(f"https://{ASKED}/rec/download/a", "https://zoom.example/b")
    assert (text, list(told)) == (None, [ASKED])


@pytest.mark.parametrize(
    "url",
    [
        "https://zoom.us.example/a",
        "https://evilzoom.us/a",
        "http://zoom.us/a",
        "https://zoom.us:8443/a",
        "https://me@zoom.us/a",
        "https://127.0.0.1/a",
    ],
)
async def test_an_address_elsewhere_is_asked_for_nothing(url: str) -> None:
    assert await downloaded(url) == (None, {})


async def test_the_token_is_revoked_where_it_was_given() -> None:
    asked: list[str] = []

    def served(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200)

    async with httpx.AsyncClient(transport=httpx.MockTransport(served)) as client:
        api = HttpApi(client, provider, provider.base_url, None)
        await api.send("POST", "/oauth/revoke", type(None), "token=a")
        with pytest.raises(Refused):
            await api.send("POST", "https://zoom.example/oauth/revoke", type(None), "token=a")
    assert asked == ["https://zoom.us/oauth/revoke"]
