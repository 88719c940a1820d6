"""Walks: every item accounted for, a crash repeats a page at most, and nobody waits for a large account."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from msgspec import structs

from shared.errors import Ended, ItemGone, RateLimited, Refused, Unavailable
from shared.provider import Api
from shared.store import runs, syncs
from shared.store.database import Database
from shared.store.runs import Run
from shared.types import Page, Resource
from tests.fakes.feed import Bench, Cursor, Note, Notebook, provider

pytestmark = pytest.mark.anyio


def pages(*sizes: int) -> list[list[Note]]:
    return [
        [Note(f"{p}-{n}", f"text {p} {n}") for n in range(size)] for p, size in enumerate(sizes)
    ]


async def run(bench: Bench, account_id: UUID, mode: runs.Mode = "incremental") -> UUID:
    async with bench.db.transaction() as conn:
        return await runs.start_run(
            conn, streams=bench.provider.streams, account_id=account_id, mode=mode
        )


async def show(bench: Bench, run_id: UUID) -> Run:
    async with bench.db.connection() as conn:
        (found,) = await runs.get(conn, "feed", run_id=run_id, now=datetime.now(UTC))
    return found


async def first_page(bench: Bench) -> None:
    """Wait until what was read first is committed; the walk reads ahead meanwhile."""
    while not await bench.published():
        await asyncio.sleep(0.01)


async def test_a_walk_publishes_everything_once_and_the_next_one_nothing(db: Database) -> None:
    bench = Bench(db, provider(Notebook(pages(3, 3, 1))))
    ana = await bench.account()
    first, n = await run(bench, ana), await bench.walk()
    assert n == 1
    assert len(await bench.published()) == 7
    second = await run(bench, ana)
    await bench.walk()
    assert len(await bench.published()) == 7
    done = [await show(bench, it) for it in (first, second)]
    assert [(it.status, it.listed, it.published, it.unchanged) for it in done] == [
        ("success", 7, 7, 0),
        ("success", 7, 0, 7),
    ]


async def test_what_is_listed_is_published_unchanged_or_excluded_with_a_reason(
    db: Database,
) -> None:
    book = Notebook(
        [[Note("a"), Note("b", kind="chatter"), Note("c", kind="news"), Note("d", "poison")]]
    )
    bench = Bench(db, provider(book))
    ident = await run(bench, await bench.account())
    await bench.walk()
    done = await show(bench, ident)
    assert done.status == "success"
    assert (done.listed, done.published) == (4, 1)
    assert sum(done.excluded.values()) == 3
    assert "says nothing" in done.excluded
    kept = await bench.rows("select kind, what from dead_letter order by kind")
    assert kept == [("record", "note"), ("unsupported", "news")], "what was not understood is kept"


async def test_a_run_that_does_not_add_up_is_no_success(db: Database) -> None:
    book = Notebook(pages(2, 2))
    bench = Bench(db, provider(book))
    ident = await run(bench, await bench.account())
    forgotten = "update sync_run set listed = listed + 1"
    book.before = lambda number: bench.rows(forgotten) if number == 1 else None
    await bench.walk()
    done = await show(bench, ident)
    assert (done.listed, done.published, done.unchanged) == (5, 4, 0)
    assert done.status == "failed"


async def test_a_walk_that_dies_goes_on_from_its_last_page(db: Database) -> None:
    book = Notebook(pages(2, 2, 2, 2))

    def die(number: int) -> None:
        if number == 2 and len(book.asked) == 3:
            raise KeyboardInterrupt

    book.before = die
    bench = Bench(db, provider(book))
    await bench.account()
    unit = await (worker := bench.walker()).lease()
    assert unit
    with pytest.raises(KeyboardInterrupt):
        await worker.run(unit)
    assert len(await bench.published()) == 4
    await bench.rows(
        "update sync_state set lease_until = '-infinity'"
    )  # what a dead holder's runs out to
    await bench.walk()
    assert [number for _, number in book.asked] == [0, 1, 2, 2, 3]
    assert len(await bench.published()) == 8


async def test_a_worker_that_was_thought_dead_publishes_nothing(db: Database) -> None:
    book = Notebook(pages(2, 2))
    bench = Bench(db, provider(book))
    await bench.account()
    slow, quick = bench.walker("slow"), bench.walker("quick")

    async def overtake() -> None:
        book.before = None
        await first_page(bench)
        await bench.rows("update sync_state set lease_until = '-infinity'")
        assert await bench.walk(quick) == 1

    book.before = lambda number: overtake() if number == 1 else None
    unit = await slow.lease()
    assert unit
    await slow.run(unit)  # reads page 1 after the other has done all of it
    assert len(await bench.published()) == 4
    (state,) = await bench.rows("select gen, walking, error_count from sync_state")
    assert state == (2, False, 0), "the late worker moved nothing"


async def test_without_the_fence_the_late_worker_moves_the_cursor(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements = syncs._SQL._statements
    blunt = statements["advance"].replace("and gen = %(gen)s", "")
    monkeypatch.setitem(statements, "advance", blunt)
    with pytest.raises(AssertionError):
        await test_a_worker_that_was_thought_dead_publishes_nothing(db)


async def test_what_a_complete_walk_does_not_list_is_gone(db: Database) -> None:
    book = Notebook(pages(2, 2))
    bench = Bench(db, provider(book, complete=True))
    await bench.account()
    await bench.walk()
    book.pages = [book.pages[0], book.pages[1][:1]]
    await bench.due()
    await bench.walk()
    assert (await bench.published())[4:] == [("deleted", "1-1", "")]
    book.pages = pages(2, 2)
    await bench.due()
    await bench.walk()
    assert (await bench.published())[5:] == [("updated", "1-1", "text 1 1")], "it came back"


async def test_what_a_complete_walk_cannot_read_is_not_gone_and_proves_no_absence(
    db: Database,
) -> None:
    book = Notebook(pages(2, 2))
    bench = Bench(db, provider(book, complete=True))
    await bench.account()
    await bench.walk()
    book.pages = [[Note("0-0", "poison"), book.pages[0][1]], book.pages[1][:1]]
    await bench.due()
    await bench.walk()
    assert (await bench.published())[4:] == [], "neither the one that is broken nor the missing one"
    book.pages = [pages(2, 2)[0], pages(2, 2)[1][:1]]
    await bench.due()
    await bench.walk()
    assert (await bench.published())[4:] == [("deleted", "1-1", "")]


async def test_a_walk_that_proves_nothing_deletes_nothing(db: Database) -> None:
    book = Notebook(pages(2))
    bench = Bench(db, provider(book))
    await bench.account()
    await bench.walk()
    book.pages = [[]]
    await bench.due()
    await bench.walk()
    assert [it[0] for it in await bench.published()] == ["created", "created"]


async def test_resources_bring_walks_and_routes_and_take_them_along(db: Database) -> None:
    book = Notebook(
        pages(1), [Resource("1", "one", ("book:1",)), Resource("2", "two", ("book:2",))]
    )
    bench = Bench(db, provider(book, shelf=True))
    ana = await bench.account("ana", "*")
    ident = await run(bench, ana)
    await bench.walk()
    done = await show(bench, ident)
    assert (done.status, done.units, done.units_done) == ("success", 3, 3)
    assert sorted(book.asked) == [("1", 0), ("2", 0)]
    book.books.pop()
    await bench.due()
    await bench.walk()
    assert await bench.rows("select resource from sync_state where stream = 'notes'") == [("1",)]
    assert await bench.rows("select key from route where origin <> 'caller'") == [("book:1",)]


async def test_a_walk_says_what_else_leads_to_its_account_until_it_says_otherwise(
    db: Database,
) -> None:
    told: list[tuple[str, ...] | None] = [("shop:1", "shop:2"), None, ("shop:2", "shop:3"), ()]
    feed = provider(Notebook())

    async def walk(api: Api, at: Cursor, _: Resource) -> AsyncIterator[Page]:
        yield Page((), Cursor(), routes=told[0])

    (notes,) = feed.streams
    bench = Bench(db, structs.replace(feed, streams=(structs.replace(notes, pages=walk),)))
    await bench.account()
    for now in ({"shop:1", "shop:2"}, {"shop:1", "shop:2"}, {"shop:2", "shop:3"}, set[str]()):
        await bench.due()
        await bench.walk()
        rows = await bench.rows("select key from route where origin <> 'caller'")
        assert {key for (key,) in rows} == now
        told.pop(0)


async def test_what_changed_its_facts_is_walked_at_once_and_the_rest_is_not(db: Database) -> None:
    book = Notebook(pages(1), [Resource(it, facts={"edited": "1"}) for it in "ab"])
    bench = Bench(db, provider(book, shelf=True))
    await bench.account()
    await bench.walk()
    again = "update sync_state set next_run_at = now() where stream = 'books'"
    for edited, asked in (("1", []), ("2", [("b", 0)]), ("2", [])):
        book.books[1] = Resource("b", facts={"edited": edited})
        book.asked.clear()
        await bench.rows(again)
        await bench.walk()
        assert book.asked == asked
    await bench.rows(
        "insert into resource (account_id, stream, id, facts)"
        " select id, 'else', 'b', '{\"edited\": \"3\"}' from connected_account"
    )
    book.books[1] = Resource("b", facts={"edited": "3"})
    book.asked.clear()
    await bench.rows(again)
    await bench.walk()
    assert book.asked == [], "another stream had told that, and it was walked then"


async def test_a_walk_over_a_part_proves_nothing_of_other_parts(db: Database) -> None:
    book = Notebook(pages(1), [Resource("1"), Resource("2")])
    bench = Bench(db, provider(book, shelf=True, complete=True))
    await bench.account()
    await bench.walk()
    await bench.rows(
        "insert into resource (account_id, stream, id, walk)"
        " select id, 'notes', 'found by one of them', gen_random_uuid() from connected_account"
    )
    await bench.due()
    await bench.walk()
    assert await bench.rows("select count(*) from resource") == [(3,)]


async def test_a_cursor_may_say_whether_its_walk_proves_absence(db: Database) -> None:
    book = Notebook(pages(2))
    proving = False
    bench = Bench(db, provider(book, complete=lambda _: proving))
    await bench.account()
    await bench.walk()
    book.pages = [[]]
    await bench.due()
    await bench.walk()
    assert len(await bench.published()) == 2
    proving = True
    await bench.due()
    await bench.walk()
    assert [it[0] for it in (await bench.published())[2:]] == ["deleted", "deleted"]


async def test_a_full_run_walks_beside_the_live_cursor(db: Database) -> None:
    book = Notebook(pages(2, 2))
    bench = Bench(db, provider(book))
    ana = await bench.account()
    await bench.walk()
    book.pages[0][0] = Note("0-0", "changed", minute=9)
    ident = await run(bench, ana, "full")
    assert await bench.rows("select count(*) from sync_state") == [(2,)]
    await bench.walk()
    done = await show(bench, ident)
    assert (done.status, done.published, done.unchanged) == ("success", 1, 3)
    assert await bench.rows("select lane from sync_state") == [("live",)]


async def test_two_walks_that_prove_side_by_side_bury_nothing_of_each_other(db: Database) -> None:
    book = Notebook(pages(2, 2))
    bench = Bench(db, provider(book, complete=True))
    ana = await bench.account()
    await bench.walk()
    await run(bench, ana, "full")
    aside = False

    async def live(number: int) -> None:
        """While the full walk is at its second page, the live one is done from its beginning."""
        nonlocal aside
        if number == 0 or aside:
            return
        aside = True
        while await bench.rows("select 1 from sync_state where lane = 'full' and walk is null"):
            await asyncio.sleep(0.01)
        await bench.rows("update sync_state set next_run_at = now() where lane = 'live'")
        assert await bench.walk(bench.walker("another")) == 1

    book.before = live
    await bench.walk()
    assert aside
    assert [it[0] for it in await bench.published()] == ["created"] * 4
    book.pages, book.before = [book.pages[0]], None
    await bench.due()
    await bench.walk()
    assert [it[0] for it in (await bench.published())[4:]] == ["deleted", "deleted"]


async def test_a_run_that_is_under_way_is_not_started_twice(db: Database) -> None:
    bench = Bench(db, provider(Notebook(pages(1))))
    ana = await bench.account()
    assert await run(bench, ana) == await run(bench, ana)


@pytest.mark.parametrize(
    ("error", "status", "within"),
    [
        (RateLimited("slow down", retry_after=100), "running", (99, 121)),
        (Unavailable("no answer"), "running", (0, 2)),
        (Refused("not like this"), "failed", (3590, 3601)),
    ],
)
async def test_an_error_decides_when_the_walk_is_due_again(
    db: Database, error: Exception, status: str, within: tuple[int, int]
) -> None:
    book = Notebook(pages(1, 1))

    def fail(number: int) -> None:
        if number == 1:
            raise error

    book.before = fail
    bench = Bench(db, provider(book))
    ident = await run(bench, await bench.account())
    unit = await (worker := bench.walker()).lease()
    assert unit
    await worker.run(unit)
    (row,) = await bench.rows(
        "select extract(epoch from next_run_at - now())::float8, last_error from sync_state"
    )
    assert within[0] <= row[0] <= within[1]
    assert row[1] == str(error)
    assert (await show(bench, ident)).status == status
    assert len(await bench.published()) == 1, "the page before the error is kept"


@pytest.mark.parametrize("shelf", [False, True], ids=["of the account", "of a part"])
async def test_an_access_that_ended_stops_the_whole_account_and_says_so_once(
    db: Database, shelf: bool
) -> None:
    def ended(number: int) -> None:
        if number == 1:
            raise Ended("They left.")

    book = Notebook(pages(1, 1), [Resource("a"), Resource("b")] if shelf else [], before=ended)
    bench = Bench(db, provider(book, shelf=shelf))
    ana, ben = await bench.account("ana"), await bench.account("ben")
    ident = await run(bench, ana)
    worker = bench.walker()
    while (await bench.rows("select count(*) from connected_account where status = 'active'"))[0][
        0
    ]:
        unit = await worker.lease()
        assert unit
        await worker.run(unit)
    await bench.due()
    assert await worker.lease() is None, "nothing of them is walked any more"
    rows = await bench.rows("select status, error_message from connected_account")
    assert rows == [("revoked", "They left.")] * 2
    told = "select account_id from outbox where convert_from(payload, 'utf8') like '%%reauth_required%%'"
    assert (await show(bench, ident)).status in ("failed", "partial", "running")
    assert sorted(await bench.rows(told)) == sorted([(ana,), (ben,)])


async def test_a_mistake_in_a_provider_ends_its_run_with_a_sentence(db: Database) -> None:
    def mistaken(number: int) -> None:
        raise KeyError("s3cret")

    bench = Bench(db, provider(Notebook(pages(1), before=mistaken)))
    ident = await run(bench, await bench.account())
    await bench.walk()
    found = await show(bench, ident)
    assert found.status == "failed"
    assert "nobody foresaw (KeyError)" in found.error
    assert "s3cret" not in found.error


async def test_a_run_whose_walks_all_wait_says_what_for_and_how_long(db: Database) -> None:
    def limited(number: int) -> None:
        if number == 1:
            raise RateLimited("Feed's limit of calls is reached", retry_after=120)

    books = [Resource("1", "one"), Resource("2", "two")]
    bench = Bench(db, provider(Notebook(pages(1, 1), books, before=limited), shelf=True))
    ident = await run(bench, await bench.account())
    worker = bench.walker()
    waits = []
    while unit := await worker.lease():
        await worker.run(unit)
        waits.append((await show(bench, ident)).waiting)
    found = await show(bench, ident)
    assert waits == ["", "", "Feed's limit of calls is reached"]
    assert found.waiting_seconds == pytest.approx(132, abs=13)
    assert found.eta_seconds == pytest.approx(found.waiting_seconds, abs=1)
    await bench.due()
    assert (await show(bench, ident)).waiting == ""


async def test_a_resource_that_is_gone_is_left_out_and_the_run_goes_on(db: Database) -> None:
    def gone(number: int) -> None:
        raise ItemGone("404")

    book = Notebook(pages(1), [Resource("1", "one")], before=gone)
    bench = Bench(db, provider(book, shelf=True))
    ident = await run(bench, await bench.account())
    await bench.walk()
    assert (await show(bench, ident)).status == "success"


async def test_a_webhook_during_a_walk_makes_it_look_again(db: Database) -> None:
    book = Notebook(pages(1, 1))
    bench = Bench(db, provider(book))
    ana = await bench.account()

    async def nudge() -> None:
        book.before = None
        async with bench.db.connection() as conn:
            await syncs.nudge(conn, [ana], "notes")

    book.before = lambda number: nudge() if number == 1 else None
    assert await bench.walk() == 2


@pytest.mark.parametrize("fails", [False, True])
async def test_a_run_that_takes_over_a_walk_under_way_comes_to_its_end(
    db: Database, fails: bool
) -> None:
    book = Notebook(pages(1, 1))
    bench = Bench(db, provider(book))
    ana = await bench.account()
    await bench.walk()
    async with db.connection() as conn:
        await syncs.nudge(conn, [ana])
    started: list[UUID] = []

    async def begin() -> None:
        book.before = None
        started.append(await run(bench, ana))
        if fails:
            raise Refused("not like this")

    book.before = lambda number: begin() if number == 0 else None
    await bench.walk()
    assert (await show(bench, *started)).status == "success"


async def test_a_small_account_does_not_wait_for_a_large_one(db: Database) -> None:
    book = Notebook(pages(1), [Resource(str(n)) for n in range(50)])
    bench = Bench(db, provider(book, shelf=True))
    await bench.account("large")
    assert await bench.walk() == 51
    await bench.due()
    small = await bench.account("small")
    worker = bench.walker()
    first = [await worker.lease() for _ in range(2)]
    assert small in {it.account_id for it in first if it}


async def test_a_process_that_stops_gives_its_walks_back_at_once(db: Database) -> None:
    book = Notebook(pages(1, 1), before=lambda number: asyncio.sleep(60) if number else None)
    bench = Bench(db, provider(book))
    await bench.account()
    unit = await (worker := bench.walker()).lease()
    assert unit
    task = asyncio.create_task(worker.run(unit))
    await first_page(bench)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    book.before = None
    assert await bench.walk() == 1
    assert [it[1] for it in book.asked] == [0, 1, 1]


async def test_a_stream_whose_scope_was_refused_rests_and_says_so_and_the_others_go_on(
    db: Database,
) -> None:
    book = Notebook(pages(2))
    declared = provider(book)
    gated = structs.replace(declared.streams[0], name="gated", scopes=frozenset({"a", "b"}))
    bench = Bench(db, structs.replace(declared, streams=(*declared.streams, gated)))
    ana = await bench.account()
    for granted, asked in ((["c"], 1), (["c", "b"], 2), ([], 2)):
        book.asked.clear()
        await bench.rows("update connected_account set scopes = %s", granted)
        await bench.due()
        done = await run(bench, ana)
        await bench.walk()
        assert len(book.asked) == asked
        assert (await show(bench, done)).status == "success"
        ((note,),) = await bench.rows("select last_error from sync_state where stream = 'gated'")
        refused = "needs one of the scopes a, b; connect again to grant it"
        assert note == (refused if granted == ["c"] else "")
    ((status,),) = await bench.rows("select status from connected_account")
    assert status == "active"


async def test_a_part_is_walked_only_by_the_streams_that_are_of_what_discovered_it(
    db: Database,
) -> None:
    book = Notebook(pages(1), [Resource("1", "one")])
    books, notes = provider(book, shelf=True).streams
    others = structs.replace(notes, name="others", of="shelves")
    streams = (books, structs.replace(notes, of="books"), others)
    bench = Bench(db, structs.replace(provider(book), streams=streams))
    await run(bench, await bench.account("ana", "*"))
    await bench.walk()
    found = await bench.rows("select stream from sync_state where resource = '1'")
    assert found == [("notes",)]
