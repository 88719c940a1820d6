"""The properties of a note: YAML between two lines of three dashes, read as Obsidian reads it.

https://help.obsidian.md/properties
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml
from yaml import CSafeLoader

LONGEST = 65_536
"""Characters of the block that are read as properties."""
DEEPEST = 20

_BLOCK = re.compile(r"---[ \t]*\n(?P<yaml>.*?)^---[ \t]*(?:\n|\Z)", re.S | re.M)
_APART = re.compile(r"[,\s]+")


class Properties(NamedTuple):
    """What the block says by key, the text below it, and why the block could not be read."""

    values: dict[str, Any]
    body: str
    error: str = ""


class _Loader(CSafeLoader):
    """Plain data only, with the few types of YAML 1.2: `yes` is a word, a date stays as it is written."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own way: of this class alone


for _tag, _pattern, _first in (
    ("null", r"(?:~|null|Null|NULL|)", ["~", "n", "N", ""]),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)", list("tTfF")),
    ("int", r"-?(?:0|[1-9][0-9]{0,14})", list("-0123456789")),
    ("float", r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,15}", list("-0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern + r"\Z"), _first)


def read(text: str) -> Properties:
    """Split a note; `text` has no byte order mark and its lines end with a line feed alone."""
    found = _BLOCK.match(text)
    if found is None:
        return Properties({}, text)
    body = text[found.end() :]
    try:
        values = _loaded(found["yaml"])
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError, TypeError) as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f" at line {mark.line + 2}" if mark else ""
        return Properties({}, body, f"the properties are not YAML{where}")
    if values is None:
        return Properties({}, body)
    if not isinstance(values, dict):
        return Properties({}, body, "the properties are not names with values")
    return Properties({str(key): _plain(it) for key, it in values.items()}, body)


def words(values: dict[str, Any], *names: str, apart: bool = True) -> list[str]:
    """The texts under the first of these names: a list, or one text that commas (and spaces) divide."""
    for name in names:
        match values.get(name):
            case str() as one:
                found = _APART.split(one) if apart else one.split(",")
            case list() as several:
                found = [str(it) for it in several if isinstance(it, str | int | float)]
            case _:
                continue
        return [it.strip() for it in found if it.strip()]
    return []


def ident(values: dict[str, Any]) -> str:
    """What the note calls itself for ever, or nothing."""
    for name in ("id", "uid"):
        it = values.get(name)
        if isinstance(it, str | int) and not isinstance(it, bool):
            text = str(it).strip()
            return text if 0 < len(text) <= 200 and text.isprintable() else ""
    return ""


def texts(value: Any) -> Iterator[str]:
    """Every text in a value, however deep."""
    match value:
        case str():
            yield value
        case list():
            for it in value:
                yield from texts(it)
        case dict():
            for it in value.values():
                yield from texts(it)


def _loaded(text: str) -> Any:
    """Refuses what would be small here and large as JSON: aliases, and things nested without end."""
    if len(text) > LONGEST:
        raise ValueError("the properties are too long")
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent) or depth > DEEPEST:
            raise ValueError("an alias, or nested too deep")
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader that knows fewer types


def _plain(value: Any) -> Any:
    """What an explicit tag made (a date, a set, bytes) becomes text."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case list():
            return [_plain(it) for it in value]
        case dict():
            return {str(key): _plain(it) for key, it in value.items()}
        case _:
            return str(value)
