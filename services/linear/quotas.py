"""What Linear counts: calls, the points of each query, and searches apart; by member and app.

https://linear.app/developers/rate-limiting
"""

import re
from collections.abc import Iterator
from functools import cache

from msgspec import MsgspecError, Struct, json

from shared.types import Charge, Quota

QUOTAS = {
    "requests": Quota(5_000, 3600.0),
    "complexity": Quota(2_000_000, 3600.0),
    "search": Quota(30, 60.0),
}
MOST = 10_000
"""Points that one query may cost."""
SCALAR, OBJECT, USUAL = 0.1, 1.0, 50
"""Points of a scalar and of an object, and the size of a connection that names none."""

_TOKEN = re.compile(r"(\{)|(\})|\((?P<args>[^()]*)\)|(?P<alias>\w+\s*:)|(?P<field>\w+)|\.\.\.|@")
_SIZE = re.compile(r"\b(?:first|last)\s*:\s*(?:(\d+)|\$(\w+))")


class Asked(Struct):
    query: str = ""
    variables: dict[str, object] = {}


def charges(_method: str, path: str, body: bytes) -> Iterator[Charge]:
    """A query costs a request and its points, a search one of its own as well."""
    if path != "/graphql":
        return
    yield Charge("requests")
    try:
        asked = json.decode(body, type=Asked)
    except (MsgspecError, RecursionError):
        return
    sizes = tuple((it, n) for it, n in asked.variables.items() if isinstance(n, int))
    yield Charge("complexity", points(asked.query, sizes))
    if "searchIssues(" in asked.query:
        yield Charge("search")


@cache
def points(query: str, sizes: tuple[tuple[str, int], ...] = ()) -> float:
    """What a query costs, `sizes` being variables: a connection counts its children times its size."""
    given, stack = dict(sizes), [[0.0, 1.0]]
    size, before = 1.0, 0.0
    for it in _TOKEN.finditer(query[query.find("{") + 1 : query.rfind("}")]):
        if it[1]:  # the field before it is an object, not a scalar
            stack[-1][0] += OBJECT - before
            stack.append([0.0, size])
            size, before = 1.0, 0.0
        elif it[2] and len(stack) > 1:
            cost, times = stack.pop()
            stack[-1][0] += cost * times
            before = 0.0
        elif it["args"] is not None and (found := _SIZE.search(it["args"])):
            size = float(found[1] or given.get(found[2], USUAL))
        elif it["field"]:
            stack[-1][0] += SCALAR
            size, before = 1.0, SCALAR
    return stack[0][0]
