"""Events as they are now: single ones, series with what is not their rule, and exceptions by themselves."""

from collections import Counter
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from msgspec import Raw, json

from services.microsoft import batch
from services.microsoft.calendar_models import Head, Series
from services.microsoft.graph import Deleted
from shared.provider import Api
from shared.shapes import decoded
from shared.types import Record

EVENTS = "/me/events"
ODD = "$select=id,cancelledOccurrences,exceptionOccurrences&$expand=exceptionOccurrences"
MOVED = "moved to another calendar"


def home_of(calendar: str) -> str:
    """The path of a calendar."""
    return f"/me/calendars/{quote(calendar, safe='')}"


async def read(
    api: Api, calendar: str, idents: Iterable[str], seen: str
) -> tuple[list[Record], dict[str, int]]:
    """These events of a calendar; `seen` is the moment at which those that are gone are missed.

    What is in another calendar is told by that one.
    """
    wanted = list(dict.fromkeys(idents))
    rows = await batch.get(api, [f"{home_of(calendar)}/events/{quote(it)}" for it in wanted])
    missing = [ident for ident, row in zip(wanted, rows, strict=True) if row is None]
    moved = await batch.get(api, [f"{EVENTS}/{quote(it)}?$select=id" for it in missing])
    gone = [ident for ident, row in zip(missing, moved, strict=True) if row is None]
    excluded = Counter({MOVED: len(missing) - len(gone)})
    records = [_gone(ident, seen) for ident in gone]
    records += await told(api, calendar, [row for row in rows if row is not None])
    return records, dict(+excluded)


async def told(api: Api, calendar: str, rows: Sequence[Raw]) -> list[Record]:
    """Rows as records; of a series, what was cancelled and what was changed as well."""
    heads = [decoded(row, Head) for row in rows]
    masters = [it.id for it in heads if it.type == "seriesMaster"]
    odd = await batch.get(api, [f"{EVENTS}/{quote(it)}?{ODD}" for it in masters])
    series = {it.id: it for it in (decoded(row, Series) for row in odd if row is not None)}
    known = {it.id for it in heads}
    changed = [
        one.id
        for it in series.values()
        for one in it.exceptionOccurrences or []
        if one.id not in known
    ]
    others = await batch.get(api, [f"{home_of(calendar)}/events/{quote(it)}" for it in changed])
    cancelled = {ident: it.cancelledOccurrences or [] for ident, it in series.items()}
    return [
        *(
            _record(calendar, row, cancelled.get(it.id, []))
            for it, row in zip(heads, rows, strict=True)
        ),
        *(_record(calendar, row, []) for row in others if row is not None),
    ]


def _record(calendar: str, row: Raw, cancelled: list[str]) -> Record:
    payload = json.encode({"calendar": calendar, "event": row, "cancelled": cancelled})
    return Record("event", Raw(payload))


def _gone(ident: str, seen: str) -> Record:
    return Record("event_deleted", Raw(json.encode(Deleted(ident, seen))), removed=True)
