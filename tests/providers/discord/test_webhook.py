"""Events and commands: what proves them, how they are answered, whom they concern."""

from typing import Any

import pytest
from msgspec import json

from services.discord import webhook as hearing
from services.discord.provider import provider
from shared.errors import NotGenuine, Unreadable, UnsupportedEvent
from shared.types import Delivery, Nudge, Receipt, Record
from tests.providers.discord.material import GUILD, HEARING, MIA, SECRET, delivery, read, webhook

KEY = b"03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
SIGNED = (
    "c1098e97d711377f30225d53d94b89d43537f92e5b3afaddc590781b1f9f9d4b"
    "2eeab335d370be3b9a090bc61a85b86448bc140dcd195f1569c2bff181257607"
)
AT = "1700000000"


def prove(
    given: str | None = SIGNED,
    stated: str | None = AT,
    body: bytes = b'{"type":1}',
    now: float = 1_700_000_000.0,
    keys: tuple[bytes, ...] = (KEY,),
) -> None:
    headers = {"x-signature-ed25519": given, "x-signature-timestamp": stated}
    told = {name: it for name, it in headers.items() if it is not None}
    hearing.verify(keys, Delivery(body, told), now)


def test_1_the_vector_is_genuine_with_any_of_the_live_keys() -> None:
    prove()
    prove(keys=(b"0" * 64, KEY))
    prove(keys=(b"no key at all", "é".encode(), KEY))
    prove(now=1_700_000_299.0)


WRONG: dict[str, dict[str, Any]] = {
    "no signature": {"given": None},
    "no timestamp": {"stated": None},
    "upper case": {"given": SIGNED.upper()},
    "too short": {"given": SIGNED[:-2]},
    "another body": {"body": b'{"type":2}'},
    "another timestamp": {"stated": "1700000001"},
    "a signed timestamp": {"stated": "-1700000000"},
    "an endless timestamp": {"stated": "1" * 400},
    "no key": {"keys": ()},
    "an empty key": {"keys": (b"",)},
    "another key": {"keys": (b"00" * 32,)},
    "too old": {"now": 1_700_000_301.0},
    "from the future": {"now": 1_699_999_699.0},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_1_what_is_a_little_different_is_not(wrong: dict[str, Any]) -> None:
    with pytest.raises(NotGenuine):
        prove(**wrong)


def test_what_is_old_and_forged_is_called_forged() -> None:
    with pytest.raises(NotGenuine, match="signature"):
        prove(given="0" * 128, now=2_000_000_000.0)


ANSWERS: dict[str, Receipt] = {
    "ping": Receipt(204),
    "APPLICATION_DEAUTHORIZED": Receipt(204),
    "ENTITLEMENT_CREATE": Receipt(204),
    "interaction.ping": Receipt(200, b'{"type":1}'),
    "interaction.autocomplete": Receipt(200, b'{"type":8,"data":{"choices":[]}}'),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_2_each_kind_is_answered_as_documented(name: str) -> None:
    assert hearing.receipt(delivery(webhook(name))) == ANSWERS[name]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("interaction.message", "Noted."),
        ("interaction.message_direct", "only takes"),
        ("interaction.slash", "only takes"),
        ("interaction.component", "only takes"),
        ("interaction.modal", "only takes"),
    ],
)
def test_whoever_gives_a_command_is_answered_at_once_and_alone(name: str, says: str) -> None:
    body = json.decode(hearing.receipt(delivery(webhook(name))).body)
    assert says in body["data"]["content"]
    assert (body["type"], body["data"]["flags"]) == (4, 64)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"type":"x"}', b"[" * 99_999])
def test_an_odd_body_is_answered_all_the_same(body: bytes) -> None:
    assert hearing.receipt(Delivery(body, {})).status == 204


def test_3_a_command_is_known_by_its_id_and_an_event_by_its_bytes() -> None:
    command = webhook("interaction.message")
    first, again = delivery(command), delivery({**command, "locale": "en"})
    assert (
        HEARING.delivery_id(first) == HEARING.delivery_id(again) == f"interaction:{command['id']}"
    )
    assert HEARING.delivery_id(delivery(webhook("APPLICATION_AUTHORIZED.user"))) is None


def test_4_who_takes_consent_back_concerns_every_server_that_they_connected() -> None:
    assert read(webhook("APPLICATION_DEAUTHORIZED")) == [Nudge((f"user:{MIA}",), "channels")]


def test_who_consents_anew_concerns_the_server_and_themselves() -> None:
    (told,) = read(webhook("APPLICATION_AUTHORIZED.guild"))
    assert told == Nudge((f"guild:{GUILD}", f"user:{MIA}"), "channels")


def test_pings_say_nothing() -> None:
    assert read(webhook("ping")) == read(webhook("interaction.ping")) == []


def test_a_message_that_is_handed_over_belongs_to_its_server() -> None:
    (told,) = read(webhook("interaction.message"))
    assert isinstance(told, Record)
    assert (told.kind, told.routes, told.removed) == ("message", (f"guild:{GUILD}",), False)


def test_what_the_app_said_itself_is_not_told_again() -> None:
    (told,) = read(webhook("interaction.message_own"))
    assert isinstance(told, Record)
    assert told.kind == "message.own"


IGNORED = [
    "interaction.slash",
    "interaction.user",
    "interaction.component",
    "interaction.autocomplete",
    "interaction.modal",
    "interaction.message_direct",
    "LOBBY_MESSAGE_DELETE",
    "QUEST_USER_ENROLLMENT",
]


@pytest.mark.parametrize("name", IGNORED)
def test_what_is_not_listened_to_is_dropped_by_name(name: str) -> None:
    (told,) = read(webhook(name))
    assert isinstance(told, Record)
    assert told.kind in provider.ignored


@pytest.mark.parametrize(
    "change",
    [
        {"resolved": {}},
        {"resolved": {"messages": {}}},
        {"target_id": None},
        {"resolved": {"messages": {"1457628800000000001": {"id": 5}}}},
    ],
)
def test_a_command_without_its_message_is_unreadable(change: dict[str, Any]) -> None:
    body = webhook("interaction.message")
    body["data"] |= change
    with pytest.raises(Unreadable):
        read(body)


def test_a_kind_of_interaction_that_is_new_is_unsupported() -> None:
    with pytest.raises(UnsupportedEvent) as found:
        read({**webhook("interaction.modal"), "type": 9})
    assert found.value.kind == "interaction.9"


@pytest.mark.parametrize("now", [-301.0, 301.0])
def test_the_window_is_five_minutes_either_way(now: float) -> None:
    it = delivery(webhook("ping"))
    with pytest.raises(NotGenuine):
        HEARING.verify([SECRET], it, it.received_at + now)
