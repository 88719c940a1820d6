"""Pages of a list, with tokens that grow old, and what refuses any call.

https://docs.x.com/x-api/fundamentals/pagination
"""

from collections.abc import Callable, Iterable
from typing import Any

from services.twitter.simulator.consent import problem
from services.twitter.simulator.deliveries import Row
from services.twitter.simulator.world import PEOPLE
from shared.simulation import Answer, Asked


class Pages:
    """`shown` counts what would be billed."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._refusals: list[Answer] = []
        self._old: set[str] = set()
        self._given: set[str] = set()
        self.shown = 0

    def limit(self) -> None:
        """The next call is one too many; the window ends in a second."""
        at = str(int(self._now()) + 1)
        spent = {"x_rate_limit_remaining": "0", "x_rate_limit_reset": at}
        self._refusals.append(problem(429, "rate-limit-exceeded", **spent))

    def spend(self) -> None:
        """The next call finds the credits used up."""
        self._refusals.append(problem(429, "usage-capped"))

    def age(self) -> None:
        """No page that was promised can be had any more."""
        self._old |= self._given

    def refused(self) -> Answer | None:
        """What the next call is refused with, if it is."""
        return self._refusals.pop(0) if self._refusals else None

    def page(self, asked: Asked, rows: list[Row], people: Iterable[str]) -> Answer:
        """A page of rows that are in order; a token names the last row that was shown."""
        token = asked.query.get("pagination_token") or asked.query.get("next_token") or ""
        if refused := self.refused():
            return refused
        if token in self._old or (token and token not in self._given):
            return problem(400, "invalid-request")
        places = [f"token{it['id']}" for it in rows]
        begin = places.index(token) + 1 if token in places else 0
        size = int(asked.query.get("max_results", "10"))
        part = rows[begin : begin + size]
        meta: dict[str, Any] = {"result_count": len(part)}
        if part:
            meta |= {"newest_id": part[0]["id"], "oldest_id": part[-1]["id"]}
        if len(rows) > begin + size:
            meta["next_token"] = f"token{part[-1]['id']}"
            self._given.add(meta["next_token"])
        self.shown += len(part)
        users = {it.get(name, "") for it in part for name in people}
        includes = {"users": [PEOPLE[it] for it in sorted(users & PEOPLE.keys())]}
        data = {"data": part, "includes": includes} if part else {}
        return Answer({**data, "meta": meta})
