"""Requests made from a service's OpenAPI file: every operation, valid in shape, with chosen values."""

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

from hypothesis import Phase, find, settings
from hypothesis import strategies as st
from msgspec import Struct

UUID = "00000000-0000-4000-8000-000000000000"
SEARCH = settings(database=None, derandomize=True, phases=[Phase.generate])
_SAMPLES = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "uuid": UUID,
    "binary": "",
}


class Operation(Struct, frozen=True):
    """One method of one path, as the file describes it."""

    method: str
    path: str
    said: dict[str, Any]
    schemas: dict[str, Any]

    @property
    def open(self) -> bool:
        """Whether the file says that it needs no token."""
        return self.said.get("security") == []

    @property
    def statuses(self) -> set[int]:
        """Every status that is documented."""
        return {int(it) for it in self.said["responses"]}

    @property
    def texts(self) -> list[str]:
        """The parameters and fields that take text of some kind, but for whose account it is."""
        kinds = {name: str(it) for name, it in self._kinds().items()}
        words = {name for name, it in kinds.items() if "string" in it and "'enum'" not in it}
        return sorted(words - {"account_id", "user_id"})

    @property
    def numbers(self) -> list[str]:
        """The parameters and fields that take whole numbers."""
        return sorted(name for name, it in self._kinds().items() if "integer" in str(it))

    def _kinds(self) -> dict[str, Any]:
        given = {it["name"]: it["schema"] for it in self.said.get("parameters", ())}
        return {name: _resolved(it, self.schemas) for name, it in (given | self._body()).items()}

    def takes(self, name: str) -> bool:
        """Whether a parameter, or a field of the body, has that name."""
        body = self._body()
        return name in body or any(it["name"] == name for it in self.said.get("parameters", ()))

    def request(self, chosen: Mapping[str, Any] = {}) -> tuple[str, dict[str, Any]]:
        """A path and httpx' arguments: what is required, and what was chosen by its name."""
        path, query = self.path, {}
        for it in self.said.get("parameters", ()):
            name = it["name"]
            if name not in chosen and not it["required"]:
                continue
            value = chosen[name] if name in chosen else self._example(it["schema"])
            if it["in"] == "path":
                path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
            else:
                query[name] = str(value)
        arguments: dict[str, Any] = {"params": query}
        if "requestBody" in self.said:
            named = {name: chosen[name] for name in self._body() if name in chosen}
            arguments["json"] = {**self._example(self._schema()), **named}
        return path, arguments

    def _schema(self) -> Any:
        content = self.said.get("requestBody", {}).get("content", {})
        schema = next(iter(content.values()))["schema"] if content else {}
        return _resolved(schema, self.schemas)

    def _body(self) -> dict[str, Any]:
        found: dict[str, Any] = self._schema().get("properties", {})
        return found

    def _example(self, schema: Any) -> Any:
        return example(schema, self.schemas)


def example(schema: Any, schemas: Mapping[str, Any]) -> Any:
    """The smallest value that a JSON schema takes; `schemas` are what its references name."""
    schema = _resolved(schema, schemas)
    if options := schema.get("oneOf") or schema.get("anyOf"):
        return example(options[0], schemas)
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {})
            return {name: example(fields[name], schemas) for name in schema.get("required", ())}
        case "array":
            return [example(schema["items"], schemas)] * schema.get("minItems", 0)
        case "integer" | "number":
            return int(schema.get("minimum", 1))
        case "boolean":
            return True
        case _:
            return _word(schema)


def _resolved(schema: Any, schemas: Mapping[str, Any]) -> Any:
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    return schema


def _word(schema: Any) -> str:
    if "enum" in schema:
        return str(next(it for it in schema["enum"] if it is not None))
    if "pattern" in schema:
        return fitting(schema["pattern"])
    return str(_SAMPLES.get(schema.get("format", ""), "a" * max(1, schema.get("minLength", 1))))


def operations(document: Mapping[str, Any]) -> list[Operation]:
    """Every operation of an OpenAPI document."""
    return [
        Operation(method.upper(), path, said, document["components"]["schemas"])
        for path, item in document["paths"].items()
        for method, said in item.items()
    ]


@cache
def fitting(pattern: str) -> str:
    """One text that a regular expression finds itself in, always the same."""
    return find(st.from_regex(pattern), lambda it: it.isascii(), settings=SEARCH)
