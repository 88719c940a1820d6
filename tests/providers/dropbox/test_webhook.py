"""Notifications: what proves them, the handshake, and whose files they send a walk to."""

from typing import Any

import pytest
from msgspec import json

from services.dropbox.provider import provider
from shared.errors import NotGenuine, Unreadable, UnsupportedEvent
from shared.types import Delivery, Nudge
from tests.contract.reading import data
from tests.providers.dropbox.material import ANA

BO = "dbid:AAEufNrMPSPe0dMQijRP0N_aZtBJRm26W4Q"
VECTORS = [
    (
        b"the_secret",
        b'{"delta": {"users": [12345]}}',
        "0a8c16b085420b960dc78664279fe09e936a2a01b1f91064869d9e77dfd64529",
    ),
    (
        b"appsecret",
        b'{"list_folder":{"accounts":["dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc"]},"delta":{"users":[12345678]}}',
        "a3033e3659e89e8d72ce584ce1972e2068468c1b4e4e5f102c11e1ef4f398dea",
    ),
]
assert provider.webhook
HEARING = provider.webhook
assert HEARING.challenge


def prove(secret: bytes, body: bytes, given: str | None) -> None:
    headers = {} if given is None else {"x-dropbox-signature": given}
    HEARING.verify([secret], Delivery(body, headers), 0.0)


@pytest.mark.parametrize(("secret", "body", "proof"), VECTORS, ids=["old", "new"])
def test_1_the_vectors_are_genuine_and_what_is_a_little_different_is_not(
    secret: bytes, body: bytes, proof: str
) -> None:
    prove(secret, body, proof)
    for wrong in (None, "", proof.upper(), proof[:-1], f"sha256={proof}", proof[::-1]):
        with pytest.raises(NotGenuine):
            prove(secret, body, wrong)
    with pytest.raises(NotGenuine):
        prove(b"another secret", body, proof)
    with pytest.raises(NotGenuine):
        prove(secret, body.replace(b"5", b"6"), proof)


def challenged(query: str, method: str = "GET") -> bytes | None:
    assert HEARING.challenge
    return HEARING.challenge([b"s"], Delivery(b"", {}, query, method))


def test_2_the_challenge_comes_back_as_it_is_and_nothing_else_does() -> None:
    assert challenged("challenge=abc-123_X") == b"abc-123_X"
    assert challenged("x=1&challenge=a%3Cb%3E") == b"a<b>", "as plain text, which no browser runs"
    for query in ("", "challenge=", "challenge", "other=abc", f"challenge={'a' * 513}"):
        assert challenged(query) is None
    for odd in ("challenge=a%0d%0ab", "challenge=%00", "challenge=%ff", "challenge=%C3%BC"):
        assert challenged(odd) is None
    assert challenged("challenge=abc", "POST") is None


def read(body: Any) -> list[Any]:
    raw = body if isinstance(body, bytes) else json.encode(body)
    return list(HEARING.read(Delivery(raw, {})))


def recorded(name: str) -> bytes:
    return (data("dropbox") / f"payloads/webhook/{name}.json").read_bytes()


def test_3_each_account_is_looked_at_once() -> None:
    ana, bo = Nudge((f"account:{ANA}",), "files"), Nudge((f"account:{BO}",), "files")
    assert read(recorded("two")) == [ana, bo]
    assert read(recorded("twice")) == [ana]
    assert read(recorded("more")) == [ana]


def test_old_ids_say_nothing_that_is_not_said_otherwise() -> None:
    assert read(recorded("delta_alone")) == read(recorded("nobody")) == []


def test_all_news_of_an_account_look_alike_and_are_no_twins() -> None:
    body = recorded("one")
    first, second = (HEARING.delivery_id(Delivery(body, {}, received_at=at)) for at in (1.0, 2.5))
    assert first != second
    assert first == HEARING.delivery_id(Delivery(body, {}, received_at=1.0))


BAD: list[Any] = [
    b"",
    b"[]",
    b"null",
    b"{",
    b"\xff",
    {},
    {"list_folder": None},
    {"list_folder": {"accounts": "dbid:A"}},
    {"list_folder": {"accounts": [1]}},
    {"list_folder": {"accounts": ["12345"]}},
    {"list_folder": {"accounts": ["dbid:"]}},
    {"list_folder": {"accounts": ["dbid:a b"]}},
    {"list_folder": {"accounts": [f"dbid:{'a' * 101}"]}},
    {"list_folder": {"accounts": ["dbid:AAA\n"]}},
]


@pytest.mark.parametrize("body", BAD, ids=range(len(BAD)))
def test_what_has_not_the_documented_shape_is_unreadable(body: Any) -> None:
    with pytest.raises(Unreadable):
        read(body)


def test_a_notification_of_tomorrow_is_named() -> None:
    with pytest.raises(UnsupportedEvent) as refused:
        read({"paper": {"docs": []}})
    assert refused.value.kind == "paper"
