"""What Slack is known to send, case by case; the numbers of the cases are those of its fact sheet."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json, structs
from slack_sdk.signature import Clock, SignatureVerifier

from services.slack.ignored import IGNORED, OWN
from services.slack.models import at, stamp
from shared.errors import NotGenuine, Unreadable, UnsupportedEvent
from shared.types import Delivery, Nudge
from tests.contract.reading import ROOT
from tests.providers.slack import sign
from tests.providers.slack.material import (
    HEARING,
    PAYLOADS,
    SECRET,
    delivery,
    nudges,
    read,
    records,
    told,
    webhook,
)

VECTOR = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
    b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
    b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
    b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015"
    b".47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
PROOF = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
STAMPED = {sign.STAMP: "1531420618", sign.SIGNATURE: PROOF}


def verify(it: Delivery, now: float = sign.NOW) -> None:
    HEARING.verify([SECRET], it, now)


class Fixed(Clock):
    def now(self) -> float:
        return sign.NOW


def test_1_slacks_own_vector_is_genuine() -> None:
    verify(Delivery(VECTOR, STAMPED), 1531420618.0)
    with pytest.raises(NotGenuine):
        verify(Delivery(VECTOR + b"-", STAMPED), 1531420618.0)


def test_1_slacks_own_library_and_we_agree() -> None:
    theirs = SignatureVerifier(SECRET.decode(), clock=Fixed())
    for path in sorted((PAYLOADS / "webhook").glob("*.json")):
        ours = delivery(path.read_bytes())
        assert theirs.is_valid_request(ours.body, dict(ours.headers))
        proof = theirs.generate_signature(timestamp=ours.headers[sign.STAMP], body=ours.body)
        assert proof
        verify(structs.replace(ours, headers={**ours.headers, sign.SIGNATURE: proof}))


@pytest.mark.parametrize("age", [0, 300, -300])
def test_1_five_minutes_either_way_are_fresh(age: int) -> None:
    verify(delivery({}, at=sign.NOW - age))


@pytest.mark.parametrize("age", [301, -301, 86_400])
def test_1_an_older_or_future_delivery_is_stale(age: int) -> None:
    with pytest.raises(NotGenuine):
        verify(delivery({}, at=sign.NOW - age))


@pytest.mark.parametrize(
    "stamp", ["", "now", "1e9", "-5", "1767600000.0", " 1767600000", "१७६७६०००००", "9" * 400, "NaN"]
)
def test_1_a_time_that_is_no_number_is_refused(stamp: str) -> None:
    raw = b"{}"
    signed = sign.sign(SECRET, raw, {sign.STAMP: stamp})
    with pytest.raises(NotGenuine):
        verify(Delivery(raw, signed))


@pytest.mark.parametrize("name", [sign.STAMP, sign.SIGNATURE])
def test_1_a_missing_header_is_refused(name: str) -> None:
    good = delivery({})
    headers = {key: value for key, value in good.headers.items() if key != name}
    with pytest.raises(NotGenuine):
        verify(structs.replace(good, headers=headers))


def test_1_another_version_of_the_signature_is_refused() -> None:
    good = delivery({})
    later = {**good.headers, sign.SIGNATURE: good.headers[sign.SIGNATURE].replace("v0=", "v1=")}
    with pytest.raises(NotGenuine):
        verify(structs.replace(good, headers=later))


def test_1_the_time_is_signed_too() -> None:
    good = delivery({})
    with pytest.raises(NotGenuine):
        verify(structs.replace(good, headers={**good.headers, sign.STAMP: str(int(sign.NOW) + 1)}))


def challenge(it: Delivery) -> bytes | None:
    assert HEARING.challenge
    return HEARING.challenge([SECRET], it)


def test_2_a_signed_question_is_answered_in_plain_text() -> None:
    body = webhook("url_verification")
    assert challenge(delivery(body)) == body["challenge"].encode()


def test_2_an_unsigned_or_stale_question_is_refused() -> None:
    body = webhook("url_verification")
    for it in (delivery(body, b"another"), Delivery(json.encode(body), sign.headers(""))):
        with pytest.raises(NotGenuine):
            challenge(it)
    with pytest.raises(NotGenuine):
        challenge(structs.replace(delivery(body), received_at=sign.NOW + 301))


def test_2_what_is_no_question_is_not_answered() -> None:
    assert challenge(delivery(webhook("message.plain"))) is None
    sly = webhook("message.plain")
    sly["event"]["text"] = '{"type": "url_verification", "challenge": "x"}'
    assert challenge(delivery(sly)) is None
    assert challenge(delivery(b'"url_verification"')) is None
    assert challenge(delivery({"type": "url_verification"})) is None


def test_3_an_event_is_known_by_its_id_however_often_it_comes() -> None:
    first = delivery(webhook("message.plain"))
    again = {**first.headers, "x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"}
    retry = structs.replace(first, headers=again)
    assert HEARING.delivery_id(first) == HEARING.delivery_id(retry) == "Ev0001"
    assert list(HEARING.read(retry)) == list(HEARING.read(first))


def test_3_an_event_without_an_id_is_told_by_its_bytes() -> None:
    for body in ({"type": "app_rate_limited"}, b"[]", b"{", {"type": "x", "event_id": "a b"}):
        assert HEARING.delivery_id(delivery(body)) is None


def test_4_a_change_of_previews_alone_says_nothing() -> None:
    assert read(webhook("message_changed.unfurled")) == []
    assert read(webhook("message_changed.counters")) == []


def test_4_a_change_of_previews_counts_where_they_are_all_there_is() -> None:
    (message,) = told(webhook("message_changed.bot_updated"))
    assert message.content == "100 %"


def test_5_a_parent_and_a_reply_are_deleted() -> None:
    for name, ident in (("parent", "1767600000.000200"), ("reply", "1767600010.000300")):
        (message,) = told(webhook(f"message_deleted.{name}"))
        assert (message.id, message.deleted, message.content) == (f"C02:{ident}", True, "")
        (record,) = records(webhook(f"message_deleted.{name}"))
        assert record.revision == "1767600200.000100"


def test_5_a_parent_with_replies_becomes_a_tombstone() -> None:
    (message,) = told(webhook("message_changed.parent_tombstone"))
    assert message.deleted
    (record,) = records(webhook("message_changed.parent_tombstone"))
    assert record.revision == "1767600100.000500"


def test_6_a_change_of_an_unknown_message_tells_it() -> None:
    (message,) = told(webhook("message_changed.unknown_message"))
    assert message.content == "never heard of"
    body = webhook("message_changed.edited")
    body["event"]["previous_message"] = {"ts": 5}
    assert [it.content for it in told(body)] == ["said better @U09"]


def test_7_a_parent_a_reply_and_a_broadcast() -> None:
    parent = told(webhook("message.thread_parent"))[0]
    reply = told(webhook("message.thread_reply"))[0]
    broadcast = told(webhook("message.thread_broadcast"))[0]
    assert parent.thread_id == reply.thread_id == broadcast.thread_id == parent.id
    assert (parent.parent_id, reply.parent_id, broadcast.parent_id) == ("", parent.id, parent.id)
    assert broadcast.metadata["is_broadcast"] == "true"


def test_9_a_bot_without_a_user_is_its_own_author() -> None:
    (message,) = told(webhook("message.bot_classic"))
    assert message.author
    assert (message.author.id, message.author.name) == ("B07", "ci")


@pytest.mark.parametrize("name", ["message", "message_changed", "message_deleted"])
def test_9_what_we_said_ourselves_is_not_heard(name: str) -> None:
    body = webhook(f"{name}.own_echo")
    assert [it.kind for it in records(body)] == [OWN]
    assert told(body) == []


@pytest.mark.parametrize("name", ["own_echo", "own_echo_customized", "own_echo_as_person"])
def test_9_what_we_said_is_ours_whosever_install_the_event_is_for(name: str) -> None:
    """Of a bot's install and a person's Slack names only one: what the app said is known by the app."""
    body = webhook(f"message.{name}")
    for listed in ([{"user_id": "U07", "team_id": "T01", "is_bot": False}], [], None):
        body["authorizations"] = listed
        assert [it.kind for it in records(body)] == [OWN]


def test_9_what_a_person_types_is_heard_by_their_own_token() -> None:
    body = webhook("message.plain")
    body["authorizations"] = [{"user_id": body["event"]["user"], "is_bot": False}]
    assert told(body)


def test_9_what_is_left_of_our_own_message_is_not_heard() -> None:
    """By then it is Slackbot's; what it was says whose it was."""
    body = webhook("message_changed.parent_tombstone")
    body["event"]["previous_message"]["user"] = "U0B"
    assert told(body) == []


