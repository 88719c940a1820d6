"""A made-up provider without a network: a notebook of pages of notes that a test writes itself."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec import DecodeError, Raw, Struct, json

from shared.errors import NotGenuine, Unreadable, UnsupportedEvent
from shared.normalizer import Message, version
from shared.provider import Api, Provider, Stream, Webhook
from shared.store import ledger, routes, syncs
from shared.store.database import Database
from shared.sync.engine import SyncWorker
from shared.sync.normalize import prepare
from shared.telemetry.metrics import Metrics
from shared.types import Delivery, Nudge, Page, Record, Resource
from shared.webhook.worker import InboxWorker

START = datetime(2026, 1, 1, tzinfo=UTC)


class Note(Struct, frozen=True):
    """Their shape: `minute` after START is when it was written; `kind` lets a test misbehave."""

    id: str
    text: str = ""
    minute: int = 0
    kind: str = "note"
    removed: bool = False
    routes: tuple[str, ...] = ("book:1",)
    resource: str = ""
    facts: dict[str, str] = {}


class Cursor(Struct, frozen=True):
    """The next page."""

    page: int = 0


def minute(n: int) -> datetime:
    return START.replace(hour=n // 60, minute=n % 60)


def note(it: Note) -> Message:
    if it.text == "poison":
        raise ZeroDivisionError
    return Message(
        id=it.id,
        source="feed",
        type="note",
        timestamp=START,
        updated_at=minute(it.minute),
        content=it.text,
    )


def record(it: Note) -> Record:
    return Record(it.kind, Raw(json.encode(it)), removed=it.removed, routes=it.routes)


@dataclass
class Notebook:
    """What the provider holds. `pages` of notes, `books` that are discovered, `before` may interfere."""

    pages: list[list[Note]] = field(default_factory=list)
    books: list[Resource] = field(default_factory=list)
    before: Callable[[int], Any] | None = None
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def walk(self, api: Api, at: Cursor, resource: Resource) -> AsyncIterator[Page]:
        for number in range(at.page, max(1, len(self.pages))):
            self.asked.append((resource.id, number))
            if self.before is not None and (found := self.before(number)) is not None:
                await found
            notes = self.pages[number] if self.pages else []
            last = number + 1 >= len(self.pages)
            yield Page(tuple(map(record, notes)), Cursor() if last else Cursor(number + 1))

    async def shelf(self, api: Api, at: Cursor, resource: Resource) -> AsyncIterator[Page]:
        yield Page((), Cursor(), resources=tuple(self.books))


def read(it: Delivery) -> Iterator[Record | Nudge]:
    try:
        said = json.decode(it.body, type=Note)
    except DecodeError as error:
        raise Unreadable(str(error)) from error
    if said.kind == "nudge":
        yield Nudge(said.routes, "notes", said.resource, said.facts)
    elif said.kind == "news":
        raise UnsupportedEvent("nobody declared news", said.kind)
    else:
        yield record(said)


def verify(secrets: Sequence[bytes], it: Delivery, now: float) -> None:
    if it.headers.get("signature", "").encode() not in secrets:
        raise NotGenuine


def provider(
    book: Notebook, *, complete: bool | Callable[[Any], bool] = False, shelf: bool = False
) -> Provider:
    notes = Stream(
        name="notes",
        source="feed",
        cursor=Cursor,
        pages=book.walk,
        complete=complete,
        per_resource=shelf,
    )
    books = Stream(name="books", source="feed", cursor=Cursor, pages=book.shelf, complete=True)
    return Provider(
        name="feed",
        title="Feed",
        port=8998,
        base_url="http://127.0.0.1:1",
        sources=("feed",),
        normalizers={"note": note},
        ignored={"chatter": "says nothing"},
        webhook=Webhook(verify=verify, delivery_id=lambda it: it.headers.get("id"), read=read),
        streams=(books, notes) if shelf else (notes,),
    )


@dataclass
class Bench:
    """The kernel's two workers on a real database, without a bus: the outbox is what came out."""

    db: Database
    provider: Provider
    metrics: Metrics = field(default_factory=Metrics)

    def walker(self, owner: str = "test", **facts: Any) -> SyncWorker:
        def no_api(account_id: UUID) -> Api:
            return None  # type: ignore[return-value]  # the notebook asks nobody

        return SyncWorker(
            db=self.db,
            provider=self.provider,
            normalize=prepare(self.provider),
            api_for=no_api,
            metrics=self.metrics,
            published=lambda: None,
            owner=owner,
            **facts,
        )

    def reader(self) -> InboxWorker:
        return InboxWorker(
            db=self.db,
            provider=self.provider,
            normalize=prepare(self.provider),
            metrics=self.metrics,
            published=lambda: None,
            nudged=lambda: None,
        )

    async def account(self, user_id: str = "ana", *claims: str) -> UUID:
        """A connected account whose streams have never run."""
        async with self.db.transaction() as conn:
            row = await (
                await conn.execute(
                    "insert into connected_account (user_id, provider, provider_account_id)"
                    " values (%s, 'feed', gen_random_uuid()::text) returning id",
                    (user_id,),
                )
            ).fetchone()
            assert row
            ident = UUID(str(row[0]))
            await routes.set_routes(conn, "feed", ident, {"caller": claims or ("book:1",)})
            streams = [(it.name, "") for it in self.provider.streams if not it.per_resource]
            await syncs.ensure(conn, ident, streams, None)
        return ident

    async def walk(self, worker: SyncWorker | None = None) -> int:
        """Do every walk that is due; return how many slices that were."""
        worker, n = worker or self.walker(), 0
        while (unit := await worker.lease()) is not None:
            await worker.run(unit)
            n += 1
        return n

    async def due(self) -> None:
        """Make every walk due again."""
        await self.rows("update sync_state set next_run_at = now()")

    async def rows(self, statement: str, *values: Any) -> list[Any]:
        async with self.db.connection() as conn:
            cursor = await conn.execute(statement, values)
            return await cursor.fetchall() if cursor.description else []

    async def published(self) -> list[tuple[str, str, str]]:
        """What is in the outbox, in order: change, item id, content."""
        found = []
        for headers, payload in await self.rows("select headers, payload from outbox order by id"):
            kind = json.decode(headers, type=dict[str, str])["ce-type"]
            if kind.startswith("self.note."):
                said = json.decode(payload, type=Message)
                found.append((kind.removeprefix("self.note."), said.id, said.content))
        return found

    async def put(self, account_id: UUID, *notes: Note) -> int:
        """Straight into the ledger, as one page."""
        async with self.db.transaction() as conn:
            users = await ledger.lock_accounts(conn, [account_id])
            versions = [version(note(it), removed=it.removed) for it in notes]
            items = [ledger.Item(account_id, it) for it in versions]
            return await ledger.publish(conn, users, items) if users else 0


def delivery(it: Note, ident: str = "") -> Delivery:
    return Delivery(
        body=json.encode(it),
        headers={"signature": "s", "id": ident} if ident else {"signature": "s"},
    )
