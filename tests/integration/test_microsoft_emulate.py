"""Microsoft's sign-in as a stranger plays it (npm: emulate): consent, PKCE, an id_token and its keys.

It proves that two implementations understand each other there; Graph itself, but for who somebody is,
it does not play.
"""

from collections.abc import AsyncIterator

import httpx
import pytest
from msgspec import json

from tests.fakes.programs import Ground, Place, addresses, allow, ask, standing_in
from tests.fakes.simulated import until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]

TENANT = "84bd8158-6d4d-4958-8b9f-9d6445542f95"


@pytest.fixture
async def place(ground: Ground) -> AsyncIterator[Place]:
    microsoft, inner, ours = addresses(3)
    app = {
        "client_id": "ms-client",
        "client_secret": "ms-secret",
        "name": "Fleet",
        "redirect_uris": [f"{ours}/oauth/callback"],
    }
    ana = {"email": "ana@example.com", "name": "Ana A", "tenant_id": TENANT}
    seed = {"microsoft": {"users": [ana], "oauth_clients": [app]}}
    served = {
        "MICROSOFT_API_URL": f"{microsoft}/v1.0",
        "MICROSOFT_AUTH_URL": f"{microsoft}/oauth2/v2.0/authorize",
        "MICROSOFT_TOKEN_URL": f"{microsoft}/oauth2/v2.0/token",
        "MICROSOFT_CLIENT_ID": "ms-client",
        "MICROSOFT_CLIENT_SECRET": "ms-secret",
        "MICROSOFT_WEBHOOK_SECRET": "what states are signed with",
    }
    played = {"INNER": inner.rpartition(":")[2], "SEED": json.encode(seed).decode()}
    ready = "/.well-known/openid-configuration"
    async with standing_in(
        ground, "microsoft", (microsoft, ours), played=played, served=served, ready=ready
    ) as place:
        yield place


async def test_a_person_of_a_tenant_signs_in_and_is_known_by_both(place: Place) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=15) as client:
        link = await ask(
            client, "POST", f"{place.ours}/oauth/authorize", place.key, {"user_id": "ana"}
        )
        consent = await client.get(link["authorization_url"], follow_redirects=True)
        assert consent.url.params["nonce"]
        done = await allow(client, consent, f"{place.theirs}/oauth2/v2.0/authorize/callback")
        assert done.status_code == 200, done.text
        (account,) = (await ask(client, "GET", f"{place.ours}/accounts", place.key))["accounts"]
        assert (account["status"], account["name"]) == ("active", "Ana A")
        assert account["provider_account_id"].startswith(f"{TENANT}:")

        async def walked() -> bool:
            found = (await ask(client, "GET", f"{place.ours}/sync/runs", place.key))["runs"]
            return [it["status"] for it in found] == ["success"]

        await until(walked)