def test_9_another_app_is_heard() -> None:
    body = webhook("message.own_echo_customized")
    assert told(body) == []
    body["event"]["app_id"] = "A09"
    assert told(body)


def test_11_every_digit_of_a_ts_counts() -> None:
    before = told(webhook("message.microseconds"))[0]
    after = told(webhook("message.microseconds_next"))[0]
    assert before.timestamp.isoformat() == "2026-01-05T08:00:00.999999+00:00"
    assert before.timestamp < after.timestamp
    one, two = (
        records(webhook(f"message.{it}"))[0] for it in ("microseconds", "microseconds_next")
    )
    assert one.revision < two.revision


@given(st.integers(0, 9_999_999_999), st.integers(0, 999_999))
def test_11_a_ts_stays_what_it_is_through_every_form(seconds: int, micro: int) -> None:
    ts = f"{seconds:010}.{micro:06}"
    assert stamp(at(ts)) == ts
    assert int(at(ts).strftime("%f")) == micro
    body = webhook("message.plain")
    body["event"]["ts"] = ts
    (message,), (record,) = told(body), records(body)
    assert (message.id, record.revision) == (f"C02:{ts}", ts)


def test_11_no_time_of_a_message_goes_through_a_float() -> None:
    """What is made a float here: the moment of a delivery, and seconds to wait, both whole numbers."""
    code = {path.name: path.read_text() for path in ROOT.glob("services/slack/*.py")}
    found = {(name, it) for name, text in code.items() for it in re.findall(r"\bfloat\(\w+", text)}
    assert found == {("webhook.py", "float(stated"), ("dialect.py", "float(wait")}
    assert not [name for name, text in code.items() if ".timestamp()" in text]


