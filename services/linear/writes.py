"""Writes, each sent once, which say what came of them.

https://linear.app/developers/graphql#mutations
"""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Raw, Struct, to_builtins

from services.linear.asking import Named
from services.linear.board import FIELDS, told
from services.linear.people import beside
from shared.errors import Refused
from shared.normalizer import Message
from shared.provider import Api


class Outcome(Struct):
    success: bool = False
    entity: Raw = Raw(b"null")


class Done(Struct):
    done: Outcome


async def create(api: Api, names: Named, kind: str, body: Mapping[str, Any]) -> Message:
    """Make an entity, once. Raises Refused where Linear says that it did nothing."""
    return await _written(api, names, kind, "Create", {"input": body})


async def change(api: Api, names: Named, kind: str, ident: str, body: Mapping[str, Any]) -> Message:
    """Change an entity, once. Raises Refused where Linear says that it did nothing."""
    return await _written(api, names, kind, "Update", {"id": ident, "input": body})


async def _written(
    api: Api, names: Named, kind: str, verb: str, wish: Mapping[str, Any]
) -> Message:
    named, where = ("$id: String!, ", "id: $id, ") if "id" in wish else ("", "")
    query = f"""mutation ({named}$input: {kind[0].upper()}{kind[1:]}{verb}Input!) {{
  done: {kind}{verb}({where}input: $input) {{ success entity: {kind} {{ {FIELDS[kind]} }} }} }}"""
    row = (await _done(api, query, **wish)).entity
    if kind == "reaction":  # what it stands at is only in the wish
        row = beside(row, **wish["input"])
    (message,) = await told(names, kind, [row])
    return message


async def ended(api: Api, mutation: str, ident: str) -> None:
    """Delete or archive an entity, once."""
    query = f"mutation ($id: String!) {{ done: {mutation}(id: $id) {{ success }} }}"
    await _done(api, query, id=ident)


def given(body: Struct, **more: Any) -> dict[str, Any]:
    """A body in Linear's own words, without what is null; `clear` names what is to become so."""
    told = to_builtins(body)
    empty = dict.fromkeys(map(_camel, told.pop("clear", ())))
    return {_camel(name): it for name, it in told.items() if it is not None} | empty | more


async def _done(api: Api, query: str, **variables: Any) -> Outcome:
    done = (await api.graphql(query, Done, **variables)).done
    if not done.success:
        raise Refused("Linear did nothing, and does not say why.")
    return done


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)
