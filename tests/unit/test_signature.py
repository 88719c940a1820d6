"""The proofs that every webhook stands on."""

import base64
import hashlib
import hmac

import pytest

from shared.errors import NotGenuine
from shared.webhook.signature import (
    ed25519_hex,
    fresh,
    hmac_sha256_base64,
    hmac_sha256_hex,
    token,
)

SECRET = b"It's a Secret to Everybody"
BODY = b"Hello, World!"
KNOWN = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_the_published_answer_is_accepted() -> None:
    hmac_sha256_hex([SECRET], BODY, KNOWN)
    hmac_sha256_hex([SECRET], BODY, "sha256=" + KNOWN, prefix="sha256=")
    hmac_sha256_base64([SECRET], BODY, base64.b64encode(bytes.fromhex(KNOWN)).decode())


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        KNOWN,
        "sha256=",
        "sha1=" + KNOWN,
        "SHA256=" + KNOWN,
        "sha256=" + KNOWN.upper(),
        "sha256=" + KNOWN[:-1],
        "sha256=" + KNOWN + "0",
        " sha256=" + KNOWN,
        "sha256=" + KNOWN + "\n",
        "sha256=" + KNOWN + ", sha256=" + KNOWN,
        "sha256=" + "0" * 64,
        "sha256=" + "é" * 64,
        "sha256=\udce9",
    ],
)
def test_anything_but_the_exact_header_is_refused(given: str | None) -> None:
    with pytest.raises(NotGenuine):
        hmac_sha256_hex([SECRET], BODY, given, prefix="sha256=")


def test_base64_is_as_strict() -> None:
    proof = base64.b64encode(bytes.fromhex(KNOWN)).decode()
    for given in (None, "", proof.rstrip("="), proof + " ", "é"):
        with pytest.raises(NotGenuine):
            hmac_sha256_base64([SECRET], BODY, given)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_each_live_secret_is_enough(place: int) -> None:
    secrets = [b"older", b"newer"]
    secrets.insert(place, SECRET)
    hmac_sha256_hex(secrets, BODY, KNOWN)


def test_no_secret_proves_nothing() -> None:
    with pytest.raises(NotGenuine):
        hmac_sha256_hex([], BODY, KNOWN)


def test_an_empty_secret_proves_nothing() -> None:
    signed = hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    for secrets in ([b""], [b"", SECRET], [SECRET, b""]):
        with pytest.raises(NotGenuine):
            hmac_sha256_hex(secrets, BODY, signed)


def test_the_raw_bytes_are_signed_whatever_they_are() -> None:
    body = "Grüße\x00\ud83d".encode("utf-16", "surrogatepass")
    hmac_sha256_hex([SECRET], body, hmac.new(SECRET, body, hashlib.sha256).hexdigest())


def test_another_body_is_refused() -> None:
    with pytest.raises(NotGenuine):
        hmac_sha256_hex([SECRET], BODY + b" ", KNOWN)


def test_a_delivery_is_fresh_on_both_sides_of_now() -> None:
    fresh(1000.0, 1300.0, within=300)
    fresh(1300.0, 1000.0, within=300)


@pytest.mark.parametrize("stamp", [999.9, 1600.1, float("nan"), float("inf")])
def test_a_stale_or_impossible_time_is_refused(stamp: float) -> None:
    with pytest.raises(NotGenuine):
        fresh(stamp, 1300.0, within=300)


def test_a_bare_secret_is_compared_whole() -> None:
    token([b"older", SECRET], SECRET.decode())
    for given in (None, "", "It's a Secret", SECRET.decode() + " ", "é", "\ud800"):
        with pytest.raises(NotGenuine):
            token([b"older", SECRET], given)


@pytest.mark.parametrize("secrets", [[], [b""], [b"", b"another"]])
def test_no_secret_is_no_bare_secret(secrets: list[bytes]) -> None:
    for given in (None, "", "older"):
        with pytest.raises(NotGenuine):
            token(secrets, given)


# RFC 8032, section 7.1, test 2
ED25519_KEY = b"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
ED25519_PROOF = (
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def test_the_published_ed25519_answer_is_accepted_with_any_live_key() -> None:
    for keys in (
        [ED25519_KEY],
        [b"", ED25519_KEY],
        [ED25519_KEY, b"no key"],
        [b"0" * 64, ED25519_KEY],
    ):
        ed25519_hex(keys, b"\x72", ED25519_PROOF)


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        ED25519_PROOF.upper(),
        ED25519_PROOF[:-2],
        ED25519_PROOF + "00",
        ED25519_PROOF + "\n",
        " " + ED25519_PROOF,
        ED25519_PROOF[:-1] + "1",
        "0" * 128,
        "\uff11" * 128,
    ],
)
def test_anything_but_the_exact_ed25519_proof_is_refused(given: str | None) -> None:
    with pytest.raises(NotGenuine):
        ed25519_hex([ED25519_KEY], b"\x72", given)


def test_no_ed25519_key_proves_nothing() -> None:
    for keys in ([], [b""], [b"no key"], [ED25519_KEY[:-2]], [b"0" * 64], [b"\xff" * 64]):
        with pytest.raises(NotGenuine):
            ed25519_hex(keys, b"\x72", ED25519_PROOF)
    with pytest.raises(NotGenuine):
        ed25519_hex([ED25519_KEY], b"\x73", ED25519_PROOF)
