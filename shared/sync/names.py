"""Names for what records mention by id, looked up once for many records before they are normalized."""

from collections.abc import Mapping, Sequence
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
    ids = {it for page in group for record in page.records for it in directory.ids(record)}
    if not ids:
        return group
    async with db.connection() as conn:
        known = await names.of_account(conn, account_id, ids)
    return [
        structs.replace(page, records=tuple(_named(directory, it, known) for it in page.records))
        for page in group
    ]


async def on_records(
    db: Database, provider: str, directory: Directory | None, told: Sequence[Record]
) -> Sequence[Record]:
    """The records with what the accounts that they are routed to know; each hears its own only."""
    if directory is None:
        return told
    ids = {it for record in told for it in directory.ids(record)}
    if not ids:
        return told
    keys = {key for record in told for key in record.routes}
    async with db.connection() as conn:
        known = await names.of_routes(conn, provider, keys, ids)
    return [
        _named(directory, it, {k: v for key in it.routes for k, v in known.get(key, {}).items()})
        for it in told
    ]


def _named(directory: Directory, it: Record, known: Mapping[str, str]) -> Record:
    mentioned = {ident: known[ident] for ident in directory.ids(it) if ident in known}
    return directory.put(it, mentioned) if mentioned else it
