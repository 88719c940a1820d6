"""A collection walked: everything once, then what is new, changed or gone, whatever the server's habits."""

from collections.abc import Sequence

import pytest

from services.calendar import sync
from services.calendar.models import Sync
from shared.errors import ItemGone, Refused
from shared.normalizer import Message
from shared.types import Page, Resource
from tests.providers.calendar.material import HOME, NOW, body, message, said, walked
from tests.providers.calendar.played import Collection

pytestmark = pytest.mark.anyio

BY_TOKEN = Resource(HOME, "Work", (), {"way": "sync"})
BY_ETAG = Resource(HOME, "Work", (), {"way": "etags"})
each_way = pytest.mark.parametrize("resource", [BY_TOKEN, BY_ETAG], ids=["token", "etags"])


def event(uid: str, title: str = "An event", *lines: str) -> str:
    own = lines or ("DTSTART:20260305T100000Z",)
    text = ("BEGIN:VCALENDAR", "BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260102T100000Z",
            f"SUMMARY:{title}", *own, "END:VEVENT", "END:VCALENDAR", "")  # fmt: skip
    return "\r\n".join(text)


async def walk(
    api: Collection, at: Sync, resource: Resource = BY_TOKEN
) -> tuple[Sequence[Page], Sync]:
    pages = await walked(sync.events(api, at, resource, now=lambda: NOW))
    return pages, pages[-1].cursor if pages else at


def titles(pages: Sequence[Page]) -> list[str]:
    return [f"-{it.id[17:]}" if it.deleted else it.title for it in said(pages)]


@each_way
async def test_everything_once_and_then_nothing(resource: Resource) -> None:
    api = Collection(**{f"{n}.ics": event(f"u{n}", f"Event {n}") for n in range(120)})
    pages, at = await walk(api, Sync(), resource)
    assert sorted(titles(pages)) == sorted(f"Event {n}" for n in range(120))
    assert [len(it.records) for it in pages] == [50, 50, 20, 0]
    assert at.whole
    api.calls.clear()
    pages, again = await walk(api, at, resource)
    assert (titles(pages), again) == ([], at)
    assert "calendar-multiget/1" not in api.calls


@each_way
async def test_new_changed_and_gone(resource: Resource) -> None:
    api = Collection(**{"a.ics": event("a", "A"), "b.ics": event("b", "B")})
    _, at = await walk(api, Sync(), resource)
    api.put("a.ics", event("a", "A2"))
    api.put("c.ics", event("c", "C"))
    api.delete("b.ics")
    pages, at = await walk(api, at, resource)
    assert titles(pages) == ["A2", "C", "-b"]
    api.put("b.ics", event("b", "B"))
    pages, at = await walk(api, at, resource)
    assert titles(pages) == ["B"]
    assert all(it.revision for page in pages for it in page.records), (
        "it is newer than its tombstone"
    )


async def test_a_first_walk_is_versioned_by_what_events_say() -> None:
    pages, _ = await walk(Collection(**{"a.ics": event("a")}), Sync())
    assert [it.revision for page in pages for it in page.records] == [""]


async def test_deleted_members_in_a_first_answer_were_never_heard_of() -> None:
    api = Collection(**{"a.ics": event("a", "A"), "gone.ics": event("g")})
    api.delete("gone.ics")
    pages, _ = await walk(api, Sync())
    assert titles(pages) == ["A"]


@pytest.mark.parametrize("habit", ["forgets", "no sync"])
async def test_without_a_token_what_is_there_is_compared(habit: str) -> None:
    api = Collection(**{"a.ics": event("a", "A"), "b.ics": event("b", "B")})
    _, at = await walk(api, Sync())
    api.habits.add(habit)
    api.delete("b.ics")
    api.put("c.ics", event("c", "C"))
    api.calls.clear()
    pages, at = await walk(api, at)
    assert titles(pages) == ["C", "-b"]
    assert api.calls.count("calendar-multiget/1") == 1
    api.habits.clear()
    api.delete("c.ics")
    pages, _ = await walk(api, at)
    assert titles(pages) == ["-c"], "the token that was taken before goes on"


async def test_an_answer_that_was_cut_short_goes_on_from_its_token() -> None:
    api = Collection(**{f"{n}.ics": event(f"u{n}", f"E{n}") for n in range(7)})
    api.cut = 3
    pages, at = await walk(api, Sync())
    assert titles(pages) == [f"E{n}" for n in range(7)]
    assert at.token == "7"
    assert api.calls.count("sync-collection/0") == 3


async def test_an_answer_that_is_cut_short_for_ever_is_given_up() -> None:
    api = Collection(**{"a.ics": event("a")})
    api.habits.add("circles")
    with pytest.raises(Refused, match="circle"):
        await walk(api, Sync())


async def test_the_collection_itself_is_no_event() -> None:
    api = Collection(**{"a.ics": event("a", "A")})
    api.habits.add("lists itself")
    pages, _ = await walk(api, Sync())
    assert titles(pages) == ["A"]
    assert not any(it.excluded for it in pages)


