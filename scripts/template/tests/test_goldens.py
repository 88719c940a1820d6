"""Every recorded payload against the Messages it becomes; `UPDATE_EXPECTED=1` writes them anew."""

import pytest

from services.NEW_NAME.provider import provider
from services.NEW_NAME.sync import Cursor, items
from shared.normalizer import Message, Version, encode
from shared.sync.normalize import prepare
from shared.types import Page, Resource
from tests.contract.reading import Sample, data, golden, messages, samples, signed
from tests.fakes.api import Answer, FakeApi

EXPECTED = data("NEW_NAME") / "expected"
SAMPLES = samples("NEW_NAME")


@pytest.fixture
def api() -> FakeApi:
    recorded = (data("NEW_NAME") / "payloads/api/items.json").read_bytes()
    return FakeApi({("GET", "/items"): Answer(recorded)})


async def walk(api: FakeApi, at: Cursor) -> Page:
    (page,) = [it async for it in items(api, at, Resource())]
    return page


def said(page: Page) -> list[Message]:
    normalize = prepare(provider)
    return [it.message for it in map(normalize, page.records) if isinstance(it, Version)]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda it: it.path.stem)
def test_a_recorded_payload_becomes_its_golden(sample: Sample) -> None:
    found = messages(provider, signed("NEW_NAME", b"secret", sample))
    golden(EXPECTED / sample.path.name, map(encode, found))


@pytest.mark.anyio
async def test_a_recorded_answer_becomes_its_golden(api: FakeApi) -> None:
    page = await walk(api, Cursor())
    golden(EXPECTED / "api/items.json", map(encode, said(page)))


@pytest.mark.anyio
async def test_a_walk_begins_where_the_last_one_ended(api: FakeApi) -> None:
    first = await walk(api, Cursor())
    second = await walk(api, first.cursor)
    assert api.asked[-1].params["updated_since"] == "2026-03-02T10:00:00Z"
    assert second.cursor == first.cursor


@pytest.mark.anyio
async def test_both_doors_tell_the_same(api: FakeApi) -> None:
    (heard,) = messages(provider, signed("NEW_NAME", b"secret", SAMPLES[0]))
    assert heard == said(await walk(api, Cursor()))[0]
