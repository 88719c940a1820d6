"""The tables are a pure function of the newest versions: any order, repetition or batch gives the same."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from services.context.applying import handle
from services.context.identity import components
from services.context.people import Key
from shared.normalizer import Message, Person, Recipient
from shared.store.database import Database
from tests.context.fold import AT, Told, account, fold, heard, tables

pytestmark = pytest.mark.anyio

WHO = [
    Person(email="ana@acme.test", name="Ana"),
    Person(email="ben@acme.test"),
    Person(email="ben@home.test", name="Ben"),
    Person(id="U1"),
    Person(id="U1", email="ana@acme.test", name="Ana A."),
    Person(id="U1", email="ben@acme.test"),
    Person(id="U2", email="ben@home.test", name="Benjamin"),
    Person(id="U2", email="ben@acme.test", name="Ben"),
    Person(email="no-reply@acme.test", name="Robot"),
    Person(name="Nobody"),
]

people = st.sampled_from(WHO)
messages = st.builds(
    lambda number, kind, author, others, days, gone: (
        Message(
            id=f"m{number}",
            source="slack",
            type=kind,
            timestamp=AT + timedelta(days=days),
            deleted=gone,
        )
        if gone
        else Message(
            id=f"m{number}",
            source="slack",
            type=kind,
            timestamp=AT + timedelta(days=days),
            author=author,
            title="Plan",
            content="- [ ] write it\n",
            recipients=tuple(Recipient(it.id, it.name, it.email, "to") for it in others),
            metadata={"ical_uid": f"u{number}", "start": "2026-11-23"},
        )
    ),
    st.integers(0, 1),
    st.sampled_from(["email", "event", "issue"]),
    people,
    st.lists(people, max_size=2),
    st.integers(0, 3),
    st.sampled_from([False, False, False, True]),
)
accounts = st.sampled_from([("one", "ana")] * 3 + [("two", "ana"), ("three", "ben")])


@st.composite
def streams(draw: st.DrawFn) -> list[list[Told]]:
    """Batches of a stream, with repetitions, in any order; an account may be deleted anywhere."""
    told = []
    for sequence in range(1, draw(st.integers(1, 12)) + 1):
        name, user = draw(accounts)
        message = draw(st.one_of(messages, messages, messages, messages, messages, st.none()))
        told.append(Told(message, sequence, name, user))
    again = told + draw(st.lists(st.sampled_from(told), max_size=6))
    mixed = draw(st.permutations(again))
    cuts = sorted(draw(st.lists(st.integers(0, len(mixed)), max_size=5)))
    edges = [0, *cuts, len(mixed)]
    return [mixed[a:b] for a, b in pairwise(edges)]


async def play(db: Database, batches: Sequence[Sequence[Told]]) -> dict[str, Any]:
    async with db.connection() as conn:
        await conn.execute(
            "truncate context.item, context.link, context.identity, context.person, context.closed cascade"
        )
    for batch in batches:
        await handle(db, [heard(it) for it in batch])
    return await tables(db)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches=streams())
async def test_whatever_the_order_the_newest_versions_are_what_is_known(
    db: Database, batches: list[list[Told]]
) -> None:
    found = await play(db, batches)
    assert found == fold(heard(it) for batch in batches for it in batch)


def mail(number: int, *who: Person, gone: bool = False) -> Message:
    return Message(
        id=f"m{number}",
        source="slack",
        type="email",
        timestamp=AT,
        author=None if gone else who[0],
        recipients=()
        if gone
        else tuple(Recipient(it.id, it.name, it.email, "to") for it in who[1:]),
        deleted=gone,
    )


async def test_a_message_with_both_keys_joins_two_people_and_its_deletion_parts_them(
    db: Database,
) -> None:
    address, ident, both = WHO[0], WHO[3], WHO[4]
    apart = [[Told(mail(1, address), 1)], [Told(mail(2, ident), 2)]]
    assert len((await play(db, apart))["people"]) == 2
    joined = [*apart, [Told(mail(3, both), 3)]]
    assert len((await play(db, joined))["people"]) == 1
    parted = [*joined, [Told(mail(3, gone=True), 4)]]
    assert len((await play(db, parted))["people"]) == 2


async def test_an_account_that_is_deleted_leaves_nothing_and_what_comes_late_is_ignored(
    db: Database,
) -> None:
    mine = [Told(mail(n, WHO[n], WHO[n + 1]), n + 1) for n in range(3)]
    other = Told(mail(9, WHO[2]), 9, "two")
    found = await play(db, [mine, [other], [Told(None, 10)], mine])
    assert found == fold([heard(other)])
    assert not [key for key in found["items"] if key[0] == account("one")]


async def test_an_older_version_that_comes_later_is_ignored(db: Database) -> None:
    old, new = Told(mail(1, WHO[1]), 3), Told(mail(1, WHO[0]), 5)
    gone = Told(mail(2, gone=True), 9)
    found = await play(db, [[new], [old], [gone], [Told(mail(2, WHO[2]), 8)]])
    assert found == fold(map(heard, (new, gone)))


async def test_processes_that_work_at_once_do_not_miss_what_the_other_joins(db: Database) -> None:
    """Chains of keys: each link is told by another batch, and all of them at once."""
    told = [
        Told(mail(n, Person(id=f"U{n // 2}", email=f"p{(n + 1) // 2}@acme.test")), n + 1)
        for n in range(60)
    ]
    batches = [told[n::6] for n in range(6)]
    await asyncio.gather(*(handle(db, [heard(it) for it in batch]) for batch in batches))
    found = await tables(db)
    assert found == fold(map(heard, told))
    assert len(found["people"]) == 1


async def test_two_users_never_share_a_person(db: Database) -> None:
    found = await play(db, [[Told(mail(1, WHO[0]), 1), Told(mail(1, WHO[0]), 2, "three", "ben")]])
    assert len(found["people"]) == 2


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=15), st.randoms())
@example([(0, 1), (2, 3), (1, 2)], None)
def test_the_parts_are_the_same_in_any_order(links: list[tuple[int, int]], dice: Any) -> None:
    keys = [Key("slack", str(n)).of("ana") for n in range(10)]
    pairs = [(keys[a], keys[b]) for a, b in links]
    whole = components(keys, pairs)
    assert all(whole[a] == whole[b] for a, b in pairs)
    assert all(whole[key] <= key and whole[whole[key]] == whole[key] for key in keys)
    if dice:
        dice.shuffle(pairs)
        assert components(reversed(keys), [(b, a) for a, b in pairs]) == whole
