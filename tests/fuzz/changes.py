"""Recorded payloads, and every small way to break one: a field dropped, retyped, or nested."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, get_type_hints

from msgspec import DecodeError, MsgspecError, Struct, convert, json
from msgspec.json import schema_components

from shared.provider import Provider
from shared.types import Record
from tests.contract.reading import data
from tests.hostile.routes import example

Path = tuple[str | int, ...]
DROP = object()
"""The field is not there at all."""

RETYPED: tuple[Any, ...] = (
    DROP,
    None,
    True,
    0,
    -1,
    2**63,
    10**40,
    1e308,
    "",
    "x",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999+23:59",
    "\0\r\n\u2028\U0001f4a9",
    "9" * 5000,
    [],
    {},
    [[]],
    [None],
    {"": ""},
)
NESTED: tuple[Callable[[Any], Any], ...] = (
    lambda it: [it],
    lambda it: {"x": it},
    lambda it: [it] * 50,
    lambda it: f"{it}",
)


class Specimen(Struct, frozen=True):
    """One thing that a normalizer reads, decoded, and where it was found."""

    kind: str
    origin: str
    value: Any


def nodes(value: Any, at: Path = ()) -> Iterator[Path]:
    """The path of every value in it, its own first; of a list only the first and the last item."""
    yield at
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from nodes(inner, (*at, name))
    elif isinstance(value, list):
        for n in sorted({0, len(value) - 1} if value else ()):
            yield from nodes(value[n], (*at, n))


def at(value: Any, path: Path) -> Any:
    """The value at a path."""
    for step in path:
        value = value[step]
    return value


def changed(value: Any, path: Path, new: Any) -> Any:
    """A copy with another value at a path; `DROP` takes it away. What is beside it is shared."""
    if not path:
        return None if new is DROP else new
    copy, step = value.copy(), path[0]
    if new is DROP and len(path) == 1:
        del copy[step]
    else:
        copy[step] = changed(value[step], path[1:], new)
    return copy


def general(path: Path) -> Path:
    """A path without its positions in lists: what is the same field in every recorded payload."""
    return tuple("*" if isinstance(step, int) else step for step in path)


def specimens(provider: Provider, played: Iterable[Record]) -> list[Specimen]:
    """What every normalizer reads: whatever was recorded or played, else the least of its shape.

    Of those that have the same fields, one is kept.
    """
    shapes = {kind: _shape(normalizer) for kind, normalizer in provider.normalizers.items()}
    found = [Specimen(it.kind, "played", json.decode(it.payload)) for it in played]
    found += [
        Specimen(kind, origin, value)
        for origin, value in _recorded(provider)
        for kind, shape in shapes.items()
        if _readable(value, shape)
    ]
    for kind in shapes.keys() - {it.kind for it in found}:
        (schema,), schemas = schema_components([shapes[kind]])
        found.append(Specimen(kind, "the least", example(schema, schemas)))
    kept = {(it.kind, frozenset(map(general, nodes(it.value)))): it for it in found}
    return [it for it in kept.values() if it.kind in shapes]


def _shape(normalizer: Any) -> Any:
    hints = get_type_hints(normalizer)
    hints.pop("return", None)
    (shape,) = hints.values()
    return shape


def _recorded(provider: Provider) -> Iterator[tuple[str, Any]]:
    """Every object in every payload; what was recorded broken is left out."""
    for path in sorted(data(provider.name).glob("payloads/**/*.json")):
        with suppress(DecodeError):
            recorded = json.decode(path.read_bytes())
            for place in nodes(recorded):
                if isinstance(value := at(recorded, place), dict) and value:
                    yield f"{path.stem}:{'.'.join(map(str, place))}", value


def _readable(value: Any, shape: Any) -> bool:
    try:
        convert(value, shape, strict=True)
    except MsgspecError:
        return False
    return True
