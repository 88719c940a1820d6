"""Names for what records mention by id, looked up once for many records before they are normalized."""

from collections import ChainMap
from collections.abc import Mapping, Sequence, Set
from functools import partial
from itertools import islice, repeat
from uuid import UUID

from msgspec import structs

from shared.provider import Directory
from shared.store import names
from shared.store.database import Database
from shared.types import Page, Record


async def on_pages(
    db: Database, directory: Directory | None, account_id: UUID, group: Sequence[Page]
) -> Sequence[Page]:
    """The pages with what their account knows; unchanged where the provider has no directory."""
    if directory is None:
        return group
    told = [record for page in group for record in page.records]
    mentioned = [set(directory.ids(it)) for it in told]
    if not any(mentioned):
        return group
    async with db.connection() as conn:
        known = await names.of_account(conn, account_id, set().union(*mentioned))
    named = map(partial(_named, directory), told, mentioned, repeat(known))
    return [structs.replace(it, records=tuple(islice(named, len(it.records)))) for it in group]


async def on_records(
    db: Database, provider: str, directory: Directory | None, told: Sequence[Record]
) -> Sequence[Record]:
    """The records with what the accounts that they are routed to know; each hears its own only."""
    if directory is None:
        return told
    mentioned = [set(directory.ids(it)) for it in told]
    if not any(mentioned):
        return told
    keys = {key for it in told for key in it.routes}
    async with db.connection() as conn:
        known = await names.of_routes(conn, provider, keys, set().union(*mentioned))
    return [
        _named(directory, it, ids, ChainMap(*(known[key] for key in it.routes if key in known)))
        for it, ids in zip(told, mentioned, strict=True)
    ]


def _named(directory: Directory, it: Record, ids: Set[str], known: Mapping[str, str]) -> Record:
    mentioned = {ident: known[ident] for ident in sorted(ids) if ident in known}
    return directory.put(it, mentioned) if mentioned else it
