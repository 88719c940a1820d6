"""`fleet doctor` names what is wrong, and does not cry wolf."""

import asyncio
from typing import Any

import nats
import pytest
from msgspec import structs

from shared.bus import stream
from shared.cli import doctor
from shared.cli.fleet import Fleet
from shared.config import WebhookSettings
from shared.errors import ConfigError
from shared.http.checkup import Seen, look
from shared.types import Secret
from tests.fakes.feed import Notebook, provider
from tests.fakes.loopback import answer, loopback
from tests.fakes.service import settings

pytestmark = pytest.mark.anyio

FEED = provider(Notebook([[]]))
SETTINGS = settings(FEED, "postgresql://x", "nats://x", 8000)
HERE = Fleet(url="http://localhost:8000", services={"feed": "http://localhost:8000/feed"})


@pytest.mark.parametrize(
    ("secret", "weak"),
    [("s3cret", True), ("a" * 40, True), ("0f5c7e3b9d1a4682c0e7", False)],
)
def test_a_webhook_secret_that_can_be_guessed_is_wrong(secret: str, weak: bool) -> None:
    given = structs.replace(SETTINGS, webhook=WebhookSettings(secrets=(Secret(secret),)))
    found = list(doctor.of_secret(FEED, given))
    assert [it.level for it in found] == ["wrong"] * weak
    assert secret not in repr(found)


async def test_a_clock_that_is_off_and_a_host_that_is_silent_are_wrong() -> None:
    async with loopback(answer(404, {}, date="Thu, 01 Jan 2026 00:00:00 GMT")) as server:
        (late,) = await asyncio.to_thread(lambda: list(doctor.of_host("feed", server.url)))
        url = server.url
    assert late.level == "wrong"
    assert "s ahead of that of" in late.says
    (silent,) = await asyncio.to_thread(lambda: list(doctor.of_host("feed", url)))
    assert silent.says.startswith(f"nothing answers at {url}")
    seen = look("http://[::1")
    assert isinstance(seen, str)


def test_the_public_address_must_lead_to_this_service(monkeypatch: pytest.MonkeyPatch) -> None:
    def public(seen: Seen | str) -> doctor.Finding:
        ours = Seen(200, b"ours", 0.0)
        monkeypatch.setattr(
            "shared.http.checkup.look", lambda url: seen if "self.example" in url else ours
        )
        (found,) = doctor.of_public(FEED, "https://self.example/feed", HERE)
        return found

    assert public(Seen(200, b"ours", 0.0)).level == "ok"
    assert public(Seen(200, b"somebody else's", 0.0)).level == "wrong"
    assert public(Seen(502, b"", None)).level == "wrong"
    assert public("nothing answers").level == "wrong"
    (local,) = doctor.of_public(FEED, "http://localhost:8000/feed", HERE)
    assert (local.level, "PUBLIC_URL" in local.says) == ("hint", True)


def test_accounts_that_were_granted_less_or_have_ended_are_named() -> None:
    declared = ["read", "write"]
    oauth = structs.replace(SETTINGS.oauth, scopes=tuple(declared))
    given = structs.replace(SETTINGS, oauth=oauth)
    base: dict[str, Any] = {"id": "1", "name": "Ana", "status": "active", "error_message": ""}
    fine, less = base | {"scopes": declared}, base | {"scopes": ["other"]}
    ended = base | {"scopes": declared, "status": "expired", "error_message": "connect again"}
    found = list(doctor.of_accounts(FEED, given, [fine, less, ended]))
    assert [it.level for it in found] == ["hint", "hint"]
    assert "read write" in found[0].says
    assert "connect again" in found[1].says


async def test_a_stream_with_other_settings_is_named(nats_url: str) -> None:
    nc = await nats.connect(nats_url)
    try:
        for name in (stream.NAME, stream.ADVISORIES):
            await stream.ask(nc, f"STREAM.DELETE.{name}")
        with pytest.raises(ConfigError, match="does not exist yet"):
            await stream.check(nats_url)
        await stream.provision(nc, replicas=1, max_bytes=1 << 20)
        assert (await stream.check(nats_url)).startswith("2.")
        config = (await stream.ask(nc, f"STREAM.INFO.{stream.NAME}"))["config"]
        await stream.ask(nc, f"STREAM.UPDATE.{stream.NAME}", config | {"discard": "old"})
        with pytest.raises(ConfigError, match="discard is 'old'"):
            await stream.check(nats_url)
        await stream.ask(nc, f"STREAM.DELETE.{stream.NAME}")
    finally:
        await nc.close()