@each_way
async def test_a_server_without_etags_is_read_each_time(resource: Resource) -> None:
    api = Collection(**{"a.ics": event("a", "A")})
    api.habits.add("no etags")
    _, at = await walk(api, Sync(), resource)
    api.put("a.ics", event("a", "A2"))
    pages, _ = await walk(api, at, resource)
    assert titles(pages) == ["A2"]


async def test_a_member_that_went_before_it_was_read_is_told_if_it_was_known() -> None:
    api = Collection(**{"a.ics": event("a", "A"), "b.ics": event("b", "B")})
    _, at = await walk(api, Sync())
    listed = Collection(**{"a.ics": event("a", "A")})
    listed.log, listed.files = [*api.log, "b.ics", "x.ics"], {"a.ics": api.files["a.ics"]}
    pages, _ = await walk(listed, at)
    assert titles(pages) == ["-b"]


async def test_names_are_compared_in_one_spelling() -> None:
    api = Collection(**{"a%20b%40c.ics": event("a", "A"), "M%C3%BCller.ics": event("m", "M")})
    _, at = await walk(api, Sync())
    assert sorted(at.kept) == ["M%C3%BCller.ics", "a%20b@c.ics"]


async def test_an_occurrence_that_was_moved_back_is_gone() -> None:
    moved, plain = body("series.moved").decode(), body("series.cancelled").decode()
    api = Collection(**{"s.ics": moved})
    pages, at = await walk(api, Sync())
    assert titles(pages) == ["Stand-up, team A", "Stand-up (moved)"]
    api.put("s.ics", plain)
    pages, _ = await walk(api, at)
    assert titles(pages) == ["Stand-up, team A", "Stand-up", "-5f1c@acme.example#20260323T080000Z"]


async def test_an_event_under_another_name_is_not_gone() -> None:
    api = Collection(**{"a.ics": event("a", "A")})
    _, at = await walk(api, Sync())
    api.put("renamed.ics", event("a", "A"))
    api.delete("a.ics")
    pages, _ = await walk(api, at)
    assert titles(pages) == ["A"]


async def test_one_uid_in_two_calendars_is_two_events() -> None:
    api = Collection(**{"a.ics": event("a")})
    (one,) = said((await walk(api, Sync()))[0])
    from services.calendar.naming import key_of  # noqa: PLC0415 - what the ids begin with

    assert one.id == f"{key_of(HOME)}:a"
    assert key_of("/dav/ana/home/") != key_of(HOME)


async def test_what_is_no_icalendar_is_kept_as_a_dead_letter_and_read_once() -> None:
    api = Collection(**{"a.ics": "<html>", "b.ics": event("b", "B")})
    pages, at = await walk(api, Sync())
    bad, good = (it for page in pages for it in page.records)
    assert message(good).title == "B"
    with pytest.raises(Exception, match="iCalendar"):
        message(bad)
    pages, _ = await walk(api, at, BY_ETAG)
    assert [it.records for it in pages if it.records] == []


async def test_a_calendar_that_says_it_is_unchanged_is_not_asked() -> None:
    api = Collection(**{"a.ics": event("a")})
    known = Resource(HOME, "", (), {"way": "etags", "state": "7"})
    _, at = await walk(api, Sync(), known)
    api.calls.clear()
    assert await walk(api, at, known) == ([], at)
    assert api.calls == []
    news = Resource(HOME, "", (), {"way": "etags", "state": "8"})
    await walk(api, at, news)
    assert api.calls


async def test_an_interrupted_first_walk_goes_on_and_stays_one() -> None:
    api = Collection(**{f"{n}.ics": event(f"u{n}", f"E{n}") for n in range(70)})
    pages = await walked(sync.events(api, Sync(), BY_TOKEN, now=lambda: NOW))
    at: Sync = pages[0].cursor
    assert not at.whole
    assert not sync.first(at)
    rest, at = await walk(api, at)
    assert titles(rest) == [f"E{n}" for n in range(50, 70)]
    assert [it.revision for page in rest for it in page.records] == [""] * 20
    assert at.whole


async def test_a_calendar_that_is_gone_says_so() -> None:
    with pytest.raises(ItemGone):
        await walk(Collection(), Sync(), Resource("/dav/ana/lost/", "", (), {"way": "sync"}))


async def test_private_events_of_others_are_busy_time_and_ones_own_are_told() -> None:
    api = Collection(**{"p.ics": body("private").decode()})
    foreign = Resource(HOME, "", (), {"way": "sync", "foreign": "true"})
    (own,), (theirs,) = [said((await walk(api, Sync(), it))[0]) for it in (BY_TOKEN, foreign)]
    assert (own.title, own.metadata["visibility"]) == ("Doctor", "private")
    bare = Message(id=theirs.id, source="calendar", type="event", timestamp=theirs.timestamp)
    told = {it: getattr(theirs, it) for it in ("title", "content", "author", "recipients", "url")}
    assert told == {it: getattr(bare, it) for it in told}
    assert "clinic" not in str(theirs)
    assert theirs.metadata["start"] == own.metadata["start"]
