"""Consent: which server, whose token, as whom each call is made, and how it ends."""

from typing import Any
from urllib.parse import parse_qsl

import pytest

from services.discord import oauth
from services.discord.provider import provider
from shared.errors import ItemGone, Refused
from shared.provider import Revocation
from shared.types import Secret, Token
from tests.fakes.api import Answer, FakeApi
from tests.providers.discord.material import BOT, GUILD, MIA, api

pytestmark = pytest.mark.anyio

assert provider.oauth
OAUTH = provider.oauth


def consented(**beside: str) -> FakeApi:
    found = FakeApi(
        {
            ("GET", "/oauth2/@me"): Answer(api("oauth2_me")),
            ("GET", "/users/@me"): Answer(api("bot")),
            ("GET", f"/guilds/{GUILD}"): Answer(api("guild")),
        }
    )
    found.beside = beside
    return found


async def test_the_account_is_the_server_that_was_chosen() -> None:
    found = await oauth.identify(consented(guild_id=GUILD))
    assert (found.id, found.name) == (GUILD, "Acme")
    assert found.routes == (f"guild:{GUILD}", f"user:{MIA}")
    assert found.scopes == ("guilds", "identify", "bot")
    assert found.extra == {"guild_id": GUILD, "bot_id": BOT, "user_id": MIA}


def brought(*mine: dict[str, Any]) -> FakeApi:
    """A token that exists already, of somebody in these servers; the bot is in one, and in `OTHER`."""
    calls = consented()
    calls.answers["GET", "/users/@me/guilds"] = Answer(list(mine))
    calls.answers["GET", f"/guilds/{OTHER}"] = Answer({**api("guild"), "id": OTHER})
    calls.answers["GET", "/guilds/5"] = ItemGone()
    return calls


OTHER = "1390000000000000004"
OWNED = {"id": GUILD, "owner": True, "permissions": "0"}


@pytest.mark.parametrize("right", [1 << 3, 1 << 5])
async def test_a_token_that_was_brought_opens_the_one_server_that_is_managed(right: int) -> None:
    member = {"id": OTHER, "owner": False, "permissions": str((1 << 63) - 1 & ~(1 << 3 | 1 << 5))}
    without_bot = {"id": "5", "permissions": "8"}
    for mine in (OWNED, {"id": GUILD, "permissions": str(right)}):
        found = await oauth.identify(brought(member, mine, without_bot))
        assert (found.id, found.extra["guild_id"]) == (GUILD, GUILD)


async def test_whoever_only_belongs_to_a_server_does_not_open_it() -> None:
    with pytest.raises(Refused, match="bot"):
        await oauth.identify(brought({"id": OTHER, "owner": False, "permissions": "1024"}))


async def test_of_several_servers_none_is_guessed() -> None:
    with pytest.raises(Refused, match="consent"):
        await oauth.identify(brought(OWNED, {**OWNED, "id": OTHER}))


async def test_a_consent_without_identify_is_refused() -> None:
    calls = consented(guild_id=GUILD)
    calls.answers["GET", "/oauth2/@me"] = Answer({"scopes": ["bot"]})
    with pytest.raises(Refused, match="identify"):
        await oauth.identify(calls)


async def test_a_server_that_the_bot_is_not_in_is_refused() -> None:
    calls = consented(guild_id=GUILD)
    calls.answers["GET", f"/guilds/{GUILD}"] = ItemGone()
    with pytest.raises(Refused, match="bot"):
        await oauth.identify(calls)


def test_the_reply_names_the_server_and_a_refresh_keeps_it() -> None:
    first = oauth.read_token(api("token"))
    assert first["extra"] == {"guild_id": GUILD}
    assert first["refresh_token"]
    again = oauth.read_token({key: it for key, it in api("token").items() if key != "guild"})
    assert again["extra"] == {}, "nothing new, so what was stored stays"


@pytest.mark.parametrize("guild", [{"id": "../x"}, {"id": None}, {"name": "x"}, "x", ["id"]])
def test_an_odd_server_is_no_server(guild: Any) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        oauth.read_token({**api("token"), "guild": guild})


SETTINGS = {oauth.BOT_TOKEN: Secret("the-bots-own")}


@pytest.mark.parametrize("path", ["/oauth2/@me", "/users/@me/guilds"])
def test_what_is_the_persons_is_asked_with_the_persons_token(path: str) -> None:
    assert oauth.itself(path, SETTINGS) == ""


@pytest.mark.parametrize("path", ["/users/@me", "/users/@me/channels", "/channels/1/messages"])
def test_everything_else_is_asked_as_the_bot(path: str) -> None:
    assert oauth.itself(path, SETTINGS) == "Bot the-bots-own"


def test_without_a_bot_the_sentence_says_what_to_set() -> None:
    with pytest.raises(Refused, match="DISCORD_BOT_TOKEN"):
        oauth.itself("/channels/1/messages", {})


async def test_21_closing_a_connection_revokes_by_a_form() -> None:
    calls = FakeApi({("POST", "/oauth2/token/revoke"): Answer({})})
    await oauth.revoke(Revocation(calls, "the-client", Token("the-token")))
    (asked,) = calls.asked
    assert dict(parse_qsl(asked.body)) == {"token": "the-token", "token_type_hint": "access_token"}


async def test_21_what_is_gone_already_needs_no_goodbye() -> None:
    calls = FakeApi({("POST", "/oauth2/token/revoke"): ItemGone()})
    await oauth.revoke(Revocation(calls, "the-client", Token("the-token")))


def test_20_tokens_rotate_and_a_spent_one_ends_the_grant() -> None:
    assert OAUTH.refresh == "rotating"
    assert "invalid_grant" in OAUTH.dead_grant
    assert (OAUTH.token_body, OAUTH.pkce) == ("form", True)


def test_the_bot_is_let_in_with_what_it_needs_and_no_more() -> None:
    asked = int(OAUTH.extra_params["permissions"])
    named = (1 << 6, 1 << 10, 1 << 11, 1 << 16, 1 << 20, 1 << 38)
    assert asked == sum(named)
    assert not asked & (1 << 3 | 1 << 13 | 1 << 17), (
        "no administration, deletion, or calling everyone"
    )