@pytest.mark.parametrize(
    "ts",
    ["1767600000", "1767600000.0002", "1767600000.0002000", "1.7e9", 1767600000.0002, None, ""],
)
def test_11_a_ts_of_another_form_is_unreadable(ts: Any) -> None:
    body = webhook("message.plain")
    body["event"]["ts"] = ts
    with pytest.raises(Unreadable):
        read(body)


def test_17_revoked_tokens_and_a_removed_app_make_the_token_checked() -> None:
    assert read(webhook("app_uninstalled")) == [Nudge(("team:T01",), stream="channels")]
    body = webhook("tokens_revoked")
    bots, people = ("bot:T01",), ("user:U07", "user:U09")
    ended: list[tuple[Any, tuple[str, ...]]] = [
        ({"oauth": ["U07", "U09"], "bot": ["U0B"]}, bots + people),
        ({"oauth": ["U07", "U09"]}, people),
        ({"oauth": [], "bot": ["U0B"]}, bots),
        ({}, ("team:T01",)),
        (None, ("team:T01",)),
    ]
    for tokens, routes in ended:
        body["event"]["tokens"] = tokens
        assert read(body) == [Nudge(routes, stream="channels")], "theirs alone"
    body |= {"team_id": None, "enterprise_id": "E01", "authorizations": None}
    body["event"]["tokens"] = {"bot": ["W0B"]}
    assert read(body) == [Nudge(("bot:E01",), stream="channels")]


