"""Google as a stranger plays it (npm: emulate): consent and its id_token, mails, events and files.

It proves that two implementations understand each other on the common path; batches, cursors that
die, pushes, limits and faults are proved elsewhere, because it plays none of them.
"""

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from msgspec import json

from shared.normalizer import Message
from tests.fakes.programs import Ground, Place, addresses, allow, ask, heard, standing_in

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]

ANA = "ana@example.com"
ME = "/gmail/v1/users/me"
TOKEN = {"authorization": "Bearer google-token"}


@pytest.fixture
async def place(ground: Ground) -> AsyncIterator[Place]:
    google, inner, ours = addresses(3)
    app = {
        "client_id": "go-client",
        "client_secret": "go-secret",
        "name": "Fleet",
        "redirect_uris": [f"{ours}/oauth/callback"],
    }
    seed = {
        "tokens": {"google-token": {"login": ANA, "scopes": []}},
        "google": {
            "users": [{"email": ANA, "name": "Ana A"}],
            "oauth_clients": [app],
            "calendars": [{"id": ANA, "summary": "Ana", "primary": True}],
            "drive_items": [{"id": "plan", "name": "Plan.txt", "mime_type": "text/plain"}],
        },
    }
    served = {
        "GOOGLE_API_URL": google,
        "GOOGLE_AUTH_URL": f"{google}/o/oauth2/v2/auth",
        "GOOGLE_TOKEN_URL": f"{google}/oauth2/token",
        "GOOGLE_CLIENT_ID": "go-client",
        "GOOGLE_CLIENT_SECRET": "go-secret",
        "GOOGLE_WEBHOOK_SECRET": "an audience",
        "GOOGLE_PUBSUB_TOPIC": "projects/p/topics/t",
        "GOOGLE_PUBSUB_SERVICE_ACCOUNT": "push@example.com",
    }
    played = {"INNER": inner.rpartition(":")[2], "SEED": json.encode(seed).decode()}
    ready = "/.well-known/openid-configuration"
    async with standing_in(
        ground, "google", (google, ours), played=played, served=served, ready=ready
    ) as place:
        yield place


async def test_consent_mails_events_and_files(place: Place, ground: Ground) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=15) as client:
        await arrive(client, place, "Before we came")
        await connect(client, place)
        before = await told(ground, "Before we came")
        assert (before.source, before.content) == ("gmail", "As Zoë wrote it.")
        assert before.author
        assert before.author.email == "zoe@example.com"
        assert (await told(ground, "Plan.txt")).source == "google_drive"

        await arrive(client, place, "After we came")
        await ours(client, place, "POST", "sync/emails")
        after = await told(ground, "After we came")
        await mails(client, place, ground, after)
        await events(client, place, ground)
        files = (await ours(client, place, "GET", "files"))["items"]
        assert [it["title"] for it in files] == ["Plan.txt"]
        assert (await ours(client, place, "GET", "files/plan"))["title"] == "Plan.txt"


async def connect(client: httpx.AsyncClient, place: Place) -> None:
    """Ana presses the button; Google says by a token that it signs that it was her."""
    wish = {"user_id": "ana"}
    link = await ask(client, "POST", f"{place.ours}/oauth/authorize", place.key, wish)
    consent = await client.get(link["authorization_url"], follow_redirects=True)
    assert consent.url.params["nonce"]
    done = await allow(client, consent, f"{place.theirs}/o/oauth2/v2/auth/callback")
    assert done.status_code == 200, done.text
    (account,) = (await ask(client, "GET", f"{place.ours}/accounts", place.key))["accounts"]
    assert (account["status"], account["name"]) == ("active", "Ana A")


async def mails(client: httpx.AsyncClient, place: Place, ground: Ground, it: Message) -> None:
    """Listed, labelled, answered, drafted and sent; what Ana sends is heard like what she gets."""
    found = (await ours(client, place, "GET", "emails?label=INBOX"))["items"]
    assert {one["title"] for one in found} == {"Before we came", "After we came"}
    star = {"add": ["STARRED"], "remove": ["UNREAD"]}
    starred = await ours(client, place, "PATCH", f"emails/{it.id}/labels", star)
    assert starred["metadata"]["labels"] == "INBOX,STARRED"

    reply = await ours(client, place, "POST", f"threads/{it.thread_id}/reply", {"text": "Thanks!"})
    assert reply["thread_id"] == it.thread_id
    thread = await ours(client, place, "GET", f"threads/{it.thread_id}")
    assert [one["title"] for one in thread] == ["After we came", "Re: After we came"]

    mail = {"to": [{"email": "kim@example.com"}], "subject": "Größe", "text": "Bis später"}
    sent = await ours(client, place, "POST", "emails/send", mail)
    draft = await ours(client, place, "POST", "drafts", {**mail, "subject": "Drafted"})
    assert (await ours(client, place, "POST", f"drafts/{draft['id']}/send"))["id"]
    await ours(client, place, "POST", "sync/emails")
    gone = await told(ground, "Größe")
    assert (gone.id, gone.content, gone.metadata["labels"]) == (sent["id"], "Bis später", "SENT")
    assert await told(ground, "Drafted")


async def events(client: httpx.AsyncClient, place: Place, ground: Ground) -> None:
    """Made, listed, busy, and gone: emulate knows no change of an event."""
    at = [{"dateTime": f"2026-12-01T{hour}:00:00Z"} for hour in (15, 16)]
    wish = {"summary": "Review", "start": at[0], "end": at[1]}
    made = await ours(client, place, "POST", f"events?calendar={ANA}", wish)
    await ask(client, "POST", f"{place.ours}/sync", place.key, {"user_id": "ana"})
    assert (await told(ground, "Review")).id == made["id"]
    listed = (await ours(client, place, "GET", f"events?calendar={ANA}"))["items"]
    assert [it["id"] for it in listed] == [made["id"]]
    day = {"time_min": "2026-12-01T00:00:00Z", "time_max": "2026-12-02T00:00:00Z"}
    free = await ours(client, place, "POST", "free-busy", {**day, "calendars": [ANA]})
    assert len(free[ANA]["busy"]) == 1
    ident = made["id"].rpartition(":")[2]
    where = f"{place.ours}/api/v1/events/{ident}?user_id=ana&calendar={ANA}"
    assert (await client.delete(where, headers=place.key)).status_code == 204
    assert (await ours(client, place, "GET", f"events?calendar={ANA}"))["items"] == []


async def ours(
    client: httpx.AsyncClient, place: Place, method: str, path: str, body: Any = None
) -> Any:
    """What our own endpoint answers Ana."""
    url = f"{place.ours}/api/v1/{path}{'&' if '?' in path else '?'}user_id=ana"
    return await ask(client, method, url, place.key, body)


async def arrive(client: httpx.AsyncClient, place: Place, subject: str) -> None:
    """A mail comes in."""
    raw = f"From: Zoe <zoe@example.com>\r\nTo: {ANA}\r\nSubject: {subject}\r\n"
    raw += "Message-ID: <" + subject.replace(" ", ".") + "@example.com>\r\n"
    raw += "Content-Type: text/plain; charset=utf-8\r\n\r\nAs Zoë wrote it.\r\n"
    body = {
        "raw": urlsafe_b64encode(raw.encode()).decode(),
        "labelIds": ["INBOX", "UNREAD"],
    }
    await ask(client, "POST", f"{place.theirs}{ME}/messages", TOKEN, body)


async def told(ground: Ground, title: str) -> Message:
    """Ana's Message with this title, as soon as it is on the stream."""
    return await heard(ground.nats_url, "self.events.*.*.ana", lambda it: it.title == title)
