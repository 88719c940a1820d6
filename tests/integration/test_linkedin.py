"""The whole way on a LinkedIn that is played here: consent, walks, subscriptions, webhooks, writes."""

from collections import Counter
from collections.abc import AsyncIterator

import pytest

from services.linkedin.oauth import PAGES, SCOPES
from services.linkedin.provider import provider
from services.linkedin.simulator import LinkedIn, app
from shared.http.roleplay import post
from shared.simulation import Fault
from tests.fakes.place import Place, connected
from tests.fakes.simulated import until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

WISH = {"scopes": [*SCOPES, *PAGES]}


@pytest.fixture
def linkedin() -> LinkedIn:
    made = app(post, posts=30)
    made.consent.beside = frozenset()
    return made


@pytest.fixture
async def place(
    linkedin: LinkedIn, database_url: str, nats_url: str, anyio_backend: str
) -> AsyncIterator[Place]:
    async with connected(provider, linkedin, database_url, nats_url, **WISH) as it:
        run = await it.walked()
        assert run["status"] == "success", run
        await until(lambda: bool(linkedin.world.subscriptions))
        yield it


async def test_everything_there_is_is_told_once(place: Place, linkedin: LinkedIn) -> None:
    said = [row["commentUrn"] for rows in linkedin.world.comments.values() for row in rows]
    found = await place.heard()
    assert Counter(it["id"] for _, it in found) == Counter([*linkedin.world.posts, *said])
    again = await place.walked(mode="full")
    assert (again["status"], again["published"]) == ("success", 0)


async def test_what_happens_is_heard(place: Place, linkedin: LinkedIn) -> None:
    world = linkedin.world
    last = max(world.posts)
    linkedin.fail(Fault("duplicated"))
    assert await world.act("LIKE", last, "urn:li:like:1") == 200
    row = await world.comment(last, "Heard")
    (like,) = [it for _, it in await place.heard() if it["type"] == "reaction"]
    assert (like["thread_id"], like["author"]) == (last, {"id": "urn:li:person:LeE2"})
    await until(lambda: any("socialActions" in it.path for it in linkedin.calls))
    assert [it["content"] for _, it in await place.about(row["commentUrn"])] == ["Heard"]
    await world.withdraw(last, row)
    assert [kind for kind, _ in await place.about(row["commentUrn"])] == ["created", "deleted"]


async def test_what_was_missed_is_found_in_the_list_and_told_once(
    place: Place, linkedin: LinkedIn
) -> None:
    linkedin.fail(Fault("missed"))
    await linkedin.world.act(
        "SHARE_MENTION", max(linkedin.world.posts), "urn:li:share:9", "We like it"
    )
    assert (await place.walked(mode="incremental"))["published"] == 1
    await linkedin.world.deliver(linkedin.world.notifications)
    told = [it for _, it in await place.heard() if it["id"].startswith("notification:")]
    assert [it["content"] for it in told] == ["We like it"]


async def test_a_deleted_post_is_told_by_a_whole_walk(place: Place, linkedin: LinkedIn) -> None:
    urn = min(linkedin.world.posts)
    del linkedin.world.posts[urn]
    await place.walked(mode="full")
    assert [kind for kind, _ in await place.about(urn)] == ["created", "deleted"]


async def test_what_is_written_arrives_as_it_was_written(place: Place, linkedin: LinkedIn) -> None:
    http, key, world = place.service.http, place.key, linkedin.world
    text = "50% off (today) #1 @all"
    new = {"text": text, "organization": "5515715", "link": "https://example.com/a"}
    made = await http.post("/api/v1/posts?user_id=ana", json=new, headers=key)
    assert made.status_code == 201, made.text
    urn = made.json()["id"]
    read = await http.get(f"/api/v1/posts/{urn}?user_id=ana", headers=key)
    assert read.json()["content"] == text
    twice = await http.post("/api/v1/posts?user_id=ana", json=new, headers=key)
    assert "only once" in twice.text
    changed = await http.patch(
        f"/api/v1/posts/{urn}?user_id=ana", json={"text": "(new)"}, headers=key
    )
    assert changed.status_code == 204, changed.text
    assert world.posts[urn]["commentary"] == r"\(new\)"
    said = await http.post(
        f"/api/v1/posts/{urn}/comments?user_id=ana", json={"text": "First"}, headers=key
    )
    assert said.json()["author"] == {"id": "urn:li:person:AnA1"}
    answer = {"text": "Second", "parent": said.json()["id"], "organization": "5515715"}
    await http.post(f"/api/v1/posts/{urn}/comments?user_id=ana", json=answer, headers=key)
    listed = await http.get(f"/api/v1/posts/{urn}/comments?user_id=ana", headers=key)
    assert [it["content"] for it in listed.json()] == ["First", "Second"]
    liked = await http.post(f"/api/v1/posts/{urn}/reactions?user_id=ana", json={}, headers=key)
    assert liked.status_code == 204
    gone = await http.delete(f"/api/v1/posts/{urn}?user_id=ana", headers=key)
    assert gone.status_code == 204
    assert urn not in world.posts


async def test_who_grants_no_pages_is_told_so_and_may_still_post(
    database_url: str, nats_url: str
) -> None:
    linkedin = app(post, posts=3)
    linkedin.consent.beside = frozenset()
    async with connected(provider, linkedin, database_url, nats_url) as place:
        run = await place.walked()
        assert (run["status"], run["published"]) == ("success", 0)
        http, key = place.service.http, place.key
        async with place.service.hub.db.connection() as conn:
            why = await (await conn.execute("select last_error from sync_state")).fetchall()
        assert ["rw_organization_admin" in it for (it,) in why] == [True]
        new = {"text": "By myself"}
        made = await http.post("/api/v1/posts?user_id=ana", json=new, headers=key)
        assert linkedin.world.posts[made.json()["id"]]["author"] == "urn:li:person:AnA1"
        assert linkedin.world.subscriptions == {}


async def test_the_handshake_is_answered(place: Place) -> None:
    answer = await place.service.http.get("/webhook?challengeCode=abc")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json()["challengeCode"] == "abc"
    assert (await place.service.http.get("/webhook")).status_code == 401


async def test_an_app_that_may_not_refresh_asks_to_connect_again_when_the_token_is_over(
    linkedin: LinkedIn, database_url: str, nats_url: str
) -> None:
    linkedin.consent.partner = False
    async with connected(provider, linkedin, database_url, nats_url, **WISH) as place:
        await place.walked()
        linkedin.fail(Fault("expired"))
        await place.walked(mode="incremental")
        accounts = await place.service.http.get("/accounts?user_id=ana", headers=place.key)
        assert [it["status"] for it in accounts.json()["accounts"]] == ["revoked"]