def test_18_an_organization_is_reached_by_its_own_key() -> None:
    look = Nudge(("enterprise:E01",), stream="channels")
    assert read(webhook("app_uninstalled.enterprise")) == [look]
    (record,) = records(webhook("message.enterprise"))
    assert record.routes == ("channel:C02",)


def test_18_a_workspace_that_comes_or_goes_makes_the_organization_looked_at() -> None:
    keys = ("enterprise:E01", "team:T03")
    assert [(it.routes, it.stream) for it in nudges(webhook("team_access_granted"))] == [
        (keys, "channels"),
        (keys, "people"),
    ]
    assert read(webhook("team_access_revoked")) == [Nudge(keys, stream="channels")]


def test_19_a_channel_is_an_object_or_a_word() -> None:
    for name in ("channel_created", "channel_rename", "channel_archive", "channel_deleted"):
        assert read(webhook(name)) == [Nudge(("team:T01",), stream="channels")]


def test_20_when_events_were_left_out_everything_is_looked_at() -> None:
    found = nudges(webhook("app_rate_limited"))
    assert {(it.routes, it.stream) for it in found} == {
        (("team:T01",), "messages"),
        (("team:T01",), "replies"),
    }


def test_21_a_file_without_an_address_keeps_its_id() -> None:
    (message,) = told(webhook("message.file_without_url"))
    assert [(it.id, it.url, it.name) for it in message.attachments] == [
        ("F11", "", ""),
        ("F12", "", ""),
        ("F13", "", ""),
    ]


def test_a_reaction_makes_its_channel_looked_at() -> None:
    look = Nudge(("channel:C02",), stream="replies", resource="C02")
    for name in ("reaction_added", "reaction_removed", "channel_history_changed"):
        assert read(webhook(name)) == [look]
    assert read(webhook("reaction_added.file")) == []


def test_a_message_goes_to_its_channel_alone() -> None:
    """A workspace's key would bring one person's direct messages to another's account."""
    for path in (PAYLOADS / "webhook").glob("message*.json"):
        for it in records(webhook(path.stem)):
            assert len(it.routes) == 1
            assert it.routes[0].startswith("channel:")


@pytest.mark.parametrize(
    "body",
    [
        {"type": "event_callback", "event": {"type": "event_of_tomorrow"}},
        {"type": "view_submission"},
    ],
)
def test_an_event_that_nobody_declared_is_not_lost(body: Any) -> None:
    with pytest.raises(UnsupportedEvent):
        read(body)


def test_a_slash_command_is_not_taken_for_an_event() -> None:
    form = {**STAMPED, "content-type": "application/x-www-form-urlencoded"}
    with pytest.raises(UnsupportedEvent):
        list(HEARING.read(Delivery(VECTOR, form)))


@pytest.mark.parametrize("change", [{"channel": None}, {"channel": {"id": "C02"}}])
def test_a_message_from_nowhere_is_unreadable(change: dict[str, Any]) -> None:
    body = webhook("message.plain")
    body["event"] |= change
    with pytest.raises(Unreadable):
        read(body)


def test_a_deletion_of_nothing_is_unreadable() -> None:
    body = webhook("message_deleted.parent")
    del body["event"]["deleted_ts"]
    with pytest.raises(Unreadable):
        read(body)


def test_every_event_with_a_payload_that_is_dropped_has_a_reason() -> None:
    kinds = {
        it.kind
        for path in (PAYLOADS / "webhook").glob("*.json")
        for it in records(webhook(path.stem))
    }
    assert kinds - {"message"} <= set(IGNORED)
