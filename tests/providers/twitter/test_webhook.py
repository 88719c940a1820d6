"""Who signs what, what X may ask of us at any time, and which delivery is whose."""

import base64
from typing import Any

import pytest
from msgspec import json

from services.twitter import webhook as door
from services.twitter.ignored import IGNORED
from services.twitter.provider import provider
from shared.errors import NotGenuine, Unreadable, UnsupportedEvent
from shared.sync.normalize import Ignored, prepare
from shared.types import Delivery, Names, Nudge, Record
from tests.providers.twitter import sign
from tests.providers.twitter.material import ADA, ME, SECRET, delivery, normal, read, told, webhook


def asked(query: str, *secrets: bytes, method: str = "GET") -> bytes | None:
    return door.challenge(secrets or (b"consumer-secret",), Delivery(b"", {}, query, method))


def test_the_challenge_is_answered_with_the_proof() -> None:
    answer = asked("crc_token=challenge_string&nonce=7")
    assert answer is not None
    proof = "sha256=S/mG8E9n5SjoGuCqHguvP8K8uuu5ogCPF0dOpIdyZlk="
    assert json.decode(answer) == {"response_token": proof}


def test_the_newest_secret_answers_while_the_old_one_still_proves() -> None:
    assert asked("crc_token=a", b"new", b"old") == asked("crc_token=a", b"new")
    body = delivery(webhook("post.create"))
    door.verify((b"new", SECRET), body, sign.NOW)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "nonce=7",
        "crc_token=",
        "crc_token",
        "crc_token=%7B%22data%22%3A1%7D",
        "crc_token=a%20b",
        "crc_token=%22",
        "crc_token=[1]",
        "crc_token=a%0A",
        f"crc_token={'a' * 201}",
    ],
)
def test_what_is_no_challenge_is_not_signed(query: str) -> None:
    assert asked(query) is None
    with pytest.raises(NotGenuine):
        door.verify((b"consumer-secret",), Delivery(b"", {}, query, "GET"), sign.NOW)


def test_a_challenge_signs_no_delivery() -> None:
    """The answer is made as a signature is: whoever asks for a body's proof must not get it."""
    body = '{"data":{"event_type":"post.delete"}}'
    for quoted in (body, "%7B" + body[1:], body.encode().hex()):
        answer = asked(f"crc_token={quoted}")
        forged = json.decode(answer)["response_token"] if answer else ""
        headers = {sign.SIGNATURE: forged}
        with pytest.raises(NotGenuine):
            door.verify((b"consumer-secret",), Delivery(body.encode(), headers), sign.NOW)


def test_a_delivery_is_no_challenge_though_it_carries_a_token() -> None:
    assert asked("crc_token=challenge_string", method="POST") is None
    assert asked("crc_token=challenge_string", b"") is None


def test_the_documented_proof_is_taken() -> None:
    body = b'{"data":{"event_uuid":"1","event_type":"post.create"}}'
    given = "sha256=olZrI6gaTCDOESVZ3sYKvcYccfRJipj11TW658B+xNg="
    door.verify((b"consumer-secret",), Delivery(body, {sign.SIGNATURE: given}), sign.NOW)


def test_another_secret_or_another_form_is_refused() -> None:
    good = delivery(webhook("post.create"))
    with pytest.raises(NotGenuine):
        door.verify((b"the client secret of OAuth",), good, sign.NOW)
    given = good.headers[sign.SIGNATURE].removeprefix("sha256=")
    for wrong in (given, "sha256=" + base64.b64decode(given).hex(), "SHA256=" + given):
        with pytest.raises(NotGenuine):
            door.verify((SECRET,), Delivery(good.body, {sign.SIGNATURE: wrong}), sign.NOW)


def test_a_changed_body_is_refused() -> None:
    good = delivery(webhook("post.create"))
    with pytest.raises(NotGenuine):
        door.verify((SECRET,), Delivery(good.body + b" ", good.headers), sign.NOW)


def named(**changes: Any) -> str | None:
    body = webhook("post.create")
    body["data"] |= changes
    return door.delivery_id(delivery(body))


def test_one_event_is_another_delivery_for_everybody_it_was_sent_for() -> None:
    """A post that mentions two accounts has one id, and is two events of one kind."""
    same = named()
    assert same == f"2080761390344937796:post.create:{ME}:"
    others = {
        named(filter={"user_id": ADA}),
        named(event_type="post.mention.create"),
        named(filter={"user_id": ME, "direction": "outbound"}),
    }
    assert len(others | {same}) == 4


def test_a_negative_id_is_an_id() -> None:
    assert named(event_uuid="-3402274206530057851") == f"-3402274206530057851:post.create:{ME}:"


@pytest.mark.parametrize("uuid", ["", "a b", "ü", "7" * 62, "7\n"])
def test_an_id_that_is_none_leaves_the_body_to_tell(uuid: str) -> None:
    assert named(event_uuid=uuid) is None


def test_the_older_api_gives_no_id() -> None:
    assert door.delivery_id(delivery(webhook("aaa.tweet_create_events"))) is None
    assert door.delivery_id(Delivery(b"[", {})) is None


@pytest.mark.parametrize(
    "name", ["post.create", "post.mention.create", "post.reply.create", "post.quote.create"]
)
def test_a_post_goes_to_the_account_that_it_was_asked_for(name: str) -> None:
    (record,) = read(webhook(name))
    assert isinstance(record, Record)
    assert (record.kind, record.routes) == ("post", (f"user:{ME}",))


