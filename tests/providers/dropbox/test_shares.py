"""What is shared: listed whole every time, folders before files."""

from typing import Any

import pytest

from services.dropbox.dialect import Forgotten
from services.dropbox.shares import TIMELESS, Walk, proves, shares
from shared.errors import Refused, Unavailable
from shared.types import Page, Resource
from tests.fakes.api import FakeApi
from tests.providers.dropbox import material as its
from tests.providers.dropbox.material import recorded, said

pytestmark = pytest.mark.anyio

FOLDERS, FILES = "/2/sharing/list_folders", "/2/sharing/list_received_files"


def sharing(**answers: Any) -> FakeApi:
    """Two pages of folders and one of files, or what is said instead."""
    found = {
        "folders": recorded("api/list_folders"),
        "more": {"entries": [recorded("share/inside")]},
        "files": recorded("api/list_received_files"),
        **answers,
    }
    paths = {"folders": FOLDERS, "more": f"{FOLDERS}/continue", "files": FILES}
    return FakeApi({("POST", path): found[name] for name, path in paths.items()})


async def walk(api: FakeApi, at: Walk | None = None) -> list[Page]:
    return [page async for page in shares(api, at or Walk(), Resource())]


async def test_folders_then_files_are_listed_and_each_walk_proves_what_is_gone() -> None:
    api = sharing()
    pages = await walk(api)
    assert [it.id for it in said(pages)] == [
        "share:84528192421",
        "share:84528192422",
        "share:id:3kmLmQFnf1AAAAAAAAAAAw",
    ]
    assert [it.cursor for it in pages] == [
        Walk(next="AAFmore"),
        Walk("files"),
        Walk(known=True),
    ]
    assert [proves(it.cursor) for it in pages] == [False, False, True]
    assert pages[-1].excluded == {TIMELESS: 1}
    assert [its.arg(it) for it in api.asked] == [
        {"limit": 1000},
        {"cursor": "AAFmore"},
        {"limit": 300},
    ]
    assert said(await walk(api, pages[-1].cursor)) == said(pages)


async def test_a_walk_goes_on_where_it_was() -> None:
    api = sharing()
    assert len(await walk(api, Walk("files", known=True))) == 1
    assert [it.path for it in api.asked] == [FILES]


async def test_an_app_that_may_not_see_shares_sees_none_and_one_that_might_loses_none() -> None:
    assert await walk(sharing(folders=Refused())) == []
    with pytest.raises(Refused):
        await walk(sharing(folders=Refused()), Walk(known=True))
    with pytest.raises(Unavailable):
        await walk(sharing(files=Unavailable()))


async def test_a_place_that_was_forgotten_begins_its_part_anew_and_only_once() -> None:
    pages = await walk(sharing(more=Forgotten(), folders={"entries": []}), Walk(next="AAFmore"))
    assert [len(it.records) for it in pages] == [0, 1]
    with pytest.raises(Forgotten):
        await walk(sharing(more=Forgotten()), Walk(next="AAFmore"))
    with pytest.raises(Forgotten):
        await walk(sharing(folders=Forgotten()))
