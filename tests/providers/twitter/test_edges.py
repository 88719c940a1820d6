"""The quirks of X's posts and messages, each by its name."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import json

from services.twitter.models import Entities, Link, Note
from services.twitter.text import latest, moment, plain, revision
from shared.normalizer import Message, encode
from shared.types import Record
from tests.providers.twitter.material import ADA, LEE, ME, NAMES, normal, read, told, webhook


def the(name: str) -> Message:
    (message,) = told(webhook(name))
    return message


def test_a_repost_has_the_whole_text_of_what_it_repeats() -> None:
    it = the("post.create.repost")
    assert it.content.startswith("A long story about ships & what they carry, told to the end.")
    assert it.author is not None
    assert it.author.id == ME
    assert it.metadata["reposted_author_id"] == ADA
    assert it.metadata["kind"] == "repost"


def test_a_repost_of_what_cannot_be_seen_has_what_x_leaves_of_it() -> None:
    it = the("post.create.repost_unseen")
    assert it.content.startswith("RT @ada: A long story")
    assert "reposted_author_id" not in it.metadata
    assert it.metadata["reposted_id"] == "2080761390344937700"


def test_a_reply_may_quote_as_well() -> None:
    it = the("post.create.quote_and_reply")
    assert it.metadata["kind"] == "reply"
    assert it.metadata["quoted_id"] == "2080761390344937700"
    assert it.parent_id == "post:2080761390344937650"


def test_an_edit_is_the_next_version_of_the_same_message() -> None:
    first, second = (read(webhook(it))[-1] for it in ("post.create", "post.create.edited"))
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    before, after = normal(first), normal(second)
    assert before.message.id == after.message.id
    assert before.revision < after.revision
    assert before.message.timestamp == after.message.timestamp
    assert after.message.updated_at == datetime(2026, 7, 24, 21, 8, 13, tzinfo=UTC)


@pytest.mark.parametrize("name", ["note", "repost"])
def test_old_and_new_names_of_fields_are_one_message(name: str) -> None:
    old, new = the(f"post.create.{name}"), the(f"post.create.{name}_new_names")
    assert encode(old) == encode(new)


def test_a_note_has_entities_of_its_own() -> None:
    it = the("post.create.note")
    assert it.content.endswith("& links https://example.com/inside for @lee_fox to see.")
    assert [one.id for one in it.mentions] == [LEE]


def test_ids_that_javascript_cannot_hold_stay_as_they_are() -> None:
    assert the("post.create.largest_id").id == "post:9223372036854775807"


def test_marks_are_compared_as_numbers() -> None:
    assert latest("9", "10", "", "2") == "10"
    assert latest("", "") == ""
    assert revision("9") < revision("10")
    assert latest("9007199254740993", "9007199254740992") == "9007199254740993"


def test_an_id_tells_when_it_was_made() -> None:
    assert moment("2080761390344937796") == datetime(2026, 7, 24, 21, 5, 48, tzinfo=UTC)


def test_signs_are_read_once_and_links_lead_where_they_lead() -> None:
    it = the("post.create.reply")
    assert (
        it.content
        == "@ada the build & docs are ready <soon> https://example.com/build/7?a=1&copy=2"
    )


def test_what_was_escaped_by_the_author_stays_escaped() -> None:
    it = the("post.create.emoji")
    assert it.content.endswith("&amp; &lt;b&gt;")
    assert "https://example.com/é?x=%20y日本" in it.content


def linked(text: str, **links: str) -> str:
    urls = [Link(f"https://t.co/{key}", its) for key, its in links.items()]
    return plain(Note(text, Entities(urls)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no link", "no link"),
        ("https://t.co/abc", "https://one.example"),
        ("https://t.co/abcd https://t.co/abc.", "https://two.example https://one.example."),
        ("https://t.co/unknown &amp; on", "https://t.co/unknown & on"),
        ("&amp;lt; &quot; &#39;", "&lt; &quot; &#39;"),
        ("🙂🙂🙂 https://t.co/abc 🙂", "🙂🙂🙂 https://one.example 🙂"),
        ("", ""),
    ],
)
def test_a_text_becomes_what_people_see(text: str, expected: str) -> None:
    assert linked(text, abc="https://one.example", abcd="https://two.example") == expected


def test_a_link_to_an_attachment_is_an_attachment_only() -> None:
    it = the("post.create.media")
    assert it.content == "The harbour at six 🌅🌊"
    assert [one.type for one in it.attachments] == ["image/jpeg", "video/mp4"]
    assert it.attachments[1].url.endswith("/1280.mp4")


def test_media_that_did_not_come_along_are_named() -> None:
    it = the("post.create.media_unseen")
    assert [one.id[:2] for one in it.attachments] == ["3_", "7_"]
    assert not any(one.url for one in it.attachments)


def test_a_mention_of_the_account_says_so() -> None:
    assert the("post.mention.create").metadata["mentions_me"] == "true"
    assert "mentions_me" not in the("post.create.reply").metadata


def test_an_own_post_that_names_the_account_is_no_mention() -> None:
    body = webhook("post.mention.create")
    body["data"]["payload"]["author_id"] = ME
    (it,) = told(body)
    assert "mentions_me" not in it.metadata


def test_authors_who_did_not_come_along_are_known_by_id() -> None:
    (record,) = read(webhook("post.reply.create"))
    assert isinstance(record, Record)
    assert normal(record).message.author.name == ""  # type: ignore[union-attr] # it has one
    assert normal(record, NAMES).message.author.name == "ada"  # type: ignore[union-attr] # it has one


def test_what_is_known_never_takes_the_place_of_what_is_told() -> None:
    (record,) = read(webhook("post.mention.create"))
    assert isinstance(record, Record)
    it = normal(record, {ADA: "an_old_handle"}).message
    assert it.author is not None
    assert it.author.name == "ada"


def test_a_post_cannot_bring_names_of_its_own() -> None:
    """What stands in a post is the post's: only the account's directory says who is known."""
    body = webhook("post.reply.create")
    body["data"]["payload"] |= {"known": {ADA: "mallory"}, "names": {ADA: "mallory"}}
    (record,) = read(body)
    assert isinstance(record, Record)
    assert "mallory" not in encode(normal(record, NAMES).message).decode()


def test_people_wrapped_in_data_are_people() -> None:
    body: Any = webhook("post.create")
    body["data"]["includes"]["users"] = [{"data": it} for it in body["data"]["includes"]["users"]]
    body["data"]["includes"]["tweets"] = [{"data": body["data"]["payload"]}]
    assert told(body) == told(webhook("post.create"))


def test_doubled_numbers_change_nothing() -> None:
    body = webhook("post.create.reply")
    plain_body = json.decode(json.encode(body))
    for one in plain_body["data"]["payload"]["entities"]["mentions"]:
        del one["start_str"], one["end_str"]
    assert told(body) == told(plain_body)


def test_a_conversation_of_two_is_named_by_the_smaller_number_first() -> None:
    sent, received = the("dm.sent"), the("dm.received")
    assert sent.thread_id == received.thread_id == f"dmconv:{ADA}-{ME}"
    assert [it.id for it in sent.recipients] == [ADA]
    assert [it.id for it in received.recipients] == [ME]


def test_the_time_of_a_like_is_that_of_the_post() -> None:
    assert the("like.create.outbound").timestamp == the("like.create.unseen").timestamp
