"""A person's own token beside the bot's: consent for both, what each hears, and how each goes on and ends."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.slack.oauth import ON_REQUEST, SCOPES
from services.slack.simulator import app
from services.slack.simulator.consent import Holder
from shared.http.roleplay import post
from tests.fakes.chat import SECRET, UNMETERED, Place, connected
from tests.fakes.simulated import until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

BOT, ANA = "T01", "T01:U01"


@pytest.fixture
async def place(database_url: str, nats_url: str, anyio_backend: str) -> AsyncIterator[Place]:
    """Ana consented to the bot and to reading and writing in her own name."""
    slack = app(post, "", SECRET, messages=2)
    slack.world.open("D05", is_im=True, user="U02", only=["U01", "U02"])
    slack.world.write("D05", "between us", user="U02")
    both = [*SCOPES, *ON_REQUEST]
    async with connected(slack, UNMETERED, database_url, nats_url, scopes=both) as it:
        assert (await it.walked())["status"] == "success"
        yield it


async def test_one_consent_opens_the_bots_account_and_the_persons(place: Place) -> None:
    accounts = await place.accounts()
    assert {name: it["name"] for name, it in accounts.items()} == {BOT: "Acme", ANA: "Acme / ana"}
    assert {it["status"] for it in accounts.values()} == {"active"}
    assert {tuple(sorted(it["scopes"])) for it in accounts.values()} == {tuple(sorted(SCOPES))}
    holders = place.slack.consent.tokens
    assert {it.user for it in holders.values()} == {"U0B", "U01"}
    stored = str(await place.rows("select token_ct, dek_wrapped from connected_account"))
    assert not [it for it in holders if it in stored or it.encode().hex() in stored]
    assert await place.who_heard("between us") == [ANA]
    assert await place.who_heard("Message 1 of C01, & so on") == [BOT, ANA]
    assert await place.who_heard("I am listening") == [], "the app said it, whoever is told"


async def test_each_hears_what_is_its_own_and_neither_what_the_app_says(place: Place) -> None:
    await place.world.say("D05", "psst", user="U02")
    await place.world.say("C01", "hello everybody", user="U02")
    accounts, said = await place.accounts(), "in Ana's name"
    where = {"account_id": accounts[ANA]["id"], "user_id": "ana"}
    wish = {"channel": "C01", "text": said}
    sent = await place.service.http.post(
        "/api/v1/messages", params=where, json=wish, headers=place.key
    )
    assert sent.status_code == 201, sent.text
    assert place.world.rows["C01"][max(place.world.rows["C01"])]["user"] == "U01"
    run = await place.walked(mode="full")
    assert run["status"] == "success", run
    assert await place.who_heard("psst") == [ANA]
    assert await place.who_heard("hello everybody") == [BOT, ANA]
    assert await place.who_heard(said) == []


async def test_16_each_token_is_rotated_once_and_taken_back_by_itself(place: Place) -> None:
    place.slack.consent.expire()
    assert (await place.walked(mode="full"))["status"] == "success"
    await until(lambda: place.slack.consent.refreshes == 2)
    assert place.slack.consent.reuses == 0
    assert {it.user for it in place.slack.consent.tokens.values()} == {"U0B", "U01"}
    accounts = await place.accounts()
    closed = await place.service.http.delete(f"/accounts/{accounts[ANA]['id']}", headers=place.key)
    assert closed.status_code == 202

    async def gone() -> bool:
        return set(await place.accounts()) == {BOT}

    await until(gone)
    assert {it.user for it in place.slack.consent.tokens.values()} == {"U0B"}
    row = await place.world.say("C01", "still here")
    assert await place.about(f"C01:{row['ts']}") == [("created", "still here")]


async def test_17_a_revoked_token_ends_its_own_account_alone(place: Place) -> None:
    place.service.hub.tokens._again = 0.1  # a grant is refused twice before it counts as dead
    for user, kind, ended, left in (("U01", "oauth", ANA, BOT), ("U0B", "bot", BOT, "")):
        place.slack.consent.withdraw(user)
        await place.world.tell({"type": "tokens_revoked", "tokens": {kind: [user]}})

        async def over(name: str = ended) -> bool:
            return bool((await place.accounts())[name]["status"] == "expired")

        await until(over)
        assert not left or (await place.accounts())[left]["status"] == "active"
    await place.world.tell({"type": "app_uninstalled"})
    assert {it["status"] for it in (await place.accounts()).values()} == {"expired"}


async def test_without_the_bots_scopes_there_is_the_person_alone(
    database_url: str, nats_url: str
) -> None:
    slack = app(post, "", SECRET, messages=1)
    scopes = ["user:channels:read", "user:channels:history", "user:users:read"]
    async with connected(slack, UNMETERED, database_url, nats_url, scopes=scopes) as place:
        assert (await place.walked())["status"] == "success"
        accounts = await place.accounts()
        assert {name: sorted(it["scopes"]) for name, it in accounts.items()} == {
            ANA: ["channels:history", "channels:read", "users:read"]
        }
        assert await place.who_heard("Message 0 of C01, & so on") == [ANA]


async def test_17_a_persons_token_is_brought_rotated_and_revoked(
    database_url: str, nats_url: str
) -> None:
    slack = app(post, "", SECRET, messages=1)
    slack.world.open("D05", is_im=True, user="U02", only=["U01", "U02"])
    slack.world.write("D05", "between us", user="U02")
    async with connected(slack, UNMETERED, database_url, nats_url) as place:
        issued = slack.consent._issue(Holder("U01", ",".join(SCOPES)))
        brought: dict[str, Any] = {"user_id": "ana", "access_token": issued["access_token"]}
        brought["refresh_token"] = issued["refresh_token"]
        added = await place.service.http.post("/accounts", json=brought, headers=place.key)
        assert added.json()["provider_account_id"] == ANA, added.text
        assert (await place.walked(mode="full"))["status"] == "success"
        assert await place.who_heard("between us") == [ANA]
        slack.consent.expire()
        assert (await place.walked(mode="full"))["status"] == "success"
        assert {it.user for it in slack.consent.tokens.values()} == {"U0B", "U01"}
        # One that lasts for ever takes its place, and is revoked: there is nothing to renew.
        lasting = slack.consent._issue(Holder("U01", "im:read"))["access_token"]
        brought = {"user_id": "ana", "access_token": lasting}
        await place.service.http.post("/accounts", json=brought, headers=place.key)
        slack.consent.withdraw("U01")
        await place.world.tell({"type": "tokens_revoked", "tokens": {"oauth": ["U01"]}})

        async def revoked() -> bool:
            return bool((await place.accounts())[ANA]["status"] == "revoked")

        await until(revoked)
        assert (await place.accounts())[BOT]["status"] == "active"


async def test_16_a_refresh_token_that_somebody_else_used_ends_the_account(
    database_url: str, nats_url: str
) -> None:
    slack = app(post, "", SECRET, messages=1)
    async with connected(slack, UNMETERED, database_url, nats_url) as place:
        assert (await place.walked())["status"] == "success"
        place.service.hub.tokens._again = 0.1
        (spent,) = slack.consent._grants
        slack.consent._refresh(spent)
        slack.consent.expire()

        async def over() -> bool:
            return bool((await place.accounts())[BOT]["status"] == "expired")

        await place.world.tell({"type": "app_uninstalled"})  # anything that makes it look
        await until(over)
        assert slack.consent.reuses == 2, "asked again once, in case it was Slack's mistake"
        kinds = [it.headers["ce-type"] for it in await place.events()]
        assert kinds.count("self.integration.reauth_required") == 1
