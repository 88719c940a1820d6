"""Names of what records mention: told by pages and webhooks, kept by account, put in before normalizing."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec import Raw, json, structs

from shared.provider import Api, Directory, Provider, Stream
from shared.store import inbox, names
from shared.store.database import Database
from shared.types import Delivery, Names, Page, Record, Resource
from tests.fakes.feed import Bench, Cursor, Note, Notebook, delivery, provider

pytestmark = pytest.mark.anyio

PEOPLE = {"u1": "ana", "u2": "bo"}


def put(it: Record, known: Mapping[str, str]) -> Record:
    said = json.decode(it.payload, type=Note)
    text = " ".join(known.get(word, word) for word in said.text.split())
    return structs.replace(it, payload=Raw(json.encode(structs.replace(said, text=text))))


DIRECTORY = Directory(ids=lambda it: json.decode(it.payload, type=Note).text.split(), put=put)


def knowing(feed: Provider) -> Provider:
    return structs.replace(feed, directory=DIRECTORY)


def with_people(book: Notebook) -> Provider:
    """A feed whose notes wait for its people."""

    async def people(api: Api, at: Cursor, _: Resource) -> AsyncIterator[Page]:
        yield Page((), Cursor(), names=PEOPLE)

    feed = knowing(provider(book))
    (notes,) = feed.streams
    listed = Stream(name="people", source="feed", cursor=Cursor, pages=people)
    return structs.replace(feed, streams=(structs.replace(notes, after="people"), listed))


async def test_a_first_walk_waits_for_the_names_that_it_needs(db: Database) -> None:
    bench = Bench(db, with_people(Notebook([[Note("1", "u1 meets u2 and u3")]])))
    await bench.account()
    await bench.walk()
    assert await bench.published() == []
    await bench.due()
    await bench.walk()
    assert await bench.published() == [("created", "1", "ana meets bo and u3")]


async def test_names_that_cannot_be_had_hold_nothing_up(db: Database) -> None:
    bench = Bench(db, with_people(Notebook([[Note("1", "u1")]])))
    await bench.account()
    await bench.rows("update sync_state set last_error = 'refused' where stream = 'people'")
    (unit,) = [it async for it in leased(bench) if it.stream == "notes"]
    await bench.walker().run(unit)
    assert await bench.published() == [("created", "1", "u1")]


async def leased(bench: Bench) -> AsyncIterator[Any]:
    worker = bench.walker()
    while unit := await worker.lease():
        yield unit


async def test_a_webhook_is_told_with_names_and_tells_new_ones(db: Database) -> None:
    bench = Bench(db, knowing(provider(Notebook())))
    ana = await bench.account()
    async with db.transaction() as conn:
        await names.put(conn, [ana], PEOPLE)
    await hear(bench, Note("1", "u1 and u2"))
    await hear(bench, Names(("book:1",), {"u1": "Ana Maria"}))
    await hear(bench, Note("2", "u1 and u2"))
    assert await bench.published() == [
        ("created", "1", "ana and bo"),
        ("created", "2", "Ana Maria and bo"),
    ]


async def test_what_is_heard_behind_a_new_name_has_it_also_in_one_go(db: Database) -> None:
    bench = Bench(db, knowing(provider(Notebook())))
    ana = await bench.account()
    async with db.transaction() as conn:
        await names.put(conn, [ana], PEOPLE)
    renamed = Names(("book:1",), {"u1": "Ana Maria"})
    await hear(bench, Note("1", "u1"), renamed, renamed, Note("2", "u1"), Note("3", "u2"))
    assert await bench.published() == [
        ("created", "1", "ana"),
        ("created", "2", "Ana Maria"),
        ("created", "3", "bo"),
    ]


async def test_nobody_hears_names_that_only_others_know(db: Database) -> None:
    bench = Bench(db, knowing(provider(Notebook())))
    ana, ben = await bench.account("ana", "book:1"), await bench.account("ben", "book:2")
    async with db.transaction() as conn:
        await names.put(conn, [ana], PEOPLE)
    notes = [Note("1", "u1", routes=("book:1",)), Note("2", "u1", routes=("book:2",))]
    await hear(bench, *notes)
    assert {it[1:] for it in await bench.published()} == {("1", "ana"), ("2", "u1")}
    assert await known(bench, ben) == {}


async def test_names_go_with_their_account_and_the_newest_is_kept(db: Database) -> None:
    bench = Bench(db, provider(Notebook()))
    ana = await bench.account()
    for told in (PEOPLE, {"u1": "Ana Maria"}, {}):
        async with db.transaction() as conn:
            await names.put(conn, [ana], told)
    assert await known(bench, ana) == {"u1": "Ana Maria", "u2": "bo"}
    await bench.rows("delete from connected_account")
    assert await bench.rows("select count(*) from known_name") == [(0,)]


async def known(bench: Bench, account_id: UUID) -> dict[str, str]:
    async with bench.db.connection() as conn:
        return await names.of_account(conn, account_id, list(PEOPLE))


async def hear(bench: Bench, *told: Note | Names) -> None:
    """Let the inbox worker read these; a webhook of names is one that only says `names`."""
    webhook = bench.provider.webhook
    assert webhook

    def read(it: Delivery) -> Iterator[Any]:
        if it.body == b"names":
            yield from (one for one in told if isinstance(one, Names))
        else:
            yield from webhook.read(it)

    deliveries = [delivery(it) if isinstance(it, Note) else Delivery(b"names", {}) for it in told]
    heard = structs.replace(bench.provider, webhook=structs.replace(webhook, read=read))
    async with bench.db.connection() as conn:
        rows = [inbox.arrived(it, uuid4().hex) for it in deliveries]
        await inbox.put(conn, "feed", rows)
    assert await Bench(bench.db, heard).reader().step() == len(told)
