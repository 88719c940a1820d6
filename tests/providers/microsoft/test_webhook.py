"""Notifications: the handshake, whose they are, what they nudge, and what nobody believes."""

from urllib.parse import quote_plus

import pytest
from msgspec import json
from msgspec.structs import replace

from services.microsoft.provider import provider
from services.microsoft.webhook import challenge, delivery_id, read, state, verify
from shared.errors import NotGenuine, Unreadable, UnsupportedEvent
from shared.types import Delivery, Nudge
from tests.contract.reading import data
from tests.providers.microsoft.sign import OID, sealed

SECRET = b"a secret"
MINE = f"user:{OID}"


def recorded(name: str) -> Delivery:
    body = (data("microsoft") / f"payloads/webhook/{name}.json").read_bytes()
    return Delivery(sealed(SECRET, body), {}, received_at=7.0)


@pytest.mark.parametrize(
    "token",
    [
        "Validation: Testing client application reachability for subscription Request-Id: 1",
        "a+b %41 &lt;script&gt; 100% é",
        "<script>alert(1)</script>",
    ],
)
def test_the_handshake_gives_the_token_back_decoded_before_anything_is_signed(token: str) -> None:
    it = Delivery(b"", {"content-type": "text/plain"}, f"validationToken={quote_plus(token)}")
    assert challenge([SECRET], it) == token.encode()
    assert challenge([], it) == token.encode()


@pytest.mark.parametrize("query", ["", "validationToken=", "other=1", "validationToken"])
def test_no_token_is_no_handshake(query: str) -> None:
    assert challenge([SECRET], Delivery(b"{}", {}, query)) is None


def test_only_a_post_is_a_handshake() -> None:
    assert challenge([SECRET], Delivery(b"", {}, "validationToken=x", method="GET")) is None


def test_a_state_says_whose_it_is_and_fits_into_what_graph_takes() -> None:
    longest = max(map(len, (it.name for it in provider.subscriptions)))
    assert len(state(SECRET, "x" * longest, OID)) <= 128
    text, _, proof = state(SECRET, "mail", OID).rpartition(":")
    assert (text, len(proof)) == (f"mail:{OID}", 64)


def test_one_wrong_state_among_many_refuses_them_all() -> None:
    good = recorded("mail.mixed")
    verify([SECRET], good, 0.0)
    told = json.decode(good.body)
    for wrong in ("", "mail", f"mail:{OID}:00", state(b"other", "mail", OID)):
        told["value"][1]["clientState"] = wrong
        with pytest.raises(NotGenuine):
            verify([SECRET], replace(good, body=json.encode(told)), 0.0)


def test_a_state_of_one_account_proves_nothing_about_another() -> None:
    proof = state(SECRET, "mail", OID).rpartition(":")[2]
    body = {"value": [{"changeType": "created", "clientState": f"mail:somebody-else:{proof}"}]}
    with pytest.raises(NotGenuine):
        verify([SECRET], Delivery(json.encode(body), {}), 0.0)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"value": []}', b'{"value": 1}', b"[]", b"\xff"])
def test_what_holds_no_notification_is_not_genuine(body: bytes) -> None:
    with pytest.raises(NotGenuine):
        verify([SECRET], Delivery(body, {}), 0.0)


@pytest.mark.parametrize("name", ["mail.created", "mail.updated", "mail.deleted"])
def test_a_change_is_a_nudge(name: str) -> None:
    assert list(read(recorded(name))) == [Nudge((MINE,), "messages")]


def test_a_lifecycle_notification_looks_after_its_subscription_or_closes_the_gap() -> None:
    assert list(read(recorded("lifecycle.missed"))) == [Nudge((MINE,), "messages")]
    for name in ("reauthorizationRequired", "subscriptionRemoved"):
        wanted = Nudge((MINE,), "messages", subscription="mail")
        assert list(read(recorded(f"lifecycle.{name}"))) == [wanted]


def test_many_notifications_of_one_thing_are_one_nudge() -> None:
    wanted = [Nudge((MINE,), "messages"), Nudge((MINE,), "messages", subscription="mail")]
    assert list(read(recorded("mail.mixed"))) == wanted


def test_a_subscription_of_another_name_is_a_letter_for_people() -> None:
    body = {"value": [{"changeType": "created", "clientState": f"presence:{OID}:x"}]}
    with pytest.raises(Unreadable):
        list(read(Delivery(json.encode(body), {})))


@pytest.mark.parametrize("facts", [{}, {"changeType": "x"}, {"lifecycleEvent": "created"}])
def test_a_word_that_nobody_declared_is_unsupported(facts: dict[str, str]) -> None:
    body = {"value": [{**facts, "clientState": f"mail:{OID}:x"}]}
    with pytest.raises(UnsupportedEvent):
        list(read(Delivery(json.encode(body), {})))


def test_twins_are_known_by_their_versions_and_others_are_never_taken_for_twins() -> None:
    assert delivery_id(recorded("mail.created")) is None
    without = recorded("lifecycle.missed")
    first, second = delivery_id(without), delivery_id(replace(without, received_at=8.0))
    assert first
    assert second
    assert first != second
    assert delivery_id(Delivery(b"nothing", {})) is None
