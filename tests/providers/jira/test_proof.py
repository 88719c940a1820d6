"""What is genuine: Jira's token, or the signature of a webhook that was made by hand."""

import base64
import hmac
from typing import Any

import pytest
from msgspec import json

from services.jira import proof
from services.jira.provider import provider
from shared.errors import NotGenuine
from shared.types import Delivery, Secret
from tests.providers.jira import sign
from tests.providers.jira.material import SECRET, delivery, webhook

BODY = b"Hello World!"
WORDS = "It's a Secret to Everybody"
VECTOR = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
BY_HAND = {proof.BY_HAND: Secret(WORDS)}


def carrying(token: str) -> Delivery:
    return Delivery(b"{}", {"authorization": f"Bearer {token}"})


def refused(it: Delivery, now: float = sign.NOW) -> None:
    with pytest.raises(NotGenuine):
        proof.verify([SECRET], it, now)


def test_1_a_token_of_the_client_secret_is_genuine() -> None:
    proof.verify([SECRET], delivery(webhook("issue_created")), sign.NOW)


@pytest.mark.parametrize("alg", ["none", "None", "HS512", "RS256", "hs256", "", None, 7])
def test_1_no_other_algorithm_is_taken_whatever_it_says_of_itself(alg: Any) -> None:
    refused(carrying(sign.token(SECRET, {"alg": alg, "typ": "JWT"})))


def test_1_a_token_without_a_signature_is_none() -> None:
    head, said, _ = sign.token(SECRET, {"alg": "none"}).split(".")
    for token in (f"{head}.{said}.", f"{head}.{said}", f"{head}..", "..", head):
        refused(carrying(token))


def test_1_a_public_key_is_no_secret() -> None:
    """RS256 made to be checked as HS256: the key of one is never the secret of the other."""
    refused(carrying(sign.token(b"-----BEGIN PUBLIC KEY-----")))


@pytest.mark.parametrize(
    ("claims", "good"),
    [
        ({"exp": sign.NOW - 59}, True),
        ({"exp": sign.NOW - 61}, False),
        ({"exp": None}, True),
        ({"exp": "tomorrow"}, False),
        ({"exp": -1}, False),
        ({"nbf": sign.NOW + 59}, True),
        ({"nbf": sign.NOW + 61}, False),
        ({"qsh": "context-qsh", "iss": 7}, True),
    ],
)
def test_1_a_token_whose_time_is_over_or_has_not_come_is_refused(
    claims: dict[str, Any], good: bool
) -> None:
    it = carrying(sign.token(SECRET, **claims))
    if good:
        proof.verify([SECRET], it, sign.NOW)
    else:
        refused(it)


def test_a_claim_that_is_nan_is_over() -> None:
    said = base64.urlsafe_b64encode(b'{"exp": NaN}').rstrip(b"=")
    head = base64.urlsafe_b64encode(b'{"alg":"HS256"}').rstrip(b"=")
    made = hmac.digest(SECRET, head + b"." + said, "sha256")
    token = b".".join((head, said, base64.urlsafe_b64encode(made).rstrip(b"=")))
    refused(carrying(token.decode()))


@pytest.mark.parametrize("said", [b"[]", b"null", b"no json", b"[" * 3000, b"\xff"])
def test_claims_that_are_none_prove_nothing(said: bytes) -> None:
    head = base64.urlsafe_b64encode(b'{"alg":"HS256"}').rstrip(b"=")
    body = head + b"." + base64.urlsafe_b64encode(said).rstrip(b"=")
    made = base64.urlsafe_b64encode(hmac.digest(SECRET, body, "sha256")).rstrip(b"=")
    refused(carrying((body + b"." + made).decode()))


def test_another_spelling_of_the_same_signature_is_none() -> None:
    """The last character has two bits that mean nothing."""
    token = sign.token(SECRET)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    at = alphabet.index(token[-1])
    for near in alphabet[at - at % 4 : at - at % 4 + 4].replace(token[-1], ""):
        refused(carrying(token[:-1] + near))


@pytest.mark.parametrize(
    "scheme", ["JWT ", "bearer ", "Bearer", "Bearer  ", "", "Basic ", "Bearer\t"]
)
def test_only_a_bearer_token_is_one(scheme: str) -> None:
    refused(Delivery(b"{}", {"authorization": scheme + sign.token(SECRET)}))


def by_hand(body: bytes, given: str | None, **more: str) -> None:
    headers = {} if given is None else {"x-hub-signature": given}
    proof.verifier(BY_HAND)([SECRET], Delivery(body, {**headers, **more}), sign.NOW)


def test_2_the_vector_of_a_webhook_made_by_hand() -> None:
    by_hand(BODY, VECTOR)


@pytest.mark.parametrize(
    "given",
    [
        VECTOR.upper(),
        VECTOR.removeprefix("sha256="),
        VECTOR.replace("sha256", "sha1"),
        "sha256=",
        "",
        f"{VECTOR}, {VECTOR}",
        VECTOR[:-1],
    ],
)
def test_2_another_method_or_a_broken_signature_is_refused(given: str) -> None:
    with pytest.raises(NotGenuine):
        by_hand(BODY, given)


def test_2_a_body_that_was_changed_or_a_signature_with_the_other_secret_is_refused() -> None:
    with pytest.raises(NotGenuine):
        by_hand(BODY + b" ", VECTOR)
    made = "sha256=" + hmac.new(SECRET, BODY, "sha256").hexdigest()
    with pytest.raises(NotGenuine):
        by_hand(BODY, made)


def test_2_a_bad_signature_is_not_made_good_by_a_token() -> None:
    with pytest.raises(NotGenuine):
        by_hand(BODY, "sha256=00", authorization=f"Bearer {sign.token(SECRET)}")


def test_2_without_its_secret_nothing_made_by_hand_is_taken() -> None:
    for settings in ({}, {proof.BY_HAND: Secret("")}):
        with pytest.raises(NotGenuine):
            proof.verifier(settings)([SECRET], Delivery(BODY, {"x-hub-signature": VECTOR}), 0.0)


def test_2_what_has_a_token_is_taken_beside_it() -> None:
    proof.verifier(BY_HAND)([SECRET], delivery(webhook("issue_created")), sign.NOW)
    with pytest.raises(NotGenuine):
        by_hand(BODY, None)


def test_the_token_is_proven_by_the_apps_own_secret() -> None:
    assert provider.webhook
    assert provider.webhook.secret == "JIRA_CLIENT_SECRET"
    assert json.decode(json.encode(provider.webhook.settings)) == ["JIRA_WEBHOOK_SECRET"]
