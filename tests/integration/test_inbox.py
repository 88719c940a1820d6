"""A delivery is on disk before it is answered, understood once, and never lost on the way."""

import asyncio
from typing import Any

import pytest

from shared.errors import Away
from shared.store import dead, inbox, ledger, routes
from shared.store.database import Database
from shared.types import Delivery
from shared.webhook.writer import Writer
from tests.fakes.feed import Bench, Note, Notebook, delivery, provider

pytestmark = pytest.mark.anyio


@pytest.fixture
def bench(db: Database) -> Bench:
    return Bench(db, provider(Notebook()))


async def post(bench: Bench, *notes: Note, ident: str = "") -> None:
    """As the door does it, every delivery with an id of its own unless one is given."""
    writer = Writer(bench.db, "feed", lambda: None)
    rows = [
        inbox.arrived(
            delivery(it, ident or f"{n}-{it.id}-{it.minute}"), ident or f"{n}-{it.id}-{it.minute}"
        )
        for n, it in enumerate(notes)
    ]
    await asyncio.gather(*(writer.put(row) for row in rows))


async def work(bench: Bench) -> None:
    reader = bench.reader()
    while await reader.step():
        pass


async def test_a_delivery_becomes_a_message_of_whoever_claims_it(bench: Bench) -> None:
    await bench.account("ana", "book:1")
    await bench.account("ben", "book:1", "book:2")
    await post(bench, Note("a", "for both"), Note("b", "for ben", routes=("book:2",)))
    await work(bench)
    rows = await bench.rows("select subject from outbox order by subject")
    assert [it[0].rpartition(".")[2] for it in rows] == ["ana", "ben", "ben"]
    assert await bench.rows("select count(*) from webhook_inbox") == [(0,)]


async def test_a_thousand_copies_of_a_delivery_have_one_effect(bench: Bench) -> None:
    await bench.account()
    await post(bench, *[Note("a", "again")] * 1000, ident="one and the same")
    await work(bench)
    await post(bench, Note("a", "again"), ident="one and the same")
    assert await bench.rows("select count(*) from webhook_inbox") == [(0,)]
    assert len(await bench.published()) == 1


async def test_the_door_and_the_walk_agree_on_the_version(bench: Bench) -> None:
    ana = await bench.account()
    await post(bench, Note("a", "same", minute=3))
    await work(bench)
    assert await bench.put(ana, Note("a", "same", minute=3)) == 0


async def test_nobody_claims_it_until_somebody_connects(bench: Bench) -> None:
    await post(bench, Note("a", "early", routes=("book:7",)))
    await work(bench)
    assert await bench.rows("select state, keys from webhook_inbox") == [("unrouted", ["book:7"])]
    await bench.account("ana", "book:7")
    await work(bench)
    assert await bench.published() == [("created", "a", "early")]


async def test_a_star_takes_what_nobody_else_claims(bench: Bench) -> None:
    await bench.account("ana", "*")
    await bench.account("ben", "book:2")
    await post(bench, Note("a", "ana's"), Note("b", "ben's", routes=("book:2",)))
    await work(bench)
    rows = await bench.rows("select subject from outbox order by subject")
    assert [it[0].rpartition(".")[2] for it in rows] == ["ana", "ben"]


async def test_a_route_written_while_a_delivery_was_parked_is_found(bench: Bench) -> None:
    ana = await bench.account("ana", "book:1")
    await post(bench, Note("a", "late", routes=("book:7",)))
    await work(bench)
    await bench.rows(
        "insert into route (provider, key, account_id, origin) values ('feed', 'book:7', %s, 'caller')",
        ana,
    )
    async with bench.db.connection() as conn:
        assert await inbox.revive_claimed(conn, "feed") == 1
    await work(bench)
    assert await bench.published() == [("created", "a", "late")]


async def test_what_is_not_understood_is_kept_and_costs_the_others_nothing(bench: Bench) -> None:
    await bench.account()
    await post(
        bench,
        Note("a", "poison"),
        Note("b", "fine"),
        Note("c", kind="news"),
        Note("d", kind="chatter"),
    )
    writer = Writer(bench.db, "feed", lambda: None)
    odd = delivery(Note("x"))
    await writer.put(inbox.arrived(type(odd)(body=b"\xff\0{", headers=odd.headers), "odd"))
    await work(bench)
    assert await bench.published() == [("created", "b", "fine")]
    kept = await bench.rows("select kind, body from dead_letter order by id")
    assert [it[0] for it in kept] == ["webhook", "unsupported", "webhook"]
    assert kept[2][1] == b"\xff\0{"
    counted = b'self_unsupported_kinds_total{kind="news",provider="feed"} 1.0'
    assert counted in bench.metrics.render()
    assert await bench.rows("select count(*) from webhook_inbox") == [(0,)]


