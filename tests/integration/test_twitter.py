"""The whole way on an X that is played here: consent, walks, the app's webhook, limits, rotation, writes."""

import base64
import hashlib
import hmac
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec import Struct

from services.twitter.activity import MESSAGES, POSTS
from services.twitter.provider import provider
from services.twitter.simulator import X, app
from services.twitter.simulator.world import ADA, GRACE, LEE, World
from shared.http.roleplay import post
from shared.simulation import Fault
from tests.fakes.place import Place, connected
from tests.fakes.simulated import until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

SECRET = "the API secret, which both sides know"
ALL = 120
"""Posts and as many mentions: more than a page."""


class Played(Struct):
    """Ana's account, which is Grace's on X, walked once."""

    x: X
    at: Place

    @property
    def world(self) -> World:
        return self.x.world

    async def texts(self, ident: str) -> list[tuple[str, str]]:
        """What was told of one item, oldest first: what happened, and its text."""
        return [(kind, it.get("content", "")) for kind, it in await self.at.about(ident)]

    async def status(self) -> str:
        reply = await self.at.service.http.get("/accounts", headers=self.at.key)
        return str(reply.json()["accounts"][0]["status"])


@pytest.fixture
async def place(database_url: str, nats_url: str, anyio_backend: str) -> AsyncIterator[Played]:
    """With a webhook that somebody made by hand, so that nothing walks but what a test asks for."""
    x = app(post, "", SECRET, posts=ALL, bearer="")
    async with connected(provider, x, database_url, nats_url) as it:
        x.world.deliveries.callback_url = f"{it.service.http.base_url}/webhook"
        run = await it.walked()
        assert run["status"] == "success", run
        yield Played(x, it)


async def test_everything_there_is_is_told_once_and_paid_for_once(place: Played) -> None:
    world = place.world
    theirs = [f"post:{it}" for it, row in world.posts.items() if row["author_id"] != LEE["id"]]
    theirs += [f"dm:{it}" for it in world.messages]
    found = await place.at.heard()
    assert Counter(it["id"] for _, it in found) == Counter(theirs)
    assert {kind for kind, _ in found} == {"created"}
    (repost,) = (it for _, it in found if it["metadata"].get("kind") == "repost")
    assert repost["content"] == "A story that many read"
    before = place.x.rest.pages.shown
    again = await place.at.walked(mode="incremental")
    assert (again["status"], again["published"]) == ("success", 0)
    assert place.x.rest.pages.shown - before <= 10, "a first page of messages, and no post"


async def test_what_happens_is_heard_and_walks_know_it(place: Played) -> None:
    x, world = place.x, place.world
    x.fail(Fault("missed"))  # X tries again
    x.fail(Fault("duplicated"))
    mine = await world.post(GRACE, "Heard &amp; said, cc @ada")
    ident = f"post:{mine['id']}"
    theirs = await world.reply(ADA, mine, "@grace_h and answered")
    word = await world.write(ADA, "Between us, now")
    edited = await world.edit(mine, "Heard, said and edited")
    assert await place.texts(f"post:{theirs['id']}") == [("created", "@grace_h and answered")]
    assert await place.texts(f"dm:{word['id']}") == [("created", "Between us, now")]
    assert (await place.at.walked(mode="incremental"))["published"] == 0, "the walk knows it all"
    await world.delete(edited)
    assert await place.texts(ident) == [
        ("created", "Heard & said, cc @ada"),
        ("updated", "Heard, said and edited"),
        ("deleted", ""),
    ]


async def test_what_no_event_told_is_found_by_walks(place: Played) -> None:
    world = place.world
    made = [world.add(GRACE, f"Unheard {it}") for it in range(101)]
    whispered = world.whisper(ADA, "Unheard as well")
    place.x.fail(Fault("stale"))
    run = await place.at.walked(mode="incremental")
    assert (run["status"], run["published"]) == ("success", 102)
    assert await place.texts(f"post:{made[0]['id']}")
    assert await place.texts(f"dm:{whispered['id']}")


async def test_a_spent_limit_and_an_ended_token_stop_nothing(place: Played) -> None:
    x = place.x
    for fault in ("expired", "limited"):
        x.fail(Fault(fault))
    x.fail(Fault("truncated", path="/2/users/"))
    x.world.add(GRACE, "Behind trouble")
    run = await place.at.walked(mode="incremental")
    assert (run["status"], run["published"]) == ("success", 1)
    assert (x.consent.refreshes, x.consent.reuses) == (1, 0)


