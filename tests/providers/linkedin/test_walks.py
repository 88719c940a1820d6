"""Pages, posts and what happens under them, walked on a LinkedIn that is played in this process."""

from typing import Any

import pytest

from services.linkedin import listing, sync
from services.linkedin.comments import comments
from services.linkedin.sync import Activity, Posts
from shared.errors import ItemGone, Unreadable
from shared.types import Page
from tests.fakes.api import FakeApi
from tests.providers.linkedin.material import ORGANIZATION, asking, played, said

pytestmark = pytest.mark.anyio


async def walk(linkedin: Any, pages: Any, at: Any) -> list[Page]:
    async with asking(linkedin) as api:
        return [it async for it in pages(api, at, ORGANIZATION)]


async def test_pages_that_the_member_administers_are_parts_with_their_route() -> None:
    (page,) = await walk(played(), sync.organizations, sync.Once())
    assert [(it.id, it.routes) for it in page.resources] == [("5515715", ("organization:5515715",))]
    assert page.cursor == sync.Once()


@pytest.mark.parametrize("posts", [0, 1, 99, 100, 101, 250])
async def test_every_post_is_listed_once_the_overlaps_aside(posts: int) -> None:
    linkedin = played(posts)
    found = said(await walk(linkedin, sync.posts, Posts()))
    assert {it.id for it in found} == set(linkedin.world.posts)
    assert len(found) - posts == max(0, posts - 1) // 99


async def test_a_whole_walk_proves_absence_and_a_later_one_does_not() -> None:
    linkedin = played(3)
    (page,) = await walk(linkedin, sync.posts, Posts())
    assert sync.whole(Posts())
    assert not sync.whole(page.cursor)


async def test_only_what_changed_is_listed_later() -> None:
    linkedin = played(120)
    *_, last = await walk(linkedin, sync.posts, Posts())
    first, newest = min(linkedin.world.posts), max(linkedin.world.posts)
    linkedin.world.edit(first, "Edited")
    linkedin.calls.clear()
    found = said(await walk(linkedin, sync.posts, last.cursor))
    assert {it.id for it in found} == {first, newest}, "the last one known comes again"
    assert len(linkedin.calls) == 2


async def test_posts_that_are_edited_while_they_are_walked_are_found_by_the_next_walk() -> None:
    linkedin = played(150)
    async with asking(linkedin) as api:
        walked = sync.posts(api, Posts(), ORGANIZATION)
        first = await anext(walked)
        linkedin.world.edit(max(linkedin.world.posts), "Edited behind its back")
        *_, last = [first, *[it async for it in walked]]
    assert "Edited behind its back" in [
        it.content for it in said(await walk(linkedin, sync.posts, last.cursor))
    ]


async def test_posts_that_move_up_while_others_are_deleted_are_not_missed() -> None:
    linkedin = played(150)
    oldest_first = list(linkedin.world.posts)
    # The row with which the next part has to begin, and thirty that were read before it.
    gone = {oldest_first[50], *oldest_first[-30:]}
    async with asking(linkedin) as api:
        walked = sync.posts(api, Posts(), ORGANIZATION)
        pages = [await anext(walked)]
        for urn in gone:
            del linkedin.world.posts[urn]
        pages += [it async for it in walked]
    assert {it.id for it in said(pages)} == set(oldest_first)


async def test_comments_and_their_answers_are_read_once_and_then_where_something_was_said() -> None:
    linkedin = played(45)
    pages = await walk(linkedin, sync.activity, Activity())
    found = said(pages)
    rows = [it for under in linkedin.world.comments.values() for it in under]
    assert {it.id for it in found} == {it["commentUrn"] for it in rows}
    assert len({it.parent_id for it in found}) == 30, "half of them are answers"
    post = max(linkedin.world.posts)
    await linkedin.world.comment(post, "Just now")
    await linkedin.world.act("LIKE", post, "urn:li:like:1")
    linkedin.calls.clear()
    later = await walk(linkedin, sync.activity, pages[-1].cursor)
    assert [it.type for it in said(later)] == ["reaction", "comment"]
    assert [it.path for it in linkedin.calls if "socialActions" in it.path] == [
        f"/rest/socialActions/{post}/comments"
    ]


async def test_what_is_said_while_the_first_walk_is_under_way_is_read_at_its_end() -> None:
    linkedin = played(45)
    async with asking(linkedin) as api:
        walked = sync.activity(api, Activity(), ORGANIZATION)
        pages = [await anext(walked)]
        row = await linkedin.world.comment(max(linkedin.world.posts), "Behind its back")
        pages += [it async for it in walked]
    assert row["commentUrn"] in {it.id for it in said(pages)}


async def test_a_deleted_comment_is_told_by_the_list_of_notifications_too() -> None:
    linkedin = played(1)
    pages = await walk(linkedin, sync.activity, Activity())
    post = max(linkedin.world.posts)
    row = await linkedin.world.comment(post, "Withdrawn")
    await linkedin.world.withdraw(post, row)
    later = said(await walk(linkedin, sync.activity, pages[-1].cursor))
    assert [(it.id, it.deleted) for it in later if it.deleted] == [(row["commentUrn"], True)]


async def test_more_notifications_than_a_page_are_all_heard() -> None:
    linkedin = played(1)
    post = max(linkedin.world.posts)
    pages = await walk(linkedin, sync.activity, Activity())
    for n in range(230):
        await linkedin.world.act("LIKE", post, f"urn:li:like:{n}")
    later = await walk(linkedin, sync.activity, pages[-1].cursor)
    assert len({it.id for it in said(later)}) == 230
    assert later[-1].cursor.since == linkedin.world.notifications[-1]["lastModifiedAt"]


async def test_nothing_is_said_under_a_post_that_is_gone() -> None:
    async with asking(played()) as api:
        assert await listing.under(api, "urn:li:share:1") == []
        with pytest.raises(ItemGone):
            [it async for it in comments(api, "urn:li:share:1")]


@pytest.mark.parametrize("pages", [sync.posts, sync.activity])
async def test_a_row_of_another_shape_is_unreadable(pages: Any) -> None:
    row: Any = {"elements": [{"id": 1}]}
    answers: Any = {
        ("GET", "/rest/posts"): row,
        ("GET", "/rest/organizationalEntityNotifications"): row,
    }
    cursor = Posts() if pages is sync.posts else Activity()
    with pytest.raises(Unreadable):
        [it async for it in pages(FakeApi(answers), cursor, ORGANIZATION)]