async def test_a_delivery_that_breaks_the_transaction_is_tried_alone_and_given_up_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.account()
    publish = ledger.publish

    async def breaks(conn: object, users: object, items: list[ledger.Item]) -> int:
        if any(it.version.message.id == "a" for it in items):
            raise OverflowError
        return await publish(conn, users, items)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(ledger, "publish", breaks)
    await post(bench, Note("a"), Note("b"))
    for _ in range(5):
        await work(bench)
        await bench.rows("update webhook_inbox set next_at = now()")
    assert await bench.published() == [("created", "b", "")]
    assert await bench.rows("select kind, attempts, error from dead_letter") == [
        ("webhook", 5, "OverflowError: ")
    ]


async def test_a_reader_that_was_thought_dead_settles_nothing(bench: Bench) -> None:
    await bench.account()
    await post(bench, Note("a"))
    async with bench.db.connection() as conn:
        (held,) = await inbox.lease(conn, "feed", 10)
    await bench.rows("update webhook_inbox set lease_until = '-infinity'")
    await work(bench)
    async with bench.db.connection() as conn:
        assert await inbox.settle(conn, [held]) == 0
    assert len(await bench.published()) == 1


async def test_a_nudge_makes_the_walk_due(bench: Bench) -> None:
    await bench.account()
    await bench.walk()
    await post(bench, Note("a", kind="nudge"))
    await work(bench)
    assert await bench.rows("select next_run_at <= now() from sync_state") == [(True,)]


async def test_a_nudge_with_facts_finds_what_nobody_discovered_yet(db: Database) -> None:
    book = Notebook([[Note("n")]])
    bench = Bench(db, provider(book, shelf=True))
    await bench.account()
    await bench.account("ben", "book:2")
    await bench.walk()
    for facts in ({}, {"type": "page"}, {"type": "other"}):
        told = Note(f"b{len(facts)}{facts}", kind="nudge", resource="7", facts=facts)
        await post(bench, told)
        await work(bench)
        await bench.walk()
    assert book.asked == [("7", 0), ("7", 0)], "without facts only what is known is walked"
    known = await bench.rows(
        "select user_id, r.id, facts from resource r join connected_account a on a.id = account_id"
    )
    assert known == [("ana", "7", {"type": "page"})], "known once, by whom it was told to"


BODIES = [b"", b"{}", b"\x04\x22\x4d\x18 begins as a packed one does", bytes(range(256)) * 5000]


async def test_a_body_comes_back_as_it_was(bench: Bench) -> None:
    async with bench.db.transaction() as conn:
        await inbox.put(conn, "feed", [inbox.arrived(Delivery(it, {}), None) for it in BODIES])
        assert [it.delivery.body for it in await inbox.lease(conn, "feed", 10)] == BODIES


async def test_a_body_that_an_earlier_version_stored_comes_back_too(bench: Bench) -> None:
    async with bench.db.transaction() as conn:
        await inbox.put(conn, "feed", [inbox.arrived(Delivery(b"{}", {}), None)])
        await conn.execute("update webhook_inbox set body = '{\"a\": 1}'")
        (row,) = await inbox.lease(conn, "feed", 1)
    assert row.delivery.body == b'{"a": 1}'


async def test_a_replayed_delivery_comes_back_as_it_was(bench: Bench) -> None:
    was = Delivery(BODIES[2], {"signature": "s"})
    async with bench.db.transaction() as conn:
        taken = dead.Taken("webhook", None, "1", dead.envelope(was), was.body)
        await dead.replay_webhook(conn, "feed", taken)
        (row,) = await inbox.lease(conn, "feed", 1)
    assert (row.delivery.body, row.delivery.headers) == (was.body, was.headers)


async def test_nothing_is_promised_while_the_database_is_away(
    bench: Bench, database_url: str
) -> None:
    away = Database(
        database_url.replace("?", "_not_there?") if "?" in database_url else database_url + "_no"
    )
    with pytest.raises(Away):
        await post(Bench(away, bench.provider), Note("a"))


async def test_a_route_is_an_origins_own(bench: Bench) -> None:
    ana = await bench.account("ana", "book:1", "book:2")
    async with bench.db.transaction() as conn:
        await routes.set_routes(conn, "feed", ana, {"books:1": ["book:1"]})
        await routes.set_routes(conn, "feed", ana, {"caller": ["book:2"]})
        claimed, _ = await routes.owners(conn, "feed", ["book:1", "book:2", "book:3"])
    assert claimed == {"book:1": {ana}, "book:2": {ana}}


async def test_however_many_parts_claim_keys_few_statements_do_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, asked = await bench.account("ana", "book:0"), list[Any]()
    async with bench.db.transaction() as conn:
        execute = conn.execute

        async def counted(*given: Any) -> Any:
            asked.append(given)
            return await execute(*given)

        monkeypatch.setattr(conn, "execute", counted)
        claims = {f"books:{n}": [f"book:{n}", "shelf:1"] for n in range(1000)}
        await routes.set_routes(conn, "feed", ana, claims)
        assert len(asked) == 3
        await routes.set_routes(conn, "feed", ana, {"books:1": ["book:x"], "books:2": []})
        claimed, _ = await routes.owners(conn, "feed", [f"book:{n}" for n in (0, 1, 2, 3, "x")])
    assert claimed == {"book:0": {ana}, "book:3": {ana}, "book:x": {ana}}
