"""Every recorded thing against the Messages it becomes; `UPDATE_EXPECTED=1` writes them anew."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import convert

from services.google import calendar_sync, drive_sync
from services.google import gmail_normalize as gmail
from services.google.gmail_models import Mail
from shared.normalizer import encode
from shared.types import Page, Resource
from tests.contract.reading import golden
from tests.fakes.api import Answer, FakeApi
from tests.providers.google.material import MAILS, mail, recorded, said

NOW = datetime(2026, 11, 22, tzinfo=UTC)
EXPECTED = Path(__file__).parent / "expected"
PARSED = ["message-full", "message-html-only", "message-single"]


@pytest.mark.parametrize("path", MAILS, ids=lambda it: it.stem)
def test_a_mail_becomes_its_golden(path: Path) -> None:
    golden(EXPECTED / f"mail/{path.stem}.json", [encode(gmail.mail(mail(path.read_bytes())))])


@pytest.mark.parametrize("name", PARSED)
def test_a_mail_that_gmail_parsed_becomes_its_golden(name: str) -> None:
    it = convert(recorded(name), Mail)
    golden(EXPECTED / f"api/{name}.json", [encode(gmail.mail(it))])


async def _events() -> list[Page]:
    calendar = Resource("sam@acme.test")
    api = FakeApi({("GET", calendar_sync.events_of(calendar.id)): Answer(recorded("events"))})
    walking = calendar_sync.events(api, calendar_sync.Sync(), calendar, lambda: NOW)
    return [page async for page in walking]


async def _changes() -> list[Page]:
    api = FakeApi(
        {
            ("GET", drive_sync.CHANGES): Answer(recorded("changes")),
            ("GET", f"{drive_sync.FILES}/1Doc/export"): Answer(b"\xef\xbb\xbfThe plan\r\nin words"),
        }
    )
    walking = drive_sync.files(api, drive_sync.Walk(changes="8800"), Resource(), lambda: NOW)
    return [page async for page in walking]


@pytest.mark.anyio
@pytest.mark.parametrize(("name", "walk"), [("events", _events), ("changes", _changes)])
async def test_a_recorded_answer_becomes_its_golden(
    name: str, walk: Callable[[], Awaitable[list[Page]]]
) -> None:
    golden(EXPECTED / f"api/{name}.json", [encode(it) for it in said(await walk())])


def test_there_is_enough_of_everything() -> None:
    assert len(MAILS) + len(PARSED) >= 60
    assert len(recorded("events")["items"]) >= 30
    assert len(recorded("changes")["changes"]) >= 20


def test_no_golden_is_left_behind() -> None:
    wanted = {f"mail/{it.stem}.json" for it in MAILS}
    wanted |= {f"api/{it}.json" for it in (*PARSED, "events", "changes")}
    assert {str(it.relative_to(EXPECTED)) for it in EXPECTED.rglob("*.json")} == wanted
