"""What the watcher of a vault may tell, and what is taken from it."""

import pytest
from msgspec import json

from services.obsidian.webhook import WINDOW
from shared.errors import NotGenuine, Unreadable, UnsupportedEvent
from shared.types import Delivery, Nudge, Record
from tests.providers.obsidian import sign
from tests.providers.obsidian.material import HEARING, SECRET, delivery

CALL = {"id": "c-1", "event": "modified", "vault": "v1", "paths": ["a.md"]}


def verify(it: Delivery, now: float = sign.NOW) -> None:
    HEARING.verify([SECRET], it, now)


def test_a_call_makes_a_look_at_the_vault_due() -> None:
    assert list(HEARING.read(delivery(CALL))) == [Nudge(("vault:v1",), "notes")]
    assert list(HEARING.read(delivery({"event": "changed", "vault": "v1"}))) == [
        Nudge(("vault:v1",), "notes")
    ]


@pytest.mark.parametrize("path", [".obsidian/workspace.json", ".trash/a.md", "F/.x/b.md", "a.md~"])
def test_21_what_the_app_writes_for_itself_is_left_alone(path: str) -> None:
    (told,) = HEARING.read(delivery({**CALL, "paths": [path]}))
    assert isinstance(told, Record)
    assert told.kind == "hidden"
    assert isinstance(next(iter(HEARING.read(delivery({**CALL, "paths": [path, "a.md"]})))), Nudge)


@pytest.mark.parametrize("off", [-WINDOW - 1, WINDOW + 1])
def test_an_old_call_is_not_taken(off: float) -> None:
    verify(delivery(CALL, sign.NOW + off * 0.9))
    with pytest.raises(NotGenuine):
        verify(delivery(CALL, sign.NOW + off))


@pytest.mark.parametrize(
    "sent", ["", "now", "1e9", "-1", " 1767600750", "\uff11767600750", "9" * 400]
)
def test_a_call_has_to_say_when_it_was_sent(sent: str) -> None:
    good = delivery(CALL)
    with pytest.raises(NotGenuine):
        verify(Delivery(good.body, {**good.headers, "x-obsidian-timestamp": sent}))


def test_the_time_is_signed_with_the_body() -> None:
    good = delivery(CALL)
    moved = {**good.headers, "x-obsidian-timestamp": f"{sign.NOW + 1:.0f}"}
    with pytest.raises(NotGenuine):
        verify(Delivery(good.body, moved))


@pytest.mark.parametrize(
    ("body", "ident"),
    [(CALL, "c-1"), ({**CALL, "id": "a b"}, None), ({**CALL, "id": 7}, None), ([], None)],
)
def test_a_call_is_known_by_its_own_id(body: object, ident: str | None) -> None:
    assert HEARING.delivery_id(delivery(body)) == ident


@pytest.mark.parametrize(
    "body",
    [
        {"event": "modified"},
        {**CALL, "vault": ""},
        {**CALL, "vault": "a b"},
        {**CALL, "paths": "a"},
    ],
)
def test_a_call_of_another_shape_is_kept_for_people(body: object) -> None:
    with pytest.raises(Unreadable):
        list(HEARING.read(delivery(body)))


def test_an_event_that_nobody_declared_is_named() -> None:
    with pytest.raises(UnsupportedEvent) as told:
        list(HEARING.read(delivery(json.encode({**CALL, "event": "dreamt"}))))
    assert told.value.kind == "dreamt"
