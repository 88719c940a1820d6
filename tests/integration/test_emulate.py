"""GitHub as a stranger plays it (npm: emulate): connect to it, sync it, hear it.

It proves that two implementations understand each other on the common path; expiry, limits and
faults are proved elsewhere, because it plays none of them.
"""

from collections.abc import AsyncIterator

import httpx
import pytest
from msgspec import json

from shared.normalizer import Message
from tests.fakes.programs import Ground, Place, addresses, allow, ask, heard, standing_in

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]

SECRET = "a webhook secret"
TOKEN = {"authorization": "Bearer gh_tok"}


@pytest.fixture
async def place(ground: Ground) -> AsyncIterator[Place]:
    github, ours = addresses(2)
    app = {
        "client_id": "gh-client",
        "client_secret": "gh-secret",
        "name": "Fleet",
        "redirect_uris": [f"{ours}/oauth/callback"],
    }
    seed = {
        "tokens": {"gh_tok": {"login": "octocat", "scopes": ["repo", "admin:repo_hook"]}},
        "github": {
            "users": [{"login": "octocat", "name": "Octo", "email": "octocat@example.com"}],
            "repos": [{"owner": "octocat", "name": "hello", "auto_init": True}],
            "oauth_apps": [app],
        },
    }
    served = {
        "GITHUB_API_URL": github,
        "GITHUB_AUTH_URL": f"{github}/login/oauth/authorize",
        "GITHUB_TOKEN_URL": f"{github}/login/oauth/access_token",
        "GITHUB_CLIENT_ID": "gh-client",
        "GITHUB_CLIENT_SECRET": "gh-secret",
        "GITHUB_WEBHOOK_SECRET": SECRET,
    }
    played = {"SEED": json.encode(seed).decode()}
    async with standing_in(
        ground, "github", (github, ours), played=played, served=served, ready="/meta"
    ) as place:
        yield place


async def test_a_token_a_sync_and_a_webhook(place: Place, ground: Ground) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=15) as client:
        await open_issue(client, place, "Before we came")
        body = {"user_id": "ana", "access_token": "gh_tok", "routes": ["*"]}
        connected = await ask(client, "POST", f"{place.ours}/accounts", place.key, body)
        assert connected["name"] == "octocat"
        before = await told(ground, "ana", "Before we came")
        assert before.type == "issue"
        assert (await told(ground, "ana", "octocat/hello")).type == "repository"

        hook = {
            "name": "web",
            "events": ["issues"],
            "config": {"url": f"{place.ours}/webhook", "content_type": "json", "secret": SECRET},
        }
        where = f"{place.theirs}/repos/octocat/hello/hooks"
        await ask(client, "POST", where, TOKEN, hook)
        await open_issue(client, place, "After we came")
        after = await told(ground, "ana", "After we came")
        assert after.author
        assert after.author.name == "octocat"
        assert after.id.startswith(before.id.partition(":")[0] + ":")


async def test_consent_in_a_browser_and_a_sync(place: Place, ground: Ground) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=15) as client:
        await open_issue(client, place, "Bob wants to know")
        wish = {"user_id": "bob"}
        link = await ask(client, "POST", f"{place.ours}/oauth/authorize", place.key, wish)
        consent = await client.get(link["authorization_url"], follow_redirects=True)
        assert consent.url.host == "127.0.0.1"
        assert consent.url.params["state"]
        assert consent.url.params["code_challenge_method"] == "S256"
        done = await allow(client, consent, f"{place.theirs}/login/oauth/callback")
        assert done.status_code == 200, done.text
        assert "octocat" in done.text
        mine = await ask(client, "GET", f"{place.ours}/accounts?user_id=bob", place.key)
        assert [it["status"] for it in mine["accounts"]] == ["active"]
        assert await told(ground, "bob", "Bob wants to know")
        run = {"user_id": "bob", "mode": "full"}
        started = await ask(client, "POST", f"{place.ours}/sync", place.key, run)
        assert len(started["run_ids"]) == 1
        again = await client.get(str(done.url))
        assert again.status_code == 400, "a callback is good once"


async def open_issue(client: httpx.AsyncClient, place: Place, title: str) -> None:
    issues = f"{place.theirs}/repos/octocat/hello/issues"
    await ask(client, "POST", issues, TOKEN, {"title": title, "body": "as seen at GitHub"})


async def told(ground: Ground, user: str, title: str) -> Message:
    """The user's Message with this title, as soon as it is on the stream."""
    subject = f"self.events.*.github.{user}"
    return await heard(ground.nats_url, subject, lambda it: it.title == title)
