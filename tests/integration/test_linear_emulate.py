"""Linear as a stranger plays it (npm: emulate): connect to it, sync it, hear its signed webhooks.

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

SECRET = "a webhook secret"
TOKEN = {"authorization": "Bearer lin_tok"}


@pytest.fixture
async def place(ground: Ground) -> AsyncIterator[Place]:
    linear, ours = addresses(2)
    app = {
        "client_id": "l-client",
        "client_secret": "l-secret",
        "name": "Fleet",
        "redirect_uris": [f"{ours}/oauth/callback"],
        "scopes": ["read", "write"],
        "actor": "user",
    }
    seed = {
        "organization": {"name": "Acme", "url_key": "acme"},
        "users": [{"email": "ada@example.com", "name": "Ada Park", "admin": True}],
        "teams": [{"key": "ENG", "name": "Engineering"}],
        "oauth_apps": [app],
        "tokens": [
            {"token": "lin_tok", "user": "ada@example.com", "scopes": ["read", "write", "admin"]}
        ],
    }
    served = {
        "LINEAR_API_URL": linear,
        "LINEAR_AUTH_URL": f"{linear}/oauth/authorize",
        "LINEAR_TOKEN_URL": f"{linear}/oauth/token",
        "LINEAR_CLIENT_ID": "l-client",
        "LINEAR_CLIENT_SECRET": "l-secret",
        "LINEAR_WEBHOOK_SECRET": SECRET,
    }
    played = {"SEED": json.encode({"linear": seed}).decode()}
    ready = "/graphql?query=%7Bviewer%7Bid%7D%7D"
    async with standing_in(
        ground, "linear", (linear, ours), played=played, served=served, ready=ready
    ) as place:
        yield place


async def test_a_token_a_sync_and_a_signed_webhook(place: Place, ground: Ground) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=15) as client:
        before = await opened(client, place, "Before we came")
        hook = {
            "url": f"{place.ours}/webhook",
            "resourceTypes": ["Issue", "Comment"],
            "allPublicTeams": True,
            "secret": SECRET,
        }
        make = "mutation ($input: WebhookCreateInput!) { webhookCreate(input: $input) { success } }"
        await graphql(client, place, make, input=hook)
        body = {"user_id": "ana", "access_token": "lin_tok"}
        connected = await ask(client, "POST", f"{place.ours}/accounts", place.key, body)
        assert connected["name"] == "Acme / Ada Park"
        found = await told(ground, "ana", f"issue:{before['id']}")
        assert found.title == "Before we came"
        assert found.author
        assert found.author.email == "ada@example.com"

        after = await opened(client, place, "After we came")
        heard = await told(ground, "ana", f"issue:{after['id']}")
        assert heard.metadata["identifier"] == after["identifier"]
        say = "mutation ($input: CommentCreateInput!) { commentCreate(input: $input) { comment { id } } }"
        wish = {"issueId": after["id"], "body": "cc @ada"}
        said = (await graphql(client, place, say, input=wish))["commentCreate"]["comment"]
        comment = await told(ground, "ana", f"comment:{said['id']}")
        assert comment.parent_id == heard.id


async def test_consent_in_a_browser_and_an_issue_of_ours(place: Place, ground: Ground) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=15) as client:
        before = await opened(client, place, "Bob wants to know")
        wish = {"user_id": "bob"}
        link = await ask(client, "POST", f"{place.ours}/oauth/authorize", place.key, wish)
        consent = await client.get(link["authorization_url"], follow_redirects=True)
        assert consent.url.path == "/oauth/authorize"
        assert consent.url.params["code_challenge_method"] == "S256"
        done = await allow(client, consent, f"{place.theirs}/oauth/authorize/callback")
        assert done.status_code == 200, done.text
        mine = await ask(client, "GET", f"{place.ours}/accounts?user_id=bob", place.key)
        assert [it["status"] for it in mine["accounts"]] == ["active"]
        assert (await told(ground, "bob", f"issue:{before['id']}")).title == "Bob wants to know"
        teams = await ask(client, "GET", f"{place.ours}/api/v1/teams?user_id=bob", place.key)
        (team,) = [it["id"] for it in teams["items"] if it["key"] == "ENG"]
        made = await ask(
            client,
            "POST",
            f"{place.ours}/api/v1/issues?user_id=bob",
            place.key,
            {"team_id": team, "title": "From bob"},
        )
        assert made["title"] == "From bob"


async def opened(client: httpx.AsyncClient, place: Place, title: str) -> dict[str, Any]:
    """Ada opens an issue there."""
    team = (await graphql(client, place, "{ teams { nodes { id } } }"))["teams"]["nodes"][0]["id"]
    make = "mutation ($input: IssueCreateInput!) { issueCreate(input: $input) { issue { id identifier } } }"
    made = await graphql(client, place, make, input={"teamId": team, "title": title})
    issue: dict[str, Any] = made["issueCreate"]["issue"]
    return issue


async def graphql(client: httpx.AsyncClient, place: Place, query: str, **variables: Any) -> Any:
    body = {"query": query, "variables": variables}
    return (await ask(client, "POST", f"{place.theirs}/graphql", TOKEN, body))["data"]


async def told(ground: Ground, user: str, ident: str) -> Message:
    """The Message of that id, as soon as it is on the stream."""
    subject = f"self.events.*.linear.{user}"
    return await heard(ground.nats_url, subject, lambda it: it.id == ident)
