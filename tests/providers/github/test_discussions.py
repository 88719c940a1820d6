"""The walk over discussions: where it stops, and where it goes on."""

from typing import Any

import pytest

from services.github.discussions import Cursor
from shared.errors import Unreadable
from shared.types import Resource
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.github.material import REPO, at, issue, said, walk

pytestmark = pytest.mark.anyio
NONE = {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": []}


class Forum:
    """Discussions, newest change first, twenty to a page, with the number passed as cursor."""

    def __init__(self, number: int) -> None:
        self.rows = [issue(n, at(n * 70)) for n in range(1, number + 1)]
        self.api = FakeApi({("GRAPHQL", "*"): self})

    def __call__(self, call: Call) -> Answer:
        rows = sorted(self.rows, key=lambda row: row["updated_at"], reverse=True)
        start = int(call.body["after"] or 0)
        more = len(rows) > start + 20
        nodes: list[Any] = [
            {**row, "node": "D", "labels": None, "comments": NONE} for row in rows[start:][:20]
        ]
        turn = {"hasNextPage": more, "endCursor": str(start + 20)}
        return Answer({"repository": {"discussions": {"pageInfo": turn, "nodes": nodes}}})


async def test_the_mark_moves_only_when_the_walk_is_complete() -> None:
    pages = await walk("discussions", Forum(50).api)
    assert [page.cursor.mark for page in pages] == ["", "", at(3500)]
    assert len(said(pages)) == 50


async def test_a_walk_goes_on_from_any_page() -> None:
    it = Forum(50)
    pages = await walk("discussions", it.api)
    for number, page in enumerate(pages[:-1]):
        rest = await walk("discussions", it.api, page.cursor)
        assert len({**said(pages[: number + 1]), **said(rest)}) == 50


async def test_the_next_walk_stops_where_the_last_one_began() -> None:
    it = Forum(50)
    pages = await walk("discussions", it.api)
    it.rows[4]["updated_at"] = at(9000)
    it.api.asked.clear()
    again = await walk("discussions", it.api, pages[-1].cursor)
    assert len(it.api.asked) == 1
    assert "555:discussion:5" in said(again)
    assert again[-1].cursor == Cursor(at(9000))


async def test_a_discussion_without_a_proper_time_is_unreadable_and_moves_no_cursor() -> None:
    it = Forum(1)
    it.rows[0]["updated_at"] = "yesterday"
    with pytest.raises(Unreadable):
        await walk("discussions", it.api)


async def test_where_discussions_are_off_nobody_is_asked() -> None:
    off = Resource(REPO.id, REPO.name, (), {"has_discussions": "false"})
    assert await walk("discussions", FakeApi({}), resource=off) == []
