"""Slack as a stranger plays it (npm: emulate): connect to it, sync it, hear its signed events.

It proves that two implementations understand each other on the common path; rotation, limits and
faults are proved elsewhere, because it plays none of them.
"""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from msgspec import json

from shared.normalizer import Message
from tests.fakes.programs import Ground, Place, addresses, allow, ask, heard, standing_in

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]

SECRET = "a signing secret"
TOKEN = {"authorization": "Bearer xoxb-test"}
GENERAL = "C000000001"
"""The channel that emulate always has."""


@pytest.fixture
async def place(ground: Ground) -> AsyncIterator[Place]:
    slack, inner, ours = addresses(3)
    app = {
        "client_id": "sl-client",
        "client_secret": "sl-secret",
        "name": "Fleet",
        "redirect_uris": [f"{ours}/oauth/callback"],
    }
    seed = {
        "team": {"name": "Acme", "domain": "acme"},
        "signing_secret": SECRET,
        "users": [{"name": "ana", "real_name": "Ana A", "email": "ana@example.com"}],
        "oauth_apps": [app],
        "tokens": [{"token": "xoxb-test", "user": "ana"}],
    }
    played = {
        "INNER": inner.rpartition(":")[2],
        "EVENTS": f"{ours}/webhook",
        "SEED": json.encode({"slack": seed}).decode(),
    }
    served = {
        "SLACK_API_URL": f"{slack}/api",
        "SLACK_AUTH_URL": f"{slack}/oauth/v2/authorize",
        "SLACK_TOKEN_URL": f"{slack}/api/oauth.v2.access",
        "SLACK_CLIENT_ID": "sl-client",
        "SLACK_CLIENT_SECRET": "sl-secret",
        "SLACK_SIGNING_SECRET": SECRET,
    }
    async with standing_in(
        ground, "slack", (slack, ours), played=played, served=served, ready="/api/auth.test"
    ) as place:
        yield place


async def test_a_token_a_sync_and_a_signed_event(place: Place, ground: Ground) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=15) as client:
        before = await say(client, place, "Before <https://ex.org|we> came")
        body = {"user_id": "ana", "access_token": "xoxb-test"}
        connected = await ask(client, "POST", f"{place.ours}/accounts", place.key, body)
        assert connected["name"].startswith("Acme")
        found = await told(ground, "ana", before["ts"])
        assert found.content == "Before we (https://ex.org) came"
        after = await say(client, place, "After we came", thread_ts=before["ts"])
        reply = await told(ground, "ana", after["ts"])
        assert reply.parent_id == found.id
        assert reply.author == found.author


async def test_consent_in_a_browser_and_a_message_of_ours(place: Place, ground: Ground) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=15) as client:
        before = await say(client, place, "Bob wants to know")
        wish = {"user_id": "bob"}
        link = await ask(client, "POST", f"{place.ours}/oauth/authorize", place.key, wish)
        consent = await client.get(link["authorization_url"], follow_redirects=True)
        assert consent.url.path == "/oauth/v2/authorize"
        done = await allow(client, consent, f"{place.theirs}/oauth/v2/authorize/callback")
        assert done.status_code == 200, done.text
        mine = await ask(client, "GET", f"{place.ours}/accounts?user_id=bob", place.key)
        assert [it["status"] for it in mine["accounts"]] == ["active"]
        assert (await told(ground, "bob", before["ts"])).content == "Bob wants to know"
        where = f"{place.ours}/api/v1/direct-messages?user_id=bob"
        people = await ask(client, "GET", f"{place.ours}/api/v1/users?user_id=bob", place.key)
        (ana,) = [it["id"] for it in people["users"] if it.get("email") == "ana@example.com"]
        sent = await ask(client, "POST", where, place.key, {"users": [ana], "text": "Hi"})
        assert sent["content"] == "Hi"


async def say(client: httpx.AsyncClient, place: Place, text: str, **more: str) -> dict[str, Any]:
    """Ana says something there."""
    body = {"channel": GENERAL, "text": text, **more}
    said = await ask(client, "POST", f"{place.theirs}/api/chat.postMessage", TOKEN, body)
    assert said["ok"], said
    message: dict[str, Any] = said["message"]
    return message


async def told(ground: Ground, user: str, ts: str) -> Message:
    """The message of that time, as soon as it is on the stream."""
    subject = f"self.events.message.slack.{user}"
    return await heard(ground.nats_url, subject, lambda it: it.id == f"{GENERAL}:{ts}")
