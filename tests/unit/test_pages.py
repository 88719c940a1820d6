"""A large page is normalized without keeping the process from everything else."""

import asyncio
from uuid import uuid4

import pytest
from msgspec import Raw

from shared.store.syncs import Unit
from shared.sync import pages
from shared.sync.normalize import Ignored
from shared.types import Page, Record, Resource

pytestmark = pytest.mark.anyio


async def test_others_get_their_turn_while_a_page_is_normalized(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pages, "TURN", -1.0)  # as if every record took that long
    unit = Unit(
        account_id=uuid4(),
        stream="notes",
        resource=Resource(),
        lane="live",
        gen=1,
        cursor=None,
        walking=False,
        walk=None,
        run_id=None,
        error_count=0,
    )
    records = tuple(Record("note", Raw(b"{}")) for _ in range(10))
    done: list[str] = []

    def normalize(record: Record) -> Ignored:
        done.append("normalized")
        return Ignored("says nothing")

    async def other() -> None:
        while len(done) < 20:
            done.append("another's turn")
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    found = await pages.read(normalize, unit, [Page(records, None)], None)
    await task
    assert found.excluded["says nothing"] == 10
    assert "another's turn" in done[:10], "while records were left"