def test_a_deletion_may_name_any_version() -> None:
    names, edited = read(webhook("post.create.edited"))
    assert isinstance(names, Names)
    assert isinstance(edited, Record)
    first = "2080761390344937796"
    assert names.names == {"post:2080761999999999999": first}
    (gone,) = read(webhook("post.delete.edited"))
    assert isinstance(gone, Record)
    told, end = normal(edited), normal(gone, dict(names.names))
    assert told.message.id == end.message.id == f"post:{first}"
    assert end.message.deleted
    assert end.revision > told.revision


def test_a_deletion_is_the_last_word_whichever_version_it_names() -> None:
    newest = normal_of("post.create.edited").revision
    body = webhook("post.delete")
    body["data"]["payload"]["id"] = "20"
    (gone,) = read(body)
    assert isinstance(gone, Record)
    assert normal(gone).revision > newest


def normal_of(name: str) -> Any:
    record = read(webhook(name))[-1]
    assert isinstance(record, Record)
    return normal(record)


def test_a_revoked_consent_stops_the_walks() -> None:
    for name in ("oauth.revoke", "aaa.user_event"):
        assert read(webhook(name)) == [Nudge((f"user:{ME}",), stream="posts")]


def test_posts_of_the_older_api_are_looked_up() -> None:
    found = read(webhook("aaa.tweet_create_events"))
    assert found == [Nudge((f"user:{ME}",), stream=name) for name in ("posts", "mentions")]


def test_messages_of_both_apis_are_the_same() -> None:
    older, newer = told(webhook("aaa.direct_message_events")), told(webhook("dm.received"))
    assert older == newer


def test_a_message_to_a_group_is_looked_up() -> None:
    body = webhook("dm.received")
    (event,) = body["data"]["payload"]["direct_message_events"]
    del event["message_create"]["target"]
    assert read(body) == [Nudge((f"user:{ME}",), stream="messages")]


def test_a_new_handle_is_known_from_now_on() -> None:
    names, record = read(webhook("profile.update.handle"))
    assert isinstance(names, Names)
    assert (names.routes, names.names) == ((f"user:{ME}",), {ME: "grace_hopper"})
    assert isinstance(record, Record)
    assert isinstance(prepare(provider)(record), Ignored)


def test_an_encrypted_message_is_told_without_its_text() -> None:
    (message,) = told(webhook("chat.received"))
    assert (message.content, message.metadata["encrypted"]) == ("", "true")
    body = json.encode(message)
    assert b"CwABAAAA" not in body
    assert b"eyJhbGci" not in body


def test_likes_of_others_are_applause() -> None:
    (record,) = read(webhook("like.create.inbound"))
    assert isinstance(record, Record)
    assert record.kind == "like.inbound"
    body = webhook("like.create.inbound")
    del body["data"]["filter"]["direction"]
    assert [it.kind for it in read(body) if isinstance(it, Record)] == ["like.inbound"]


@pytest.mark.parametrize("kind", sorted(it for it in IGNORED if "." in it and it != "like.inbound"))
def test_what_is_dropped_is_dropped_by_name(kind: str) -> None:
    body = webhook("follow.follow")
    body["data"]["event_type"] = kind
    kinds = {it.kind for it in read(body) if isinstance(it, Record)}
    assert kinds == {kind}


@pytest.mark.parametrize("kind", sorted(it for it in IGNORED if "." not in it))
def test_what_is_dropped_of_the_older_api_is_dropped_by_name(kind: str) -> None:
    assert [it.kind for it in read({"for_user_id": ME, kind: []}) if isinstance(it, Record)] == [
        kind
    ]


BAD: dict[str, Any] = {
    "a post without an id": {"payload": {"text": "no id"}},
    "an id that is a number": {"payload": {"id": 7, "text": ""}},
    "an id of letters": {"payload": {"id": "seven", "text": ""}},
    "an id too large": {"payload": {"id": "9" * 20, "text": ""}},
    "an id with a line end": {"payload": {"id": "7\n", "text": ""}},
    "a reference without an id": {
        "payload": {"id": "7", "referenced_tweets": [{"type": "quoted"}]}
    },
    "a payload that is a list": {"payload": []},
    "includes that are a list": {"includes": []},
    "a deletion of nothing": {"event_type": "post.delete", "payload": {}},
    "a deletion by a word": {"event_type": "post.delete", "payload": {"id": "all"}},
    "a like of nothing": {"event_type": "like.create", "payload": {}},
    "messages that are no list": {"event_type": "dm.sent", "payload": {"direct_message_events": 1}},
    "people by words": {
        "event_type": "dm.sent",
        "payload": {
            "direct_message_events": [
                {
                    "type": "message_create",
                    "id": "7",
                    "message_create": {"sender_id": "ada", "target": {"recipient_id": "lee"}},
                }
            ]
        },
    },
    "nobody revoked": {"event_type": "oauth.revoke", "payload": {}},
    "a filter that is a text": {"filter": "me"},
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD.keys())
def test_a_shape_that_nobody_documented_is_unreadable(change: dict[str, Any]) -> None:
    body = webhook("post.create")
    body["data"] |= change
    with pytest.raises(Unreadable):
        told(body)


@pytest.mark.parametrize(
    "body", [{}, {"for_user_id": ME}, {"for_user_id": ME, "rocket_events": []}, {"data": None}]
)
def test_a_delivery_that_tells_nothing_known_is_unsupported(body: Any) -> None:
    with pytest.raises(UnsupportedEvent):
        read(body)
