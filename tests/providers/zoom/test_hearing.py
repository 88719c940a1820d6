"""Events: what proves them, whom they concern, what they tell, and where they send a walk."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import json

from services.zoom import webhook as hearing
from services.zoom.events import LOOK
from services.zoom.provider import provider
from shared import errors
from shared.errors import NotGenuine, Unreadable, UnsupportedEvent
from shared.telemetry.metrics import Metrics
from shared.types import Delivery, Nudge, Record, Secret
from shared.webhook.intake import Intake
from tests.providers.zoom import sign
from tests.providers.zoom.material import (
    ACCOUNT,
    HEARING,
    HOST,
    NUMBER,
    SECRET,
    SLASHES,
    UUID,
    delivery,
    read,
    stream,
    told,
    webhook,
)

VECTOR = "v0=0e852da0c29022621d4dd83cda1fa41ad8cd97f1a0a069f84046de15c133f813"
STAMP = "1739923528"
BODY = b'{"event":"endpoint.url_validation"}'
MINE, OURS = (f"user:{HOST}",), (f"account:{ACCOUNT}",)
FACTS = {"by": "event"}


def prove(
    given: str | None = VECTOR, stamp: str | None = STAMP, body: bytes = BODY, now: float = 0.0
) -> None:
    headers = {sign.SIGNATURE: given, sign.STAMP: stamp}
    known = {name: it for name, it in headers.items() if it is not None}
    HEARING.verify([SECRET], Delivery(body, known), now or float(STAMP))


def test_1_the_vector_is_genuine_and_what_is_a_little_different_is_not() -> None:
    prove()
    digest = VECTOR.removeprefix("v0=")
    for wrong in (None, "", digest, f"v0={digest.upper()}", VECTOR[:-1], f"v1={digest}"):
        with pytest.raises(NotGenuine):
            prove(wrong)
    with pytest.raises(NotGenuine):
        prove(body=BODY.replace(b"_", b"-"))


@pytest.mark.parametrize("away", [301.0, -301.0, 86_400.0])
def test_1_a_delivery_that_is_too_old_or_dated_ahead_is_refused(away: float) -> None:
    prove(now=float(STAMP) + away * 0.99 / abs(away) * 300)
    with pytest.raises(NotGenuine):
        prove(now=float(STAMP) + away)


STAMPS = [
    None,
    "",
    "abc",
    "1739923528.5",
    "-1739923528",
    "173992352",
    "1739923528000000",
    "".join(chr(0xFF10 + int(digit)) for digit in STAMP),
]


@pytest.mark.parametrize("stamp", STAMPS)
def test_1_a_time_that_is_none_is_refused(stamp: str | None) -> None:
    with pytest.raises(NotGenuine):
        prove(stamp=stamp)


def test_1_a_time_in_milliseconds_is_one_too() -> None:
    raw = json.encode(webhook("meeting.started"))
    at = str(int(sign.NOW * 1000))
    it = Delivery(raw, sign.sign(SECRET, raw, {}, at))
    HEARING.verify([SECRET], it, sign.NOW)
    with pytest.raises(NotGenuine):
        HEARING.verify([SECRET], it, sign.NOW + 301)


def test_1_the_raw_bytes_are_proven_whatever_the_order_of_their_keys() -> None:
    raw = b'{ "payload": {"plainToken": "a"},\n  "event": "x" }'
    HEARING.verify([SECRET], delivery(raw), sign.NOW)
    again = json.encode(json.decode(raw))
    with pytest.raises(NotGenuine):
        HEARING.verify([SECRET], Delivery(again, delivery(raw).headers), sign.NOW)


def answered(body: Any, *secrets: bytes, signed: bytes = SECRET) -> Any:
    found = hearing.challenge(secrets or (SECRET,), delivery(body, signed))
    return None if found is None else json.decode(found)


def test_2_the_question_is_answered_by_the_vector() -> None:
    assert answered(webhook("endpoint.url_validation")) == {
        "plainToken": "qgg8vlvZRS6UYooatFL8Aw",
        "encryptedToken": "83b2a60d4bbe49dc93763ed9e727a9a7690cbe4c1f8bb0adc0ffccd09ecb1384",
    }


def test_2_while_the_secret_is_replaced_the_one_that_asks_is_answered() -> None:
    question = webhook("endpoint.url_validation")
    assert answered(question, b"new", SECRET) == answered(question)
    assert answered(question, b"new", SECRET, signed=b"new") != answered(question)


def test_2_a_question_that_is_not_zooms_is_not_answered() -> None:
    with pytest.raises(NotGenuine):
        answered(webhook("endpoint.url_validation"), b"another secret")
    with pytest.raises(NotGenuine):
        hearing.challenge([SECRET], Delivery(json.encode(webhook("endpoint.url_validation")), {}))


@pytest.mark.parametrize(
    "body",
    [
        {"event": "endpoint.url_validation", "payload": {}},
        {"event": "endpoint.url_validation", "payload": {"plainToken": ""}},
        {"event": "endpoint.url_validation", "payload": {"plainToken": "x" * 201}},
        {"event": "endpoint.url_validation", "payload": {"plainToken": 7}},
        {"event": "meeting.started", "payload": {"plainToken": "endpoint.url_validation"}},
        b'{"event": "endpoint.url_validation"',
        webhook("meeting.started"),
    ],
)
def test_2_what_is_no_question_is_no_challenge(body: Any) -> None:
    assert answered(body) is None


def test_2_a_question_that_got_past_says_nothing() -> None:
    assert read(webhook("endpoint.url_validation")) == []


def test_3_the_same_event_twice_is_one_and_two_people_in_one_moment_are_two() -> None:
    it = webhook("meeting.participant_joined")
    other = webhook("meeting.participant_joined-guest")
    assert it["event_ts"] == other["event_ts"]
    first, again, guest = (told(body)[0] for body in (it, it, other))
    assert first == again
    assert first.id != guest.id
    assert HEARING.delivery_id(delivery(it)) is None, "the body tells deliveries apart"
    it["payload"]["object"]["participant"]["participant_uuid"] = "another device of theirs"
    assert told(it)[0].id != first.id


def test_3_who_comes_twice_came_twice() -> None:
    it = webhook("meeting.participant_joined")
    first = told(it)[0].id
    it["payload"]["object"]["participant"]["join_time"] = "2026-01-05T09:20:00Z"
    assert told(it)[0].id != first


def test_4_a_number_is_the_same_as_text_and_as_a_number() -> None:
    it = webhook("meeting.started")
    as_text = told(it)
    it["payload"]["object"]["id"] = NUMBER
    assert told(it) == as_text
    assert as_text[0].thread_id == str(NUMBER)


def test_13_who_takes_the_app_away_is_looked_after_at_once() -> None:
    assert read(webhook("app_deauthorized")) == [Nudge(MINE, "meetings")]


def test_15_the_times_of_a_series_are_items_of_their_own_in_one_thread() -> None:
    one, two = told(webhook("meeting.started")), told(webhook("meeting.started-recurring"))
    assert one[0].id != two[0].id
    assert one[0].thread_id == two[0].thread_id


def test_16_a_personal_room_is_a_meeting_as_any() -> None:
    (it,) = told(webhook("meeting.started-personal"))
    assert (it.thread_id, it.metadata["meeting_type"]) == ("3105551234", "personal")


def test_17_a_guest_is_named_and_nothing_is_made_up() -> None:
    (guest,) = told(webhook("meeting.participant_joined-guest"))
    (nobody,) = told(webhook("meeting.participant_joined-nameless"))
    assert guest.author is not None
    assert (guest.author.id, guest.author.name, guest.author.email) == ("", "Guest 7", "")
    assert (nobody.author, nobody.content) == (None, "Somebody joined")


PLANS = ["created", "created-recurring", "created-no_time", "updated", "deleted"]
PLANS += ["deleted-occurrence", "permanently_deleted", "recovered"]


@pytest.mark.parametrize("name", PLANS)
def test_what_is_planned_is_looked_up_and_never_believed(name: str) -> None:
    assert read(webhook(f"meeting.{name}")) == [Nudge(MINE, "meetings")]


def test_where_nobody_is_named_the_whole_account_looks() -> None:
    assert read(webhook("meeting.updated-nobody_named")) == [Nudge(OURS, "meetings")]


ONE = sorted(it for it in LOOK if "batch" not in it)


@pytest.mark.parametrize("name", ONE)
def test_what_is_left_of_a_meeting_is_looked_up_by_its_uuid(name: str) -> None:
    assert read(webhook(name)) == [Nudge(MINE, LOOK[name], UUID, FACTS)]
    assert stream(LOOK[name]).per_resource


@pytest.mark.parametrize("name", ["meeting.ended-slashes", "recording.completed-slashes"])
def test_5_a_uuid_with_slashes_is_told_as_it_is(name: str) -> None:
    (it,) = read(webhook(name))
    assert isinstance(it, Nudge)
    assert it.resource == SLASHES


def test_8_a_transcript_may_be_told_before_its_recording() -> None:
    first, second = (
        read(webhook(f"recording.{it}")) for it in ("transcript_completed", "completed")
    )
    assert first == second, "either looks at all that is there"


def test_10_the_token_of_a_download_is_never_looked_at() -> None:
    for name in ("recording.completed", "recording.completed-token_inside"):
        assert b"a-token-for-24-hours" in json.encode(webhook(name))
        assert "token" not in repr(read(webhook(name)))


def test_of_many_recordings_only_those_look_who_know_them() -> None:
    found = read(webhook("recording.batch_trashed"))
    assert found == [Nudge(OURS, "recordings", it) for it in (UUID, SLASHES)]
    for name in ("batch_deleted", "batch_recovered"):
        assert read(webhook(f"recording.{name}")) == [Nudge(OURS, "recordings", UUID)]
    assert read(webhook("recording.batch_trashed-without_meetings")) == []


def test_what_concerns_nobody_is_dropped_by_name() -> None:
    for name in ("meeting.chat_message_sent", "webinar.started", "recording.started"):
        (it,) = read(webhook(name))
        assert isinstance(it, Record)
        assert it.kind in provider.ignored
        assert told(webhook(name)) == []


Change = Callable[[dict[str, Any]], Any]


def without(name: str) -> Change:
    def change(it: dict[str, Any]) -> Any:
        it["payload"]["object"].pop(name)
        return it

    return change


def within(name: str, value: Any) -> Change:
    def change(it: dict[str, Any]) -> Any:
        it["payload"]["object"][name] = value
        return it

    return change


BAD: dict[str, tuple[str, Change]] = {
    "no payload": ("meeting.started", lambda it: {"event": it["event"]}),
    "no event": ("meeting.started", lambda it: {"payload": it["payload"]}),
    "an event that is none": ("meeting.started", lambda it: {**it, "event": 7}),
    "a payload that is a list": ("meeting.started", lambda it: {**it, "payload": []}),
    "an object that is text": ("meeting.started", lambda it: {**it, "payload": {"object": "x"}}),
    "no host": ("meeting.started", without("host_id")),
    "a host with a slash": ("meeting.started", within("host_id", "../users")),
    "a host that ends a line": ("meeting.started", within("host_id", "Wq3hO\n")),
    "no uuid to look at": ("meeting.ended", without("uuid")),
    "a uuid that is a path": ("meeting.ended", within("uuid", "../../users/me")),
    "a uuid that is too short": ("meeting.ended", within("uuid", "a")),
    "a uuid that ends a line": ("meeting.ended", within("uuid", UUID + "\n")),
    "a uuid that is a number": ("recording.completed", within("uuid", 7)),
    "uuids that are numbers": ("recording.batch_trashed", within("meeting_uuids", [7])),
    "one uuid of many that is none": (
        "recording.batch_trashed",
        within("meeting_uuids", [UUID, ""]),
    ),
    "nobody who left": ("app_deauthorized", lambda it: {"event": it["event"], "payload": {}}),
}


@pytest.mark.parametrize(("name", "change"), BAD.values(), ids=BAD.keys())
def test_an_event_without_what_it_has_to_have_is_unreadable(name: str, change: Change) -> None:
    with pytest.raises(Unreadable):
        read(change(webhook(name)))


@pytest.mark.parametrize(
    "change",
    [without("uuid"), without("start_time"), within("start_time", "soon"), within("id", None)],
)
def test_what_tells_itself_has_to_be_whole(change: Change) -> None:
    with pytest.raises(Unreadable):
        told(change(webhook("meeting.started")))


def test_somebody_who_came_at_no_time_is_unreadable() -> None:
    it = webhook("meeting.participant_joined")
    it["payload"]["object"]["participant"]["join_time"] = ""
    with pytest.raises(Unreadable):
        told(it)


def test_an_event_of_tomorrow_is_named() -> None:
    with pytest.raises(UnsupportedEvent) as refused:
        read({**webhook("meeting.started"), "event": "meeting.dreamt_of"})
    assert refused.value.kind == "meeting.dreamt_of"


class Away:
    """A database that does not answer."""

    waiting = 0

    async def put(self, _: Any) -> None:
        raise errors.Away


@pytest.mark.anyio
@pytest.mark.parametrize(("secret", "status"), [(SECRET, 503), (b"another", 401)])
async def test_19_what_cannot_be_stored_is_asked_for_again_and_what_is_forged_is_not(
    secret: bytes, status: int
) -> None:
    """Zoom repeats what is answered with a 5xx, and nothing that is answered with a 4xx."""
    away: Any = Away()
    secrets = [Secret(SECRET.decode())]
    door = Intake(
        provider="zoom",
        webhook=HEARING,
        secrets=secrets,
        writer=away,
        metrics=Metrics(),
        now=lambda: sign.NOW,
    )
    it = delivery(webhook("meeting.ended"), secret)
    headers = [(name.encode(), value.encode()) for name, value in it.headers.items()]
    scope: Any = {"type": "http", "method": "POST", "query_string": b"", "headers": headers}
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": it.body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await door(scope, receive, send)
    assert sent[0]["status"] == status
    assert (b"retry-after" in dict(sent[0]["headers"])) is (status == 503)
