"""Text, properties and files: what is odd, unknown, or cut off on the way."""

import pytest

from services.notion import properties
from services.notion.models import Address, dashed
from services.notion.text import file_name
from shared.normalizer import Message, encode
from tests.providers.notion.material import recorded, said, walk

pytestmark = pytest.mark.anyio

PAGE = "1f0a0000-0000-4000-8000-000000000001"


async def message(name: str) -> Message:
    it = recorded(name)
    return said(await walk("content", it.api, it.walked))[0]


async def test_10_the_title_is_found_by_its_kind_however_it_is_called() -> None:
    assert (await message("row_unknown_property")).title == "Umbenannt"
    assert (await message("page_untitled")).title == ""
    assert (await message("page_title_of_runs")).title == "Plan Q1x^2 2026-01-01"


async def test_15_what_is_unknown_is_left_out_and_what_stands_beside_it_is_told() -> None:
    block = await message("page_unknown_blocks")
    assert block.content.startswith("From the future\n\n  inside")
    assert (await message("row_unknown_property")).content == ""
    assert "@Ghost" in (await message("page_mentions")).content


async def test_16_the_signature_of_a_files_address_makes_no_new_version() -> None:
    it = recorded("page_media")
    before = [encode(one) for one in said(await walk("content", it.api, it.walked))]
    rows = it.answers[f"GET /blocks/{PAGE}/children"]["results"]
    for row in rows:
        if "file" in (inside := row[row["type"]]):
            inside["file"]["url"] = inside["file"]["url"].replace("Signature=00", "Signature=ff")
            inside["file"]["expiry_time"] = "2026-01-05T10:12:00.000Z"
    assert [encode(one) for one in said(await walk("content", it.api, it.walked))] == before
    assert b"amazonaws" not in b"".join(before)


async def test_24_days_stay_days_and_zones_are_named() -> None:
    told = (await message("row_dates")).content.splitlines()
    assert told == [
        "Day: 2026-02-01",
        "Offset: 2026-02-01T09:00:00.000+01:00 – 2026-02-01T10:00:00.000+01:00",  # noqa: RUF001 - a range
        "Zone: 2026-02-01T09:00:00.000 Europe/Berlin",
    ]


async def test_properties_that_a_page_cuts_are_read_whole() -> None:
    it = recorded("row_cut_properties")
    api = it.api
    (told,) = said(await walk("content", api, it.walked))
    assert len(told.mentions) == 27
    assert "a" * 30 in told.content
    asked = [call.path for call in api.asked if "/properties/" in call.path]
    assert asked == [f"/pages/{PAGE}/properties/{one}" for one in ("T%3Am", "T%3Am", "tx")]


ODD: list[object] = [
    None,
    1,
    "text",
    [],
    [1],
    {},
    {"name": None},
    {"type": "number"},
    True,
    [{"id": {}}],
]
KINDS = sorted({*properties._SAY, "button", "hologram"})


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("kind", KINDS)
def test_a_property_of_any_shape_is_text_or_nothing(kind: str, odd: object) -> None:
    it = {"id": "x", "type": kind, kind: odd}
    assert isinstance(properties.told({"A": {"type": odd}, "B": it}, {}), dict)
    assert isinstance(properties.value(it, {}), str)
    assert isinstance(properties.title_of({"A": it}), str)
    for found in (properties.users, properties.files, properties.runs):
        assert len(list(found({"A": it}))) <= 1


def test_ids_are_dashed_and_what_is_none_stays() -> None:
    assert dashed(PAGE.replace("-", "").upper()) == dashed(PAGE) == PAGE
    assert [dashed(it) for it in ("", "short", "z" * 31, "é" * 32)][:3] == ["", "short", "z" * 31]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://x.example/a%20b.pdf?sig=1", "a b.pdf"),
        ("https://x.example/", ""),
        ("https://[broken", ""),
        ("", ""),
    ],
)
def test_a_file_is_called_by_the_end_of_its_path(url: str, name: str) -> None:
    assert file_name(Address(url)) == name
