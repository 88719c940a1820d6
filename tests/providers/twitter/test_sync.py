"""Walks: where they begin and end, what is asked, and what X does in the middle of them."""

from typing import Any

import pytest
from msgspec import structs

from services.twitter import sync
from services.twitter.sync import KEPT, PEEK, Since, Until
from shared.errors import BadRequest, ItemGone, RateLimited, Refused
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.twitter.material import ME, Listing, answer, recorded, said, versions, walk

pytestmark = pytest.mark.anyio

POSTS = ("GET", f"/2/users/{ME}/tweets")
LIKES = ("GET", f"/2/users/{ME}/liked_tweets")


def x(listing: Any, path: tuple[str, str] = POSTS) -> FakeApi:
    return FakeApi({("GET", "/2/users/me"): answer("me"), path: listing})


def row(ident: int) -> Any:
    return {"id": str(ident), "event_type": "MessageCreate", "text": "", "sender_id": ME}


def ids(pages: list[Any]) -> list[str]:
    return [it.message.id.rpartition(":")[2] for it in versions(pages)]


async def test_the_first_walk_lists_everything_and_moves_the_mark_at_its_end() -> None:
    pages = await walk("posts", x(Listing([1, 2, 3, 4, 5])))
    assert ids(pages) == ["5", "4", "3", "2", "1"]
    assert [page.cursor.mark for page in pages] == ["", "", "5"]
    assert pages[-1].cursor == Since("5", me=ME)


async def test_the_next_walk_asks_only_for_what_is_newer() -> None:
    listing = Listing([8, 9])
    api = x(listing)
    first = await walk("posts", api, Since("9", me=ME))
    assert (ids(first), first[-1].cursor.mark) == ([], "9")
    listing.ids += [10, 11]
    second = await walk("posts", api, first[-1].cursor)
    assert (ids(second), second[-1].cursor.mark) == (["11", "10"], "11")
    assert [it.params.get("since_id") for it in api.asked] == ["9", "9"], "nobody asked who it is"


async def test_a_later_walk_does_not_bring_an_old_handle_back() -> None:
    first = await walk("posts", x(Listing([1, 2, 3])))
    assert all(page.names == {ME: "grace_h"} for page in first)
    (later,) = await walk("posts", x(Listing([4])), first[-1].cursor)
    assert later.names == {}


async def test_nine_comes_before_ten() -> None:
    answer_ = {"data": [{"id": "9"}, {"id": "10"}], "meta": {"newest_id": "9", "result_count": 2}}
    (page,) = await walk("posts", x(answer_), Since("8", me=ME))
    assert page.cursor.mark == "10"


async def test_what_was_posted_while_the_walk_went_on_is_left_for_the_next() -> None:
    listing = Listing([1, 2, 3])
    pages = []
    async for page in sync.posts(x(listing), Since(), None):  # type: ignore[arg-type] # not read
        pages.append(page)
        listing.ids = [1, 2, 3, 4] if len(pages) > 1 else listing.ids
    assert pages[-1].cursor.mark == "3"


async def test_a_walk_that_was_cut_goes_on_where_it_was() -> None:
    listing = Listing([1, 2, 3, 4, 5])
    pages = await walk("posts", x(listing))
    rest = await walk("posts", x(listing), pages[0].cursor)
    assert (ids(rest), rest[-1].cursor.mark) == (["3", "2", "1"], "5")


async def test_an_empty_page_has_no_data() -> None:
    (page,) = await walk("posts", x(answer("empty")), Since("7", me=ME))
    assert (page.records, page.cursor.mark) == ((), "7")


async def test_a_token_that_is_too_old_begins_the_walk_again() -> None:
    listing = Listing([1, 2, 3])

    def stale(call: Call) -> Any:
        return BadRequest() if call.params.get("pagination_token") == "old" else listing(call)

    pages = await walk("posts", x(stale), Since("", "3", "old", ME))
    assert (ids(pages), pages[-1].cursor.mark) == (["3", "2", "1"], "3")


async def test_a_mark_that_is_too_old_is_asked_by_time() -> None:
    def old(call: Call) -> Any:
        return BadRequest() if "since_id" in call.params else answer("empty")

    api = x(old)
    await walk("posts", api, Since("2080761390344937796", me=ME))
    assert api.asked[-1].params["start_time"] == "2026-07-24T21:05:48Z"


async def test_a_first_walk_that_x_does_not_understand_fails() -> None:
    with pytest.raises(BadRequest):
        await walk("posts", x(BadRequest()), Since(me=ME))


