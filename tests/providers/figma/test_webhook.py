"""What is believed of a delivery: a passcode in the body, of one place, and hardly anything else."""

from typing import Any

import pytest
from msgspec import json
from msgspec.structs import replace

from services.figma.provider import provider
from services.figma.webhook import LOOK, VARYING, passcode
from shared.errors import NotGenuine, Unreadable
from shared.normalizer import Version
from shared.sync.normalize import Ignored, prepare
from shared.types import Delivery, Nudge, Record
from tests.providers.figma.material import FILE, HEARING, KEY, SECRET, delivery, read, webhook

TEAM = "team:1535685101263221741"
COMMENT, PUBLISH = "FILE_COMMENT.text", "LIBRARY_PUBLISH.components"


def verify(it: Delivery, *secrets: bytes) -> None:
    HEARING.verify(secrets or (SECRET,), it, 0.0)


@pytest.mark.parametrize(
    "given", [None, "", "x", SECRET.decode()[:-1], SECRET.decode() + "x", 7, ["x"], {"a": 1}, True]
)
def test_1_another_passcode_is_refused_whatever_its_length(given: Any) -> None:
    good = delivery(webhook(COMMENT))
    verify(good)
    body = {**webhook(COMMENT), "passcode": given}
    with pytest.raises(NotGenuine):
        verify(replace(good, body=json.encode(body)))
    del body["passcode"]
    with pytest.raises(NotGenuine):
        verify(replace(good, body=json.encode(body)))


def test_the_last_of_two_passcodes_counts_and_an_inner_one_never_does() -> None:
    good = json.encode(SECRET.decode())
    for body in (
        b'{"passcode": %b, "passcode": "x"}' % good,
        b'{"comment": {"passcode": %b}}' % good,
        b"[%b]" % good,
        good,
    ):
        with pytest.raises(NotGenuine):
            verify(Delivery(body, {}))


def test_a_passcode_is_good_for_its_own_place_alone() -> None:
    ours = delivery(webhook(COMMENT), TEAM)
    verify(ours)
    for query in ("", "place=team:2", f"place={TEAM}&place={TEAM}", "place=", "place=%00"):
        with pytest.raises(NotGenuine):
            verify(replace(ours, query=query))
    for place in (TEAM, FILE):
        with pytest.raises(NotGenuine, match="does not carry"):
            verify(replace(delivery(webhook(COMMENT)), query=f"place={place}"))


def test_what_whoever_holds_the_webhook_of_one_place_learns_opens_no_other() -> None:
    learned = passcode(SECRET, TEAM)
    assert len(learned) <= 100, "Figma takes no longer one"
    assert learned not in (passcode(SECRET, "team:2"), passcode(b"x", TEAM))
    body = {**webhook(COMMENT), "passcode": learned.decode()}
    for query in ("", f"place={FILE}", "place=team:2"):
        with pytest.raises(NotGenuine):
            verify(Delivery(json.encode(body), {}, query))


def test_an_empty_secret_makes_no_passcode() -> None:
    for place in ("", TEAM):
        with pytest.raises(NotGenuine):
            verify(delivery(webhook(COMMENT), place, b""), b"")


def test_2_a_ping_is_taken_and_tells_nothing() -> None:
    for name in ("PING.made", "PING.numeric"):
        verify(delivery(webhook(name), TEAM))
        (record,) = read(webhook(name), TEAM)
        assert isinstance(record, Record)
        assert isinstance(prepare(provider)(record), Ignored)


def test_3_all_four_tries_are_one_delivery() -> None:
    tries = [delivery({**webhook(COMMENT), "retries": n}) for n in range(4)]
    assert len({HEARING.delivery_id(it) for it in tries}) == 1
    assert HEARING.delivery_id(tries[0]) is not None


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (COMMENT, {"comment_id": "901"}),
        (COMMENT, {"webhook_id": "23"}),
        (COMMENT, {"timestamp": "2026-02-01T10:00:06Z"}),
        (COMMENT, {"file_key": "Other1"}),
        ("FILE_VERSION_UPDATE.named", {"version_id": "1"}),
        (PUBLISH, {"created_components": []}),
    ],
)
def test_another_event_is_another_delivery(name: str, change: dict[str, Any]) -> None:
    here, there = delivery(webhook(name)), delivery({**webhook(name), **change})
    assert HEARING.delivery_id(here) != HEARING.delivery_id(there)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b"[" * 100_000])
