"""What proves a delivery: the signature where there is a signing token, else the bare secret."""

from typing import Any

import pytest

from services.gitlab import proof
from shared.errors import NotGenuine
from shared.types import Delivery
from tests.providers.gitlab import sign

BODY = b'{"object_kind":"push"}'
TOKEN = b"whsec_dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q="
STAMP = 1_767_225_600
KNOWN = {
    "webhook-id": "f5e5f430-f57b-4e6e-9fac-d9128cd7232f",
    "webhook-timestamp": str(STAMP),
    "webhook-signature": "v1,Z+TZ/7ZajOTsy7bHM+h4i59G6v4kjL/E1dgnWOBRNfw=",
}
GOOD = KNOWN["webhook-signature"]
OTHER = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


def check(*secrets: bytes, now: float = STAMP, body: bytes = BODY, **headers: str) -> None:
    given = KNOWN | {name.replace("_", "-"): it for name, it in headers.items()}
    proof.verify(secrets, Delivery(body, given), now)


def refused(*secrets: bytes, **facts: Any) -> None:
    with pytest.raises(NotGenuine):
        check(*secrets, **facts)


def test_the_known_answer_is_accepted() -> None:
    check(TOKEN)


@pytest.mark.parametrize("given", [f"{OTHER} {GOOD}", f"{GOOD} {OTHER}", f"{GOOD} {GOOD}"])
def test_2_of_two_signatures_one_good_one_is_enough(given: str) -> None:
    check(TOKEN, webhook_signature=given)


@pytest.mark.parametrize(
    "given",
    [
        "",
        OTHER,
        GOOD[3:],
        f"v2{GOOD[2:]}",
        f"v1a{GOOD[2:]}",
        f" {GOOD}",
        f"{GOOD} ",
        f"{GOOD}\n",
        f"{GOOD},{GOOD}",
        f"{GOOD}  {GOOD}",
        f"{GOOD} junk",
        f"{GOOD}=",
        GOOD[:-1],
        "v1,not base64!",
        "v1,",
        "v1,é",
        " ".join([OTHER] * 8 + [GOOD]),
    ],
)
def test_2_any_other_signature_is_refused(given: str) -> None:
    refused(TOKEN, webhook_signature=given)


def test_2_a_stale_or_odd_time_is_refused() -> None:
    for now in (STAMP + 299, STAMP - 299):
        check(TOKEN, now=now)
    for now in (STAMP + 301, STAMP - 301):
        refused(TOKEN, now=now)
    for odd in ("", "-1", "1e9", "nan", "inf", "１", f"{STAMP}.0", "9" * 13):  # noqa: RUF001
        refused(TOKEN, webhook_timestamp=odd)


def test_the_id_the_time_and_the_body_are_all_signed() -> None:
    refused(TOKEN, body=BODY + b" ")
    refused(TOKEN, webhook_id="f5e5f430")
    refused(TOKEN, webhook_id="")
    refused(TOKEN, webhook_timestamp=str(STAMP + 1))


@pytest.mark.parametrize("token", [b"whsec_", b"whsec_!", b"whsec_AAA", b"whsec_\xff"])
def test_a_signing_token_that_is_none_proves_nothing(token: bytes) -> None:
    headers = sign.sign(b"", BODY, {"idempotency-key": "a"}, STAMP)
    with pytest.raises(NotGenuine):
        proof.verify([token], Delivery(BODY, headers), STAMP)
    refused(token, x_gitlab_token=token.decode("latin-1"))


def test_1_the_bare_secret_is_compared_whole() -> None:
    only = {"webhook-signature": ""}
    del only["webhook-signature"]
    for given in ("plain", "plain ", "Plain", "plai", "", "é"):
        it = Delivery(BODY, {sign.TOKEN: given})
        if given == "plain":
            proof.verify([b"plain"], it, STAMP)
            continue
        with pytest.raises(NotGenuine):
            proof.verify([b"plain"], it, STAMP)
    with pytest.raises(NotGenuine):
        proof.verify([b"plain"], Delivery(BODY, {}), STAMP)


def test_3_of_a_hook_with_both_secrets_the_one_that_we_have_counts() -> None:
    check(b"plain", x_gitlab_token="plain", webhook_signature=OTHER)
    check(TOKEN, x_gitlab_token="guessed")
    refused(TOKEN, x_gitlab_token="plain", webhook_signature=OTHER)


def test_3_a_signing_token_cannot_be_got_round_by_leaving_the_signature_out() -> None:
    headers = {sign.TOKEN: TOKEN.decode()}
    with pytest.raises(NotGenuine):
        proof.verify([TOKEN], Delivery(BODY, headers), STAMP)


def test_while_a_bare_secret_gives_way_to_a_signing_token_both_are_good() -> None:
    both = (TOKEN, b"plain")
    check(*both)
    proof.verify(both, Delivery(BODY, {sign.TOKEN: "plain"}), STAMP)
    refused(*both, webhook_signature=OTHER, x_gitlab_token="plain")


def delivery_id(**headers: str) -> str | None:
    return proof.delivery_id(
        Delivery(BODY, {name.replace("_", "-"): it for name, it in headers.items()})
    )


def test_4_a_delivery_is_known_by_its_idempotency_key() -> None:
    assert delivery_id(idempotency_key="a", x_gitlab_event_uuid="e") == "a"
    assert delivery_id(webhook_id="a") == "a"


def test_4_on_an_older_server_by_its_event_and_what_it_says() -> None:
    """Hooks that a hook has set off share the event."""
    first = delivery_id(x_gitlab_event_uuid="e")
    other = proof.delivery_id(Delivery(BODY + b" ", {"x-gitlab-event-uuid": "e"}))
    assert first
    assert other
    assert first != other
    assert first.startswith("e:")


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 101, "a\n"])
def test_an_odd_id_is_none(key: str) -> None:
    assert delivery_id(idempotency_key=key) is None
    assert delivery_id(x_gitlab_event_uuid=key) is None


OURS, THEIRS = "project=gitlab.com:42", "project=gitlab.com:43"


@pytest.mark.parametrize("secret", [TOKEN, b"plain"])
def test_a_project_s_hook_proves_what_it_says_for_its_own_project_alone(secret: bytes) -> None:
    own = proof.own(secret, "gitlab.com:42")
    headers = sign.sign(proof._key(own), BODY, {"idempotency-key": "a"}, STAMP)
    headers[sign.TOKEN] = own.decode()
    proof.verify([b"other", secret], Delivery(BODY, headers, OURS), STAMP)
    for query in ("", THEIRS, "project=", f"{OURS}&{THEIRS}", f"{THEIRS}&{OURS}", "project=x"):
        with pytest.raises(NotGenuine):
            proof.verify([b"other", secret], Delivery(BODY, headers, query), STAMP)


@pytest.mark.parametrize("secret", [b"", b"whsec_", b"whsec_!"])
def test_of_no_secret_no_project_has_one(secret: bytes) -> None:
    assert proof.own(secret, "gitlab.com:42") == b""
    for key in (b"", b"project gitlab.com:42"):
        headers = sign.sign(key, BODY, {"idempotency-key": "a"}, STAMP) | {sign.TOKEN: ""}
        with pytest.raises(NotGenuine):
            proof.verify([secret], Delivery(BODY, headers, OURS), STAMP)


def test_our_own_secret_does_not_open_a_project_s_address() -> None:
    with pytest.raises(NotGenuine):
        proof.verify([TOKEN], Delivery(BODY, KNOWN, OURS), STAMP)