@pytest.mark.parametrize("error", [RateLimited("later", retry_after=60.0), Refused("credits")])
async def test_a_limit_ends_the_walk_and_moves_no_mark(error: Exception) -> None:
    listing = Listing([1, 2, 3])
    pages: list[Any] = []

    def limited(call: Call) -> Any:
        return error if call.params.get("pagination_token") else listing(call)

    walking = sync.posts(x(limited), Since(), None)  # type: ignore[arg-type] # not read
    pages.append(await anext(walking))
    with pytest.raises(type(error)):
        await anext(walking)
    assert [page.cursor.mark for page in pages] == [""]


async def test_only_what_is_repeated_is_looked_up() -> None:
    api = recorded()
    found = said(await walk("posts", api))
    looked = [it for it in api.asked if it.path == "/2/tweets"]
    assert [it.params["ids"] for it in looked] == ["2080761390344937700"]
    assert "expansions" in looked[0].params
    assert found["post:2080761390344937840"].content.startswith("A long story")


async def test_what_is_repeated_may_be_gone() -> None:
    api = recorded()
    api.answers["GET", "/2/tweets"] = ItemGone()
    found = said(await walk("posts", api))
    assert found["post:2080761390344937840"].content.startswith("RT @ada")


async def test_authors_are_asked_for_where_they_are_not_known() -> None:
    api = recorded()
    for name in ("posts", "mentions"):
        await walk(name, api)
    asked = {it.path.rpartition("/")[2]: it.params["expansions"] for it in api.asked if "expansions" in it.params}  # fmt: skip
    assert "author_id" not in asked["tweets"].split(",")
    assert "author_id" in asked["mentions"].split(",")


async def test_edited_posts_and_people_are_remembered() -> None:
    (page,) = await walk("posts", recorded())
    assert page.names["post:2080761999999999999"] == "2080761390344937796"
    assert page.names[ME] == "grace_h"


@pytest.mark.parametrize("name", ["messages", "likes", "bookmarks"])
async def test_a_first_page_that_knows_what_was_there_is_enough(name: str) -> None:
    paths = {"messages": "/2/dm_events", "likes": LIKES[1], "bookmarks": f"/2/users/{ME}/bookmarks"}
    listing = Listing([1, 2, 3, 4, 5], row if name == "messages" else None)
    api = x(listing, ("GET", paths[name]))
    pages = await walk(name, api)
    assert ids(pages) == ["5", "4", "3", "2", "1"]
    listing.ids += [6]
    api.asked.clear()
    again = await walk(name, api, pages[-1].cursor)
    assert ids(again) == ["6", "5"]
    assert [it.params["max_results"] for it in api.asked if "max_results" in it.params] == [
        str(PEEK)
    ]
    assert again[-1].cursor.known == ("6", "5")


async def test_what_was_liked_later_stands_first_however_old_it_is() -> None:
    listing = Listing([5, 4, 3])
    api = x(listing, LIKES)
    first = await walk("likes", api)
    shown = [{"id": it, "text": "", "author_id": "7"} for it in ("1", "5", "4")]
    api.answers[LIKES] = Answer({"data": shown, "meta": {"result_count": 3}})
    again = await walk("likes", api, first[-1].cursor)
    assert ids(again) == ["1", "5", "4"]
    assert again[-1].cursor.known == ("1", "5", "4")


async def test_a_like_that_was_taken_back_does_not_make_the_next_walk_a_whole_one() -> None:
    listing = Listing(list(range(1, 31)), size=10)
    api = x(listing, LIKES)
    first = await walk("likes", api)
    assert len(first[-1].cursor.known) == KEPT
    listing.ids.remove(30)
    api.asked.clear()
    await walk("likes", api, first[-1].cursor)
    assert len(api.asked) == 1


async def test_a_list_that_became_empty_keeps_its_mark() -> None:
    api = x(answer("empty"), LIKES)
    (page,) = await walk("likes", api, Until(("5",), me=ME))
    assert page.cursor == Until(("5",), me=ME)


async def test_a_token_of_messages_that_is_too_old_begins_again() -> None:
    listing = Listing([1, 2, 3], row)

    def stale(call: Call) -> Any:
        return BadRequest() if call.params.get("pagination_token") == "old" else listing(call)

    at = structs.replace(Until(), next="old", first=("3",))
    pages = await walk("messages", x(stale, ("GET", "/2/dm_events")), at)
    assert ids(pages) == ["3", "2", "1"]
    assert pages[-1].cursor.known == ("3",)