def test_what_is_no_event_has_no_name(body: bytes) -> None:
    assert HEARING.delivery_id(Delivery(body, {})) is None


def test_4_a_webhook_id_that_nobody_knows_proves_nothing_and_breaks_nothing() -> None:
    body = {**webhook(COMMENT), "webhook_id": "never heard of"}
    verify(delivery(body, TEAM))
    assert read(body, TEAM) == [Nudge((TEAM,), "comments", FILE)]


@pytest.mark.parametrize(
    "comment",
    [
        [{"mention": "811"}],
        [{"text": ""}],
        [{"text": "Ask "}, {"mention": "999"}],
        [{"text": "both", "mention": "811"}],
        [{}],
        [],
        None,
        "text",
    ],
)
def test_5_whatever_its_fragments_are_a_comment_is_looked_up(comment: Any) -> None:
    body = {**webhook(COMMENT), "comment": comment, "mentions": None}
    assert read(body) == [Nudge((FILE,), "comments", FILE)]


@pytest.mark.parametrize(("kind", "streams"), LOOK.items())
def test_what_the_api_tells_as_well_is_asked_for(kind: str, streams: tuple[str, ...]) -> None:
    body = {"event_type": kind, "file_key": KEY}
    assert read(body, TEAM) == [Nudge((TEAM,), it, FILE) for it in streams]
    assert read(body) == [Nudge((FILE,), it, FILE) for it in streams]


def test_10_a_burst_of_updates_makes_us_look_once_at_each_file_and_at_nothing_else() -> None:
    keys = [f"File{n}" for n in range(200)]
    for name in keys:
        told = read({**webhook("FILE_UPDATE.edited"), "file_key": name}, TEAM)
        assert told == [Nudge((TEAM,), "file", f"file:{name}")]


def test_what_only_a_webhook_tells_goes_to_those_of_its_place() -> None:
    for place in (TEAM, "folder:41", FILE):
        (record,) = read(webhook(PUBLISH), place)
        assert isinstance(record, Record)
        assert record.routes == (place,)
    (record,) = read(webhook(PUBLISH))
    assert isinstance(record, Record)
    assert record.routes == (FILE,)


def test_the_webhook_of_one_file_may_not_tell_of_another() -> None:
    for name in (COMMENT, PUBLISH, "DEV_MODE_STATUS_UPDATE.ready"):
        with pytest.raises(Unreadable):
            read(webhook(name), "file:Other1")


def test_23_the_passcode_goes_no_further_than_the_door() -> None:
    for name in (PUBLISH, "DEV_MODE_STATUS_UPDATE.links"):
        (record,) = read(webhook(name), TEAM)
        assert isinstance(record, Record)
        version = prepare(provider)(record)
        assert isinstance(version, Version)
        for proof in (SECRET, passcode(SECRET, TEAM), b"passcode"):
            assert proof not in bytes(record.payload)
            assert proof not in version.body
    assert "passcode" in VARYING


def test_what_is_stored_of_a_delivery_is_all_but_the_passcode() -> None:
    assert HEARING.kept
    body = b'{"event_type": "PING", "passcode": "s3cret", "webhook_id": 10000000000000000000001, "x": [1e400]}'
    left = HEARING.kept(body)
    assert left == b'{"event_type":"PING","webhook_id":10000000000000000000001,"x":[1e400]}'
    assert HEARING.kept(left) == left


@pytest.mark.parametrize(
    "change",
    [
        {"file_key": None},
        {"file_key": "../me"},
        {"file_key": ""},
        {"file_key": "a/b"},
        {"file_key": "x" * 129},
        {"timestamp": "yesterday"},
        {"timestamp": None},
        {"created_components": {}},
        {"triggered_by": "Ada"},
    ],
)
def test_a_publication_of_another_shape_is_unreadable(change: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        read({**webhook(PUBLISH), **change}, TEAM)


@pytest.mark.parametrize(
    "change",
    [
        {"node_id": "1:2\n"},
        {"node_id": "a b"},
        {"node_id": ""},
        {"status": None},
        {"related_links": None},
    ],
)
def test_a_status_of_another_shape_is_unreadable(change: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        read({**webhook("DEV_MODE_STATUS_UPDATE.ready"), **change}, TEAM)
