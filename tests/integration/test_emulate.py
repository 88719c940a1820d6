"""GitHub as a stranger plays it (npm: emulate): connect to it, sync it, hear it.

It proves that two implementations understand each other on the common path; expiry, limits and
faults are proved elsewhere, because it plays none of them.
"""

import os
import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import httpx
import nats
import nats.errors
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

SECRET = "a webhook secret"
TOKEN = {"authorization": "Bearer gh_tok"}


class Place(Struct, frozen=True):
    """Where both sides are: GitHub's base URL, ours, and a key that speaks for every user."""

    github: str
    ours: str
    key: dict[str, str]


@pytest.fixture
async def place(  # noqa: PLR0917 - fixtures, told apart by their names
    peers: Path, node: Path, db: Database, database_url: str, nats_url: str, tmp_path: Path
) -> AsyncIterator[Place]:
    free = ports(0, fixed=False)
    github, ours = (f"http://127.0.0.1:{next(free)}" for _ in range(2))
    seed = {
        "tokens": {"gh_tok": {"login": "octocat", "scopes": ["repo", "admin:repo_hook"]}},
        "github": {
            "users": [{"login": "octocat", "name": "Octo", "email": "octocat@example.com"}],
            "repos": [{"owner": "octocat", "name": "hello", "auto_init": True}],
            "oauth_apps": [
                {
                    "client_id": "gh-client",
                    "client_secret": "gh-secret",
                    "name": "Fleet",
                    "redirect_uris": [f"{ours}/oauth/callback"],
                }
            ],
        },
    }
    ports_of = {url: url.rpartition(":")[2] for url in (github, ours)}
    played = {"PORT": ports_of[github], "SEED": json.encode(seed).decode()}
    served = os.environ | {
        "SERVICE_PORT": ports_of[ours],
        "SERVICE_ENV": "dev",
        "PUBLIC_URL": ours,
        "POSTGRES_URL": database_url,
        "NATS_URL": nats_url,
        "ENCRYPTION_KEYS": f"1:{new_key()}",
        "GITHUB_API_URL": github,
        "GITHUB_AUTH_URL": f"{github}/login/oauth/authorize",
        "GITHUB_TOKEN_URL": f"{github}/login/oauth/access_token",
        "GITHUB_CLIENT_ID": "gh-client",
        "GITHUB_CLIENT_SECRET": "gh-secret",
        "GITHUB_WEBHOOK_SECRET": SECRET,
    }
    nc = await nats.connect(nats_url)
    await stream.ask(nc, f"STREAM.DELETE.{stream.NAME}")
    await nc.close()
    key = await callers.create_key(db, "test", callers.SCOPES, user_id=None, days=1, env="dev")
    with (
        process([str(node), str(peers / "github.mjs")], played, tmp_path / "github.log"),
        process(python("services.github"), served, tmp_path / "ours.log"),
    ):
        await answers(f"{github}/meta", tmp_path / "github.log")
        await answers(f"{ours}/health/ready", tmp_path / "ours.log")
        yield Place(github, ours, {"authorization": f"Bearer {key}"})


async def test_a_token_a_sync_and_a_webhook(place: Place, nats_url: str) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=15) as client:
        await open_issue(client, place, "Before we came")
        body = {"user_id": "ana", "access_token": "gh_tok", "routes": ["*"]}
        connected = await ask(client, "POST", f"{place.ours}/accounts", place.key, body)
        assert connected["name"] == "octocat"
        found = await told(nats_url, "ana", {"Before we came", "octocat/hello"})
        assert found["Before we came"].type == "issue"
        assert found["octocat/hello"].type == "repository"

        hook = {
            "name": "web",
            "events": ["issues"],
            "config": {"url": f"{place.ours}/webhook", "content_type": "json", "secret": SECRET},
        }
        where = f"{place.github}/repos/octocat/hello/hooks"
        await ask(client, "POST", where, TOKEN, hook)
        await open_issue(client, place, "After we came")
        heard = (await told(nats_url, "ana", {"After we came"}))["After we came"]
        assert heard.author
        assert heard.author.name == "octocat"
        assert heard.id.startswith(found["Before we came"].id.partition(":")[0] + ":")


async def test_consent_in_a_browser_and_a_sync(place: Place, nats_url: str) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=15) as client:
        await open_issue(client, place, "Bob wants to know")
        wish = {"user_id": "bob"}
        link = await ask(client, "POST", f"{place.ours}/oauth/authorize", place.key, wish)
        consent = await client.get(link["authorization_url"], follow_redirects=True)
        assert consent.url.host == "127.0.0.1"
        assert consent.url.params["state"]
        assert consent.url.params["code_challenge_method"] == "S256"
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', consent.text))
        form = {name: unescape(value) for name, value in fields.items()}
        done = await client.post(
            f"{place.github}/login/oauth/callback", data=form, follow_redirects=True
        )
        assert done.status_code == 200, done.text
        assert "octocat" in done.text
        mine = await ask(client, "GET", f"{place.ours}/accounts?user_id=bob", place.key)
        assert [it["status"] for it in mine["accounts"]] == ["active"]
        assert (await told(nats_url, "bob", {"Bob wants to know"}))["Bob wants to know"]
        run = {"user_id": "bob", "mode": "full"}
        started = await ask(client, "POST", f"{place.ours}/sync", place.key, run)
        assert len(started["run_ids"]) == 1
        again = await client.get(str(done.url))
        assert again.status_code == 400, "a callback is good once"


async def open_issue(client: httpx.AsyncClient, place: Place, title: str) -> None:
    issues = f"{place.github}/repos/octocat/hello/issues"
    await ask(client, "POST", issues, TOKEN, {"title": title, "body": "as seen at GitHub"})


async def told(nats_url: str, user: str, titles: set[str]) -> dict[str, Message]:
    """The user's Messages with these titles, as soon as all of them are on the stream."""
    nc = await nats.connect(nats_url)
    try:
        tail = await nc.jetstream().subscribe(
            f"self.events.*.github.{user}", stream=stream.NAME, ordered_consumer=True
        )
        found: dict[str, Message] = {}
        while titles - set(found):
            try:
                event = await tail.next_msg(timeout=20)
            except nats.errors.TimeoutError:
                raise AssertionError(
                    f"{titles - set(found)} did not come, only {list(found)}"
                ) from None
            message = json.decode(event.data, type=Message)
            found[message.title] = message
        return found
    finally:
        await nc.close()
