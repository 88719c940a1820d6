"""Which keys are one person: the parts that hang together when appearances join an address and an id.

A person is named by the least of its keys, so nothing depends on the order in which anything arrived;
when what joined two keys is gone, they are two people again.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from uuid import UUID

from services.context.people import Key
from shared.store.database import Connection
from shared.store.sql import load

_SQL = load("identity", "services.context")

Pair = tuple[UUID, UUID]


def components(keys: Iterable[UUID], links: Iterable[Pair]) -> dict[UUID, UUID]:
    """Each key with the least key that it hangs together with."""
    above = {key: key for key in keys}

    def root(key: UUID) -> UUID:
        while above[key] != key:
            above[key] = above[above[key]]
            key = above[key]
        return key

    for one, other in links:
        least, greater = sorted((root(one), root(other)))
        above[greater] = least
    return {key: root(key) for key in above}


async def settle(
    conn: Connection,
    added: Mapping[UUID, tuple[str, Key]],
    removed: set[UUID],
    links: Counter[Pair],
) -> None:
    """Bring people up to date after appearances changed, in their transaction.

    `added` are the keys that appear now, with their user; `removed` those that appeared and may not any
    more; `links` by how many more (or fewer) appearances say that two keys are one.
    """
    touched = added.keys() | removed
    if not touched:
        return
    changed = await _relink(conn, {pair: n for pair, n in links.items() if n})
    known = dict(await _pairs(conn, "known", keys=touched))
    gone = await _column(conn, "unseen", keys=removed)
    new = added.keys() - known.keys() - gone
    people = {known[key] for key in touched if key in known}
    if loose := new | gone | {key for pair in changed for key in pair}:
        broken = {known[key] for key in loose if key in known}
        members = (await _column(conn, "members", people=broken) | new) - gone
        whole = components(members, await _pairs(conn, "links", keys=members))
        people |= set(whole.values())
        await conn.execute(_SQL.drop, {"keys": sorted(gone)})
        await _add(conn, {key: (*added[key], whole[key]) for key in sorted(new)})
        moved = sorted(members - new)
        await conn.execute(_SQL.move, {"keys": moved, "people": [whole[key] for key in moved]})
    await conn.execute(_SQL.refresh, {"keys": sorted(touched - gone)})
    await conn.execute(_SQL.tell, {"people": sorted(people)})
    await conn.execute(_SQL.drop_people, {"people": sorted(people)})


async def _relink(conn: Connection, links: Mapping[Pair, int]) -> set[Pair]:
    """Count, and return the pairs that are joined now and were not, or the other way about."""
    if not links:
        return set()
    pairs = sorted(links)
    sides = {"keys": [pair[0] for pair in pairs], "aliases": [pair[1] for pair in pairs]}
    cursor = await conn.execute(_SQL.relink, {**sides, "counts": [links[pair] for pair in pairs]})
    changed = {(row[0], row[1]) for row in await cursor.fetchall() if row[2]}
    if any(n < 0 for n in links.values()):
        changed |= set(await (await conn.execute(_SQL.unlink, sides)).fetchall())
    return changed


async def _add(conn: Connection, new: Mapping[UUID, tuple[str, Key, UUID]]) -> None:
    await conn.execute(
        _SQL.add,
        {
            "keys": list(new),
            "users": [user for user, _, _ in new.values()],
            "kinds": [key.kind for _, key, _ in new.values()],
            "values": [key.value for _, key, _ in new.values()],
            "people": [person for _, _, person in new.values()],
        },
    )


async def _pairs(conn: Connection, name: str, **given: Iterable[UUID]) -> list[Pair]:
    cursor = await conn.execute(_SQL[name], {what: sorted(ids) for what, ids in given.items()})
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def _column(conn: Connection, name: str, **given: Iterable[UUID]) -> set[UUID]:
    cursor = await conn.execute(_SQL[name], {what: sorted(ids) for what, ids in given.items()})
    return {row[0] for row in await cursor.fetchall()}
