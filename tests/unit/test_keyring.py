"""Encrypted credentials open where they were put, with the key they were put under, and nowhere else."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec import structs

from shared.errors import ConfigError
from shared.oauth.keyring import DecryptError, Keyring, TokenSet, new_key
from shared.store.accounts import Sealed
from shared.types import Secret, Token

ANA, BEN = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
HELD = TokenSet(Token("at-secret", "rt-secret", NOW + timedelta(hours=1), ("read",)), NOW)
ONE, TWO = f"1:{new_key()}", f"2:{new_key()}"
PLACE = {"account": str(ANA), "provider": "acme", "field": "verifier"}


def ring(*keys: str) -> Keyring:
    return Keyring.parse(Secret(",".join(keys)))


def test_what_is_sealed_opens_again() -> None:
    keys = ring(ONE)
    assert keys.open_(keys.seal(b"x", **PLACE), **PLACE) == b"x"
    assert keys.open_token(ANA, "acme", keys.seal_token(ANA, "acme", HELD)) == HELD


def test_the_blob_has_the_documented_layout() -> None:
    blob = ring(TWO, ONE).seal(b"four", **PLACE)
    assert blob[:5] == b"\x01\x00\x00\x00\x02"
    assert len(blob) == 5 + 12 + 4 + 16


def test_a_known_value_opens_for_ever() -> None:
    """The format is a promise to every database out there; made once with the key 0, 1, ... 31."""
    keys = ring("7:" + b64encode(bytes(range(32))).decode())
    blob = bytes.fromhex(KNOWN)
    assert keys.open_(blob, account="a", provider="acme", field="dek") == b"known answer"


KNOWN = "01000000078acf28cca551197a913747479bb6b26354f9203806802ec86ed09cad529221f476799ef0a204f161"


def test_every_flipped_byte_is_refused() -> None:
    keys = ring(ONE)
    sealed = keys.seal_token(ANA, "acme", HELD)
    for field in ("token_ct", "dek_wrapped"):
        blob = getattr(sealed, field)
        for at in range(len(blob)):
            flipped = blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]
            with pytest.raises(DecryptError):
                keys.open_token(ANA, "acme", structs.replace(sealed, **{field: flipped}))


@pytest.mark.parametrize("cut", [0, 1, 5, 16, 17, 32])
def test_a_truncated_blob_is_refused(cut: int) -> None:
    keys = ring(ONE)
    with pytest.raises(DecryptError):
        keys.open_(keys.seal(b"x", **PLACE)[:cut], **PLACE)


@pytest.mark.parametrize(
    "moved", [{"account": str(BEN)}, {"provider": "other"}, {"field": "dek"}, {"field": "token"}]
)
def test_a_blob_in_another_place_is_refused(moved: dict[str, str]) -> None:
    keys = ring(ONE)
    with pytest.raises(DecryptError):
        keys.open_(keys.seal(b"x", **PLACE), **PLACE | moved)


def test_one_accounts_credentials_do_not_open_in_anothers_row() -> None:
    keys = ring(ONE)
    ana, ben = keys.seal_token(ANA, "acme", HELD), keys.seal_token(BEN, "acme", HELD)
    for account, sealed in (
        (BEN, ana),
        (BEN, structs.replace(ben, token_ct=ana.token_ct)),
        (BEN, structs.replace(ben, dek_wrapped=ana.dek_wrapped)),
        (ANA, Sealed(ana.dek_wrapped, ana.token_ct, 1)),
    ):
        with pytest.raises(DecryptError):
            keys.open_token(account, "acme", sealed)


def test_a_key_that_is_not_there_is_said_without_details() -> None:
    blob = ring(ONE).seal(b"x", **PLACE)
    with pytest.raises(DecryptError) as caught:
        ring(TWO).open_(blob, **PLACE)
    assert "1" not in str(caught.value)


def test_another_key_with_the_same_number_is_refused() -> None:
    blob = ring(ONE).seal(b"x", **PLACE)
    with pytest.raises(DecryptError):
        ring(f"1:{new_key()}").open_(blob, **PLACE)


def test_older_keys_still_open_and_the_first_one_seals() -> None:
    old, both = ring(ONE), ring(TWO, ONE)
    assert both.open_token(ANA, "acme", old.seal_token(ANA, "acme", HELD)) == HELD
    assert both.current_kid == 2
    assert both.seal_token(ANA, "acme", HELD).token_kid == 2


def test_equal_tokens_never_look_equal() -> None:
    keys = ring(ONE)
    first, second = (keys.seal_token(ANA, "acme", HELD) for _ in range(2))
    assert first.token_ct != second.token_ct
    assert first.dek_wrapped[17:] != second.dek_wrapped[17:]


def test_every_problem_with_the_keys_is_told_at_once_and_no_key_is() -> None:
    short = b64encode(b"short-and-secret").decode()
    with pytest.raises(ConfigError) as caught:
        ring("x:AAAA", f"1:{short}", f"0:{new_key()}", "2:***", TWO, TWO)
    assert len(caught.value.problems) == 5
    assert short not in str(caught.value)
    assert TWO.partition(":")[2] not in str(caught.value)


@pytest.mark.parametrize("text", ["", " , "])
def test_no_keys_is_a_problem_of_its_own(text: str) -> None:
    with pytest.raises(ConfigError, match="ENCRYPTION_KEYS is not set"):
        ring(text)


@pytest.mark.parametrize(
    ("life", "earliest", "latest"),
    [(3600, 3600 - 360 * 1.2, 3600 - 300 * 0.8), (86400, 86400 * 0.88, 86400 * 0.92), (60, 54, 54)],
)
def test_a_token_is_refreshed_ahead_of_its_end(life: int, earliest: float, latest: float) -> None:
    held = TokenSet(Token("at", expires_at=NOW + timedelta(seconds=life)), NOW)
    assert earliest <= (held.due - NOW).total_seconds() <= latest
    assert held.alive(NOW)
    assert held.alive(held.due)
    assert not held.alive(NOW + timedelta(seconds=life))


def test_a_token_without_an_end_is_never_due() -> None:
    held = TokenSet(Token("at"), NOW)
    assert held.alive(NOW + timedelta(days=9999))
    assert held.due > NOW + timedelta(days=9999)
