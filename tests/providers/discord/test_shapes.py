"""What a message says, and what is odd about some of them."""

from typing import Any

import pytest

from services.discord import content, markdown
from services.discord.events import kind
from services.discord.names import mentioned
from services.discord.provider import provider
from shared.normalizer import Message, encode
from tests.providers.discord.material import CHANNEL, GUILD, api, listed

pytestmark = pytest.mark.anyio


async def message(name: str, channel_type: str = "0", **facts: Any) -> Message:
    (found,) = await listed({**api(f"message.{name}"), **facts}, channel_type)
    return found


async def test_12_a_reply_to_what_was_deleted_still_says_to_what() -> None:
    for name in ("reply", "reply_to_deleted", "reply_not_fetched"):
        row = api(f"message.{name}")
        found = await message(name)
        assert found.parent_id == row["message_reference"]["message_id"] == found.thread_id
        assert found.metadata["reply_to"] == found.parent_id
    assert (await message("reply_without_reference")).parent_id == ""


async def test_13_a_forward_says_what_it_forwards_and_not_who_said_it() -> None:
    found = await message("forward")
    assert found.content == "What @Leo said"
    assert found.author
    assert found.author.name == "Mia", "who forwards"
    assert found.metadata["forwarded_from"] == "1400000000000000007:1457628600000000000"
    assert found.parent_id == ""
    assert [it.name for it in (await message("forward_file")).attachments] == ["log.txt"]


async def test_14_what_a_webhook_says_is_by_the_webhook() -> None:
    found = await message("webhook")
    assert found.author
    assert (found.author.id, found.author.name) == (found.metadata["webhook_id"], "CI")


async def test_15_a_type_that_nobody_knows_is_kept_apart_and_harms_nothing() -> None:
    assert kind(999) == "message.type_999"
    assert kind(999) not in {*provider.ignored, *provider.normalizers}
    assert kind(-1) not in provider.normalizers
    assert await listed(api("message.unknown_type")) == []


async def test_16_a_thread_has_the_id_of_the_message_that_it_began_with() -> None:
    begun = await message("has_thread")
    assert begun.thread_id == begun.id
    inside = await message("plain", "11", channel_id=begun.id)
    assert (inside.thread_id, inside.parent_id) == (begun.id, "")
    answer = await message("reply", "11", channel_id=begun.id)
    assert answer.thread_id == begun.id
    assert answer.parent_id == answer.metadata["reply_to"]


async def test_17_an_address_that_expires_makes_no_new_version() -> None:
    row = api("message.attachment")
    (before,) = await listed(row)
    for file in row["attachments"]:
        file["url"] = file["url"].replace("695c0000", "695d0000")
    (after,) = await listed(row)
    assert encode(after) == encode(before)
    assert b"cdn.discordapp" not in encode(before)


FORMS = [
    ("<@1> <@!1>", "@Ann @Ann"),
    ("<@2>", "@2"),
    ("<#3> <#4>", "#ops #4"),
    ("<@&5> <@&6>", "@team @6"),
    ("</a b c:7>", "/a b c"),
    ("<:ok:8><a:no_1:9>", ":ok::no_1:"),
    (
        "<t:0> <t:-1:R> <t:1767600000:F>",
        "1970-01-01T00:00:00Z 1969-12-31T23:59:59Z 2026-01-05T08:00:00Z",
    ),
    ("<id:browse>", "Browse Channels"),
    ("<@1", "<@1"),
    ("\\<@1>", "\\<@1>"),
    ("`<@1>` ``<@1> ` `` ```<@1>```", "`<@1>` ``<@1> ` `` ```<@1>```"),
    ("@everyone", "@everyone"),
    ("<https://example.com>", "<https://example.com>"),
    ("<@٣>", "<@٣>"),
]


@pytest.mark.parametrize(("source", "shown"), FORMS)
def test_18_every_form_of_mention_is_readable(source: str, shown: str) -> None:
    assert markdown.render(source, {"1": "Ann"}, {"3": "ops", "5": "team"}) == shown


def test_18_who_is_mentioned_by_id_is_found_in_the_message_as_it_came() -> None:
    row = rb'{"content": "<#12> \u003c#13\u003e <@&14> <@!15> <@16> <:e:17>"}'
    assert mentioned(row) == {"12", "13", "14"}


async def test_a_preview_that_comes_later_is_no_new_version() -> None:
    with_preview = await message("link_preview")
    assert encode(with_preview) == encode(await message("link_preview", embeds=[]))


ODD: list[object] = [None, 1, "text", [], [1], {}, {"name": None}, {"type": "x"}, True, [[{}]]]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_frames_and_components_of_any_shape_are_text_or_nothing(odd: object) -> None:
    for rows in ([odd], [{"fields": odd, "author": odd, "footer": odd, "title": odd}]):
        assert all(isinstance(it, str) for it in content.embeds(rows))
    for rows in ([odd], [{"components": odd, "items": odd, "content": odd, "description": odd}]):
        assert all(isinstance(it, str) for it in content.components(rows))
    assert all(isinstance(it, str) for it in content.poll({"question": odd, "answers": odd}))
    assert list(content.poll(odd)) in ([], [""])


def test_components_are_read_as_deep_as_is_sane() -> None:
    deep: dict[str, Any] = {"content": "at the bottom"}
    for _ in range(5000):
        deep = {"components": [deep]}
    assert "at the bottom" not in list(content.components([deep]))


async def test_the_address_leads_to_the_message() -> None:
    found = await message("plain")
    assert found.url == f"https://discord.com/channels/{GUILD}/{CHANNEL}/{found.id}"
