"""Properties of a page as text: one line each. Pure.

A kind that nobody knows yet is left out. https://developers.notion.com/reference/page-property-values
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import MsgspecError, convert

from services.notion.models import File, Rich, User
from services.notion.text import plain, words

Property = Mapping[str, Any]
SILENT = frozenset({"button", "title"})
_STAMPS = frozenset({"created_time", "created_by", "last_edited_time", "last_edited_by"})
"""What every page says of itself anyway."""


def title_of(properties: Mapping[str, Property]) -> str:
    """The one property of the type `title`, which may have any name."""
    found = (it for it in properties.values() if it.get("type") == "title")
    return plain(rich(next(found, {}).get("title")))


def told(properties: Mapping[str, Property], names: Mapping[str, str]) -> dict[str, str]:
    """What every property says, in the order of their names; those that say nothing are left out."""
    lines = {name: value(it, names) for name, it in sorted(properties.items()) if _speaks(it)}
    return {name: text for name, text in lines.items() if text}


def value(it: Property, names: Mapping[str, str]) -> str:
    """What a property says, "" for a kind or a shape that is unknown."""
    kind = str(it.get("type"))
    say = _SAY.get(kind)
    if say is None or it.get(kind) is None:
        return ""
    try:
        return say(it[kind], names)
    except (TypeError, AttributeError, KeyError, ValueError, MsgspecError):
        return ""


def users(properties: Mapping[str, Property]) -> Iterator[User]:
    """Those whom properties of the type `people` name."""
    for it in properties.values():
        if it.get("type") == "people":
            yield from _all(it.get("people"), User)


def runs(properties: Mapping[str, Property]) -> Rich:
    """All rich text in them."""
    kinds = ("title", "rich_text")
    return [run for it in properties.values() for kind in kinds for run in rich(it.get(kind))]


def files(properties: Mapping[str, Property]) -> Iterator[tuple[str, File]]:
    """Files, each with an id within its page: the property's and its place there."""
    for it in properties.values():
        if it.get("type") == "files":
            for number, file in enumerate(_all(it.get("files"), File)):
                yield f"{it.get('id', 'files')}:{number}", file


def rich(runs: object) -> Rich:
    """Rich text that is one; nothing where it has another shape."""
    try:
        return convert(runs or [], Rich)
    except MsgspecError:
        return []


def _speaks(it: Property) -> bool:
    return str(it.get("type")) not in SILENT | _STAMPS


def _all(rows: object, kind: type[Any]) -> Iterator[Any]:
    for row in rows if isinstance(rows, list) else []:
        try:
            yield convert(row, kind)
        except MsgspecError:
            continue


def _name(it: Any, _: Mapping[str, str]) -> str:
    return str(it["name"])


def _names(them: Any, _: Mapping[str, str]) -> str:
    return ", ".join(str(it["name"]) for it in them)


def _text(it: Any, _: Mapping[str, str]) -> str:
    return convert(it, str)


def _number(it: Any, _: Mapping[str, str]) -> str:
    return format(convert(it, float), ".15g")


def _date(it: Any, _: Mapping[str, str]) -> str:
    """As Notion has it: a day alone stays one, and a time without an offset names its zone."""
    span = " – ".join(str(it[name]) for name in ("start", "end") if it.get(name))  # noqa: RUF001 - a range
    return f"{span} {it['time_zone']}" if it.get("time_zone") else span


def _people(them: Any, names: Mapping[str, str]) -> str:
    found = [convert(it, User) for it in them]
    return ", ".join(names.get(it.id) or it.name or it.id for it in found)


def _rollup(it: Any, names: Mapping[str, str]) -> str:
    if it["type"] == "array":
        return ", ".join(filter(None, (value(one, names) for one in it["array"])))
    return value(it, names)


def _unique(it: Any, _: Mapping[str, str]) -> str:
    number = str(it["number"]) if it.get("number") is not None else ""
    return f"{it['prefix']}-{number}" if it.get("prefix") and number else number


_SAY: Mapping[str, Callable[[Any, Mapping[str, str]], str]] = {
    "title": lambda it, _: plain(rich(it)),
    "rich_text": lambda it, _: words(rich(it)),
    "number": _number,
    "select": _name,
    "status": _name,
    "multi_select": _names,
    "date": _date,
    "people": _people,
    "files": _names,
    "checkbox": lambda it, _: "yes" if it else "no",
    "boolean": lambda it, _: "yes" if it else "no",
    "string": _text,
    "url": _text,
    "email": _text,
    "phone_number": _text,
    "formula": value,
    "rollup": _rollup,
    "relation": lambda them, _: ", ".join(str(it["id"]) for it in them),
    "unique_id": _unique,
    "verification": lambda it, _: str(it["state"]),
    "place": lambda it, _: str(it.get("name") or it.get("address") or ""),
    "created_time": _text,
    "last_edited_time": _text,
    "created_by": lambda it, names: _people([it], names),
    "last_edited_by": lambda it, names: _people([it], names),
}
