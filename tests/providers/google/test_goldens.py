"""Every recorded thing against the Messages it becomes; `UPDATE_EXPECTED=1` writes them anew."""

from pathlib import Path

import pytest
from msgspec import convert

from services.google import gmail_normalize as gmail
from services.google.gmail_models import Mail
from shared.normalizer import encode
from tests.contract.reading import golden
from tests.providers.google.material import MAILS, mail, recorded

EXPECTED = Path(__file__).parent / "expected"
PARSED = ["message-full", "message-html-only", "message-single"]


@pytest.mark.parametrize("path", MAILS, ids=lambda it: it.stem)
def test_a_mail_becomes_its_golden(path: Path) -> None:
    golden(EXPECTED / f"mail/{path.stem}.json", [encode(gmail.mail(mail(path.read_bytes())))])


@pytest.mark.parametrize("name", PARSED)
def test_a_mail_that_gmail_parsed_becomes_its_golden(name: str) -> None:
    it = convert(recorded(name), Mail)
    golden(EXPECTED / f"api/{name}.json", [encode(gmail.mail(it))])


def test_there_are_enough_mails() -> None:
    assert len(MAILS) + len(PARSED) >= 60


def test_no_golden_is_left_behind() -> None:
    wanted = {f"mail/{it.stem}.json" for it in MAILS} | {f"api/{it}.json" for it in PARSED}
    assert {str(it.relative_to(EXPECTED)) for it in EXPECTED.rglob("*.json")} == wanted
