"""Enough of GraphQL to answer what it is asked, and to refuse what is not in the data.

https://spec.graphql.org/October2021/
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

_TOKEN = re.compile(r'"[^"]*"|\$?\w+|-?\d+(?:\.\d+)?|[{}()\[\]:!=]')
_NUMBER = re.compile(r"-?[0-9]+\Z")
_WORDS = {"true": True, "false": False, "null": None}


class Wrong(ValueError):
    """The query does not fit the data: a field, an argument or a sign that is not there."""


class Field(Struct):
    """One field that is asked for, under the name that the answer gives it."""

    alias: str
    name: str
    args: dict[str, Any]
    inner: "list[Field] | None"


def fields(query: str, variables: Mapping[str, Any]) -> list[Field]:
    """The selection of the one operation, with the variables put in."""
    tokens = _TOKEN.findall(query)
    if "{" not in tokens:
        raise Wrong("no selection")
    reader = _Reader(tokens[tokens.index("{") :], variables)
    return reader.selection()


def select(wanted: Sequence[Field], source: Mapping[str, Any]) -> dict[str, Any]:
    """What of the source was asked for; functions in it are called with the field's arguments."""
    return {it.alias: _value(it, source) for it in wanted}


async def mutate(
    wanted: Sequence[Field], source: Mapping[str, Callable[..., Any]]
) -> dict[str, Any]:
    """The same for writes, which are made one after another."""
    found = {}
    for it in wanted:
        if it.name not in source:
            raise Wrong(f"Cannot query field {it.name!r}")
        found[it.alias] = _shaped(it, await source[it.name](**it.args))
    return found


def _value(it: Field, source: Mapping[str, Any]) -> Any:
    if it.name not in source:
        raise Wrong(f"Cannot query field {it.name!r}")
    value = source[it.name]
    if callable(value):
        return _shaped(it, value(**it.args))
    if it.args:
        raise Wrong(f"Unknown argument on field {it.name!r}")
    return _shaped(it, value)


def _shaped(it: Field, value: Any) -> Any:
    if isinstance(value, list) and it.inner is not None:
        return [_shaped(it, one) for one in value]
    if value is None:
        return None
    if isinstance(value, Mapping) != (it.inner is not None):
        raise Wrong(f"Field {it.name!r} has no such selection")
    return value if it.inner is None else select(it.inner, value)


class _Reader:
    def __init__(self, tokens: list[str], variables: Mapping[str, Any]) -> None:
        self._tokens, self._at, self._variables = tokens, 0, variables

    def selection(self) -> list[Field]:
        self._take("{")
        found = []
        while self._peek() != "}":
            found.append(self._field())
        self._take("}")
        return found

    def _field(self) -> Field:
        name = alias = self._take()
        if self._peek() == ":":
            self._take(":")
            name = self._take()
        args = self._object("(", ")") if self._peek() == "(" else {}
        inner = self.selection() if self._peek() == "{" else None
        return Field(alias, name, args, inner)

    def _object(self, opening: str, closing: str) -> dict[str, Any]:
        self._take(opening)
        found = {}
        while self._peek() != closing:
            name = self._take()
            self._take(":")
            found[name] = self._literal()
        self._take(closing)
        return found

    def _literal(self) -> Any:
        if self._peek() == "{":
            return self._object("{", "}")
        word = self._take()
        if word.startswith("$"):
            return self._variables.get(word[1:])
        if word in _WORDS:
            return _WORDS[word]
        return int(word) if _NUMBER.match(word) else word.strip('"')

    def _peek(self) -> str:
        if self._at >= len(self._tokens):
            raise Wrong("the query ends too early")
        return self._tokens[self._at]

    def _take(self, wanted: str = "") -> str:
        found = self._peek()
        if wanted and found != wanted:
            raise Wrong(f"expected {wanted!r}, found {found!r}")
        self._at += 1
        return found
