"""What LinkedIn delivers: its proof, its handshake, and what each notification means."""

import hashlib
import hmac
from urllib.parse import quote

import pytest
from msgspec import json

from services.linkedin import webhook
from services.linkedin.provider import provider
from shared.errors import NotGenuine, Unreadable, UnsupportedEvent
from shared.types import Delivery, Nudge, Record
from tests.contract.reading import data, messages, samples, signed

SECRET = b"client-secret-123"
EMPTY = b'{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[]}'
PROOF = "c984bdc52706aa118f091d29f17dd252130272b032f120403066c7e21ed7e9a9"
CODE = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
RESPONSE = "b044fcd5cb9f396ef4cfe9c2f2d5b802db56441c96835fcf01d86727453800c9"


@pytest.mark.parametrize("given", [PROOF, f"hmacsha256={PROOF}"], ids=["bare", "with its method"])
def test_the_method_is_part_of_what_is_signed_and_may_stand_before_the_proof(given: str) -> None:
    webhook.verify([SECRET], Delivery(EMPTY, {"x-li-signature": given}), 0)


@pytest.mark.parametrize("given", ["", PROOF.upper(), f"sha256={PROOF}", PROOF[:-1], "é"])
def test_another_proof_is_refused(given: str) -> None:
    with pytest.raises(NotGenuine):
        webhook.verify([SECRET], Delivery(EMPTY, {"x-li-signature": given}), 0)


def test_a_proof_of_the_body_alone_is_refused() -> None:
    wrong = hmac.new(SECRET, EMPTY, hashlib.sha256).hexdigest()
    with pytest.raises(NotGenuine):
        webhook.verify([SECRET], Delivery(EMPTY, {"x-li-signature": wrong}), 0)


@pytest.mark.parametrize(
    "query", [f"challengeCode={CODE}", f"applicationId=7&challengeCode={CODE}"]
)
def test_the_handshake_is_answered_with_the_current_secret(query: str) -> None:
    answer = webhook.challenge([SECRET, b"old"], Delivery(b"", {}, query, "GET"))
    assert answer is not None
    assert json.decode(answer) == {"challengeCode": CODE, "challengeResponse": RESPONSE}


@pytest.mark.parametrize(
    ("method", "query", "secrets"),
    [
        ("GET", "", [SECRET]),
        ("POST", f"challengeCode={CODE}", [SECRET]),
        ("GET", f"challengeCode={CODE}", []),
    ],
    ids=["no code", "a delivery", "no secret"],
)
def test_nothing_else_is_a_handshake(method: str, query: str, secrets: list[bytes]) -> None:
    assert webhook.challenge(secrets, Delivery(b"", {}, query, method)) is None


def test_the_handshake_signs_nothing_that_could_be_a_delivery() -> None:
    text = quote(f"hmacsha256={EMPTY.decode()}")
    assert webhook.challenge([SECRET], Delivery(b"", {}, f"challengeCode={text}", "GET")) is None


def test_a_batch_tells_each_notification_and_the_same_one_twice_is_one_message() -> None:
    (sample,) = (it for it in samples("linkedin") if it.path.stem == "batch")
    found = [*messages(provider, signed("linkedin", b"s", sample))]
    assert len(found) == 9
    assert len({it.id for it in found}) == 7


@pytest.mark.parametrize("kind", ["COMMENT", "COMMENT_EDIT", "ADMIN_COMMENT"])
def test_what_was_written_is_read_where_it_stands(kind: str) -> None:
    body = (data("linkedin") / f"payloads/webhook/{kind}.json").read_bytes()
    assert [*webhook.read(Delivery(body, {}))] == [
        Nudge(("organization:5515715",), stream="activity", resource="5515715")
    ]


def test_a_deleted_comment_is_removed_by_its_urn() -> None:
    body = (data("linkedin") / "payloads/webhook/COMMENT_DELETE.json").read_bytes()
    (told,) = webhook.read(Delivery(body, {}))
    assert isinstance(told, Record)
    assert (told.kind, told.removed) == ("comment_deleted", True)


def test_a_deletion_that_does_not_say_of_what_is_unreadable() -> None:
    body = (data("linkedin") / "payloads/webhook/COMMENT_DELETE.json").read_bytes()
    body = body.replace(b"urn:li:comment:", b"urn:li:nothing:")
    with pytest.raises(Unreadable):
        [*messages(provider, Delivery(body, {}))]


def test_an_unknown_action_keeps_nothing_of_its_batch_back() -> None:
    body = (data("linkedin") / "payloads/webhook/LIKE.json").read_bytes()
    told = json.decode(body)
    told["notifications"].append({**told["notifications"][0], "action": "WAVE"})
    first, second = webhook.read(Delivery(json.encode(told), {}))
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert (first.kind, second.kind) == ("notification", "WAVE")


@pytest.mark.parametrize(
    "body", [b"[]", b"{", b'{"type": 1}', EMPTY.replace(b"[]", b"[1]"), b"[" * 5000], ids=len
)
def test_another_shape_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        [*webhook.read(Delivery(body, {}))]


def test_another_kind_is_named() -> None:
    with pytest.raises(UnsupportedEvent, match="'X'"):
        [*webhook.read(Delivery(b'{"type": "X"}', {}))]
