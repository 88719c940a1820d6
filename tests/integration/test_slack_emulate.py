"""Slack as a stranger plays it (npm: emulate): connect to it, sync it, hear its signed events.

It proves that two implementations understand each other on the common path; rotation, limits and
faults are proved elsewhere, because it plays none of them.
"""

import os
import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import nats
import pytest
from msgspec import Struct, json

from shared.bus import stream
from shared.engines.process import ports
from shared.normalizer import Message
from shared.oauth.keyring import new_key
from shared.service import callers
from shared.store.database import Database
from tests.chaos.machines import python
from tests.fakes.programs import answers, ask, process

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]

SECRET = "a signing secret"
TOKEN = {"authorization": "Bearer xoxb-test"}
GENERAL = "C000000001"
"""The channel that emulate always has."""


class Place(Struct, frozen=True):
    """Where both sides are: Slack's base URL, ours, and a key that speaks for every user."""

    slack: str
    ours: str
    key: dict[str, str]


@pytest.fixture
async def place(  # noqa: PLR0917 - fixtures, told apart by their names
    peers: Path, node: Path, db: Database, database_url: str, nats_url: str, tmp_path: Path
) -> AsyncIterator[Place]:
    free = ports(0, fixed=False)
    slack, inner, ours = (f"http://127.0.0.1:{next(free)}" for _ in range(3))
    ports_of = {url: url.rpartition(":")[2] for url in (slack, inner, ours)}
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
        "PORT": ports_of[slack],
        "INNER": ports_of[inner],
        "EVENTS": f"{ours}/webhook",
        "SEED": json.encode({"slack": seed}).decode(),
    }
    served = os.environ | {
        "SERVICE_PORT": ports_of[ours],
        "SERVICE_ENV": "dev",
        "PUBLIC_URL": ours,
        "POSTGRES_URL": database_url,
        "NATS_URL": nats_url,
        "ENCRYPTION_KEYS": f"1:{new_key()}",
        "SLACK_API_URL": f"{slack}/api",
        "SLACK_AUTH_URL": f"{slack}/oauth/v2/authorize",
        "SLACK_TOKEN_URL": f"{slack}/api/oauth.v2.access",
        "SLACK_CLIENT_ID": "sl-client",
        "SLACK_CLIENT_SECRET": "sl-secret",
        "SLACK_SIGNING_SECRET": SECRET,
    }
    nc = await nats.connect(nats_url)
    await stream.ask(nc, f"STREAM.DELETE.{stream.NAME}")
    await nc.close()
    key = await callers.create_key(db, "test", callers.SCOPES, user_id=None, days=1, env="dev")
    with (
        process([str(node), str(peers / "slack.mjs")], played, tmp_path / "slack.log"),
        process(python("services.slack"), served, tmp_path / "ours.log"),
    ):
        await answers(f"{slack}/api/auth.test", tmp_path / "slack.log")
        await answers(f"{ours}/health/ready", tmp_path / "ours.log")
        yield Place(slack, ours, {"authorization": f"Bearer {key}"})


async def test_a_token_a_sync_and_a_signed_event(place: Place, nats_url: str) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=15) as client:
        before = await say(client, place, "Before <https://ex.org|we> came")
        body = {"user_id": "ana", "access_token": "xoxb-test"}
        connected = await ask(client, "POST", f"{place.ours}/accounts", place.key, body)
        assert connected["name"].startswith("Acme")
        found = await told(nats_url, "ana", before["ts"])
        assert found.content == "Before we (https://ex.org) came"
        after = await say(client, place, "After we came", thread_ts=before["ts"])
        heard = await told(nats_url, "ana", after["ts"])
        assert heard.parent_id == found.id
        assert heard.author == found.author


async def test_consent_in_a_browser_and_a_message_of_ours(place: Place, nats_url: str) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=15) as client:
        before = await say(client, place, "Bob wants to know")
        wish = {"user_id": "bob"}
        link = await ask(client, "POST", f"{place.ours}/oauth/authorize", place.key, wish)
        consent = await client.get(link["authorization_url"], follow_redirects=True)
        assert consent.url.path == "/oauth/v2/authorize"
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', consent.text))
        form = {name: unescape(value) for name, value in fields.items()}
        allowed = f"{place.slack}/oauth/v2/authorize/callback"
        done = await client.post(allowed, data=form, follow_redirects=True)
        assert done.status_code == 200, done.text
        mine = await ask(client, "GET", f"{place.ours}/accounts?user_id=bob", place.key)
        assert [it["status"] for it in mine["accounts"]] == ["active"]
        assert (await told(nats_url, "bob", before["ts"])).content == "Bob wants to know"
        where = f"{place.ours}/api/v1/direct-messages?user_id=bob"
        people = await ask(client, "GET", f"{place.ours}/api/v1/users?user_id=bob", place.key)
        (ana,) = [it["id"] for it in people["users"] if it.get("email") == "ana@example.com"]
        sent = await ask(client, "POST", where, place.key, {"users": [ana], "text": "Hi"})
        assert sent["content"] == "Hi"


async def say(client: httpx.AsyncClient, place: Place, text: str, **more: str) -> dict[str, Any]:
    """Ana says something there."""
    body = {"channel": GENERAL, "text": text, **more}
    said = await ask(client, "POST", f"{place.slack}/api/chat.postMessage", TOKEN, body)
    assert said["ok"], said
    message: dict[str, Any] = said["message"]
    return message


async def told(nats_url: str, user: str, ts: str) -> Message:
    """The message of that time, as soon as it is on the stream."""
    nc = await nats.connect(nats_url)
    try:
        subject = f"self.events.message.slack.{user}"
        tail = await nc.jetstream().subscribe(subject, stream=stream.NAME, ordered_consumer=True)
        while True:
            message = json.decode((await tail.next_msg(timeout=20)).data, type=Message)
            if message.id == f"{GENERAL}:{ts}":
                return message
    finally:
        await nc.close()