async def test_used_up_credits_are_told_and_not_asked_for_again(place: Played) -> None:
    x = place.x
    body = {"user_id": "ana", "stream": "posts"}
    x.fail(Fault("spent"))
    calls = len(x.calls)
    await place.at.service.http.post("/sync", json=body, headers=place.at.key)
    run = await place.at.walked()
    assert run["status"] != "success"
    assert "credits" in run["error"]
    assert len(x.calls) == calls + 1
    assert await place.status() == "error"


async def test_the_address_is_proven_while_deliveries_arrive(place: Played) -> None:
    http, token = place.at.service.http, "NGY3NmFiNGUtYmI4Ny00ZDJk"
    proof = base64.b64encode(hmac.digest(SECRET.encode(), token.encode(), hashlib.sha256)).decode()
    for _ in range(2):
        answer = await http.get("/webhook", params={"crc_token": token, "nonce": "7"})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.json() == {"response_token": f"sha256={proof}"}
        await place.world.post(GRACE, f"In between {answer.status_code} {_}")
    for query in ({}, {"crc_token": '{"data":{}}'}):
        assert (await http.get("/webhook", params=query)).status_code == 401
    heard = [
        it for _, it in await place.at.heard() if it.get("content", "").startswith("In between")
    ]
    assert len(heard) == 2


async def test_what_is_written_here_arrives_there(place: Played) -> None:
    http, who = place.at.service.http, {"user_id": "ana"}

    async def asked(method: str, path: str, body: Any = None) -> Any:
        return await http.request(
            method, f"/api/v1{path}", params=who, json=body, headers=place.at.key
        )

    made = await asked("POST", "/posts", {"text": "From here"})
    assert made.status_code == 201, made.text
    ident = made.json()["id"]
    same = await asked("POST", "/posts", {"text": "From here"})
    assert (same.status_code, "already" in same.text) == (400, True)
    answer = await asked("POST", "/posts", {"text": "And on", "reply_to": ident})
    thread = (await asked("GET", f"/threads/{ident}")).json()["messages"]
    assert {it["id"] for it in thread} == {f"post:{ident}", f"post:{answer.json()['id']}"}
    assert (await asked("DELETE", f"/posts/{ident}")).status_code == 204
    assert [kind for kind, _ in await place.texts(f"post:{ident}")][-1] == "deleted"
    assert (await asked("GET", f"/posts/{ident}")).status_code == 404
    sent = await asked("POST", f"/users/{ADA['id']}/messages", {"text": "Only you"})
    assert await place.texts(f"dm:{sent.json()['id']}") == [("created", "Only you")]
    assert (await asked("GET", "/users/nobody")).status_code == 404


async def test_likes_and_bookmarks_are_walked_where_they_were_asked_for(
    database_url: str, nats_url: str
) -> None:
    x = app(post, "", SECRET, posts=1)
    assert provider.oauth
    scopes = [*provider.oauth.scopes, "like.read", "bookmark.read"]
    async with connected(provider, x, database_url, nats_url, scopes=scopes) as it:
        run, place = await it.walked(), Played(x, it)
        assert run["status"] == "success", run
        asked = x.world.deliveries.subscriptions
        await until(lambda: len(asked) == len(POSTS) + len(MESSAGES) + 1)
        (story,) = (it for it in x.world.posts.values() if it["author_id"] == LEE["id"])
        marks = [f"{word}:{GRACE['id']}:{story['id']}" for word in ("like", "bookmark")]
        for mark in marks:
            assert await place.texts(mark) == [("created", "A story that many read")]
        await it.heard()  # what was missed before there was a subscription is looked for
        mine = next(it for it in x.world.posts.values() if it["author_id"] == ADA["id"])
        await x.world.like(mine)
        assert await it.about(f"like:{GRACE['id']}:{mine['id']}")
        listed = await place.at.service.http.get("/accounts", headers=place.at.key)
        account = listed.json()["accounts"][0]["id"]
        await place.at.service.http.delete(f"/accounts/{account}", headers=place.at.key)
        await until(lambda: not asked and not x.consent.tokens)
        assert x.consent.revoked == 2
        assert x.world.deliveries.webhooks, "the webhook is everybody's"


async def test_a_revoked_app_asks_for_a_new_consent(place: Played) -> None:
    place.x.consent.end()
    payload = {"user_id": GRACE["id"], "app_id": "1", "date_time": "2026-01-01T00:00:00+00:00"}
    told = {"event_uuid": "1", "event_type": "oauth.revoke", "filter": {}, "payload": payload}
    place.at.service.hub.tokens._again = 0.1
    await place.world.deliveries.send(place.world.deliveries.callback_url, {"data": told})

    async def ended() -> bool:
        return await place.status() in ("expired", "revoked")

    await until(ended)
