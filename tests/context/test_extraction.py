"""What is read out of a Message: golden tables of sentences, people and events."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.context.events import event, moment
from services.context.people import Key, appearances
from services.context.tasks import tasks
from shared.normalizer import Message, Person, Recipient
from tests.context.fold import AT
from tests.context.goldens import messages

BEN = Person(email="ben@acme.test", name="Ben")
ANA = Recipient(email="ana@acme.test", role="to")


def message(content: str = "", kind: str = "email", **facts: Any) -> Message:
    given: dict[str, Any] = {"author": BEN, "recipients": (ANA,)}
    return Message(
        id="m", source="gmail", type=kind, timestamp=AT, content=content, **given | facts
    )


def found(it: Message) -> list[tuple[str, str, str]]:
    return [(one.rule, one.title, one.state) for one in tasks(it, appearances(it))]


REQUESTS = [
    "Could you send me the contract by Friday?",
    "Can you please review the attached proposal?",
    "Would you kindly confirm the room for Monday?",
    "Please send the invoice to accounting today.",
    "Hi Ana, please book the flights before noon.",
    "Thanks for the call. Please update the slides accordingly.",
    "Kindly return the signed form.",
    "Kannst du mir bitte die Zahlen schicken?",
    "Könntest du den Vertrag bis Freitag prüfen?",
    "Könnten Sie uns ein Angebot zusenden?",
    "Würden Sie den Termin bestätigen?",
    "Bitte schick mir die Unterlagen bis morgen.",
    "Danke für das Gespräch. Bitte prüfen Sie den Entwurf.",
]


@pytest.mark.parametrize("text", REQUESTS)
def test_a_request_in_a_mail_is_a_task(text: str) -> None:
    assert [rule for rule, _, _ in found(message(text))] == ["request"]


NOT_REQUESTS = [
    "Please note that the office is closed tomorrow.",
    "Please find attached the report.",
    "Please do not hesitate to contact us.",
    "Please feel free to forward this.",
    "Please click the link below to unsubscribe.",
    "Please see the notes of the last meeting.",
    "Can you imagine how loud that was?",
    "Could you believe it?",
    "I asked whether you could send it.",
    "We would be pleased to send the contract.",
    "You can please everybody some of the time.",
    "Yes, please.",
    "Could you?",
    "Bitte sehr!",
    "Bitte beachten Sie die neuen Öffnungszeiten.",
    "Bitte nicht antworten, diese Nachricht ist automatisch.",
    "Ich wollte dich um etwas bitten, aber es hat sich erledigt.",
    "Kannst du dir vorstellen, wie das war?",
    "> Could you send me the contract by Friday?",
    "On Friday, Ben Quill wrote:\nCould you send me the contract?",
    "Am 3. Mai 2026 schrieb Ben Quill:\nKannst du mir die Zahlen schicken?",
    "Regards\n-- \nPlease print this mail only when needed.",
    "```\nTODO: code\n```",
    "The todo list is long.",
    "He said: todo.",
    "A [ ] in the text is no box.",
    "",
]


@pytest.mark.parametrize("text", NOT_REQUESTS)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert found(message(text)) == []


LINES = [
    ("- [ ] write the report", "checkbox", "write the report", "open"),
    ("  * [x] send it", "checkbox", "send it", "done"),
    ("+ [X] sent", "checkbox", "sent", "done"),
    ("TODO: fix the door", "todo", "fix the door", "open"),
    ("- TODO(ben): fix it", "todo", "fix it", "open"),
    ("Action item: call Zoe", "todo", "call Zoe", "open"),
    ("FIXME: this leaks", "todo", "this leaks", "open"),
    ("Aufgabe: Raum buchen", "todo", "Raum buchen", "open"),
    ("Zu erledigen: Rechnung zahlen", "todo", "Rechnung zahlen", "open"),
]


@pytest.mark.parametrize(("text", "rule", "title", "state"), LINES)
@pytest.mark.parametrize("kind", ["email", "comment", "page", "message", "pull_request"])
def test_a_box_or_a_mark_is_a_task_in_any_text(
    kind: str, text: str, rule: str, title: str, state: str
) -> None:
    assert found(message(f"Hello\n{text}\nBye", kind)) == [(rule, title, state)]


@pytest.mark.parametrize(
    "facts",
    [
        {"metadata": {"labels": "SENT"}},
        {"metadata": {"list_id": "Team <all.acme.test>"}},
        {"author": Person(email="no-reply@acme.test")},
        {"recipients": (ANA,) * 4},
        {"kind": "message"},
        {"kind": "comment"},
        {"kind": "commit"},
    ],
)
def test_a_request_counts_where_somebody_speaks_to_the_user(facts: dict[str, Any]) -> None:
    text = "Could you send me the contract by Friday?"
    assert found(message(text, **facts)) == []


def test_a_direct_message_speaks_to_the_user() -> None:
    direct = message("Could you call me back today?", "message", metadata={"channel_type": "im"})
    assert [rule for rule, _, _ in found(direct)] == ["request"]


def test_the_providers_own_tasks_have_their_state_and_due_date() -> None:
    facts = {"metadata": {"state": "Fertig", "state_type": "completed", "due_date": "2026-12-01"}}
    (done,) = tasks(message("", "issue", title="Ship it", **facts), ())
    assert (done.rule, done.title, done.state, done.due) == (
        "issue",
        "Ship it",
        "done",
        "2026-12-01",
    )
    asked = (Recipient(id="7", name="Zoe", role="reviewer"),)
    pull = message("", "pull_request", title="Add", recipients=asked, metadata={"state": "open"})
    assert found(pull) == [("review", "Add", "open")]
    merged = message("", "pull_request", title="Add", recipients=asked, metadata={"merged": "true"})
    assert found(merged) == [("review", "Add", "done")]


def test_a_task_is_the_same_in_every_version_of_its_item() -> None:
    one = message("Hello\nTODO: call\nTODO: call\n")
    other = message("TODO:  Call\n\nand TODO: call\nTODO: call")

    def idents(it: Message) -> list[UUID]:
        return [task.id("ana", UUID(int=1), it.source, it.id) for task in tasks(it, ())]

    assert len(set(idents(one))) == 2
    assert idents(one) == idents(other)


PEOPLE = [
    (Person(email="Ana@ACME.test "), [("email", "ana@acme.test")]),
    (Person(id="U1"), [("slack", "U1")]),
    (Person(id="U1", email="ana@acme.test"), [("email", "ana@acme.test"), ("slack", "U1")]),
    (Person(id="ana@acme.test", email="ana@acme.test"), [("email", "ana@acme.test")]),
    (Person(id="ana@acme.test"), [("email", "ana@acme.test")]),
    (Person(name="Ana"), []),
    (Person(email="undisclosed recipients"), []),
    (Person(email="a@b@c"), []),
]


@pytest.mark.parametrize(("who", "keys"), PEOPLE)
def test_a_person_is_known_by_an_address_an_id_or_both(
    who: Person, keys: list[tuple[str, str]]
) -> None:
    it = Message(id="m", source="slack", type="message", timestamp=AT, author=who)
    known = [key for one in appearances(it) for key in (one.key, one.alias) if key]
    assert [(key.kind, key.value) for key in known] == keys


ROBOTS = [
    "no-reply@acme.test",
    "noreply@acme.test",
    "do-not-reply@acme.test",
    "notifications@github.com",
    "calendar-notification@google.com",
    "MAILER-DAEMON@mail.acme.test",
    "bounces+123=x@lists.acme.test",
    "newsletter@acme.test",
    "room4@resource.calendar.google.com",
]
PERSONS = ["ana@acme.test", "norep@acme.test", "ben.noreplyson@acme.test", "info@acme.test"]


@pytest.mark.parametrize("address", [*ROBOTS, *PERSONS])
def test_a_robot_is_told_from_a_person(address: str) -> None:
    (one, *_) = appearances(message(author=Person(email=address)))
    assert (one.automated, one.counted) == ((True, False) if address in ROBOTS else (False, True))


def test_a_list_is_no_person_and_an_audience_makes_no_acquaintances() -> None:
    mail = message(
        recipients=(Recipient(email="all@acme.test", role="to"),),
        metadata={"list_id": "All <all.acme.test>"},
    )
    assert [one.automated for one in appearances(mail)] == [False, True]
    crowd = tuple(Recipient(email=f"p{n}@acme.test", role="to") for n in range(51))
    author, *others = appearances(message(recipients=crowd))
    assert author.counted
    assert not any(one.counted for one in others)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-23T15:00:00+01:00", datetime(2026, 11, 23, 14, tzinfo=UTC)),
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-11-23T15:00:00", datetime(2026, 11, 23, 15, tzinfo=UTC)),
        ("", None),
        ("tomorrow", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_a_time_is_read_or_left_alone(text: str, at: datetime | None) -> None:
    assert moment(text) == at


def test_an_exception_of_a_series_is_an_event_of_its_own() -> None:
    uid = {"ical_uid": "u@x", "start": "2026-11-23"}
    series = event(message("", "event", metadata=uid), "ana", UUID(int=1))
    moved = event(
        message("", "event", metadata={**uid, "original_start": "2026-11-30"}), "ana", UUID(int=1)
    )
    elsewhere = event(message("", "event", metadata=uid), "ana", UUID(int=2))
    bens = event(message("", "event", metadata=uid), "ben", UUID(int=1))
    assert series
    assert moved
    assert elsewhere
    assert bens
    assert series.series == elsewhere.series
    assert len({series.series, moved.series, bens.series}) == 3


def test_no_recorded_message_is_beyond_reading() -> None:
    rules = {one[0] for it in messages() for one in found(it)}
    assert {"issue", "review"} <= rules
    kinds = {it.kind for one in messages() if (it := event(one, "ana", UUID(int=1)))}
    assert {"calendar", "invitation"} <= kinds


@given(st.text(max_size=400), st.text(max_size=60), st.text(max_size=60))
def test_no_text_is_beyond_reading(content: str, ident: str, address: str) -> None:
    it = message(
        content,
        author=Person(id=ident, email=address, name=content),
        metadata={"has_invite": "true", "ics_uid": ident, "start": content},
    )
    seen = appearances(it)
    assert tasks(it, seen) == tasks(it, seen)
    event(it, "ana", UUID(int=1))
    assert all(isinstance(one.key, Key) and "\0" not in one.key.value for one in seen)
