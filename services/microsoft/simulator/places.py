"""Where things are, what happened to them in order, and the links that tell it from any moment on."""

from collections.abc import Callable
from typing import Any

from services.microsoft.simulator.consent import problem
from shared.simulation import Answer, Asked

Row = dict[str, Any]
PAGE = 10


def removed(ident: str) -> Row:
    """How Outlook tells that something is not here any more."""
    return {"id": ident, "@removed": {"reason": "deleted"}}


class Place:
    """Things by their ids; `gone` is how it is told that one is not here any more."""

    def __init__(self, gone: Callable[[str], Row] = removed) -> None:
        self.rows: dict[str, Row] = {}
        self._log: list[tuple[str, Row]] = []
        self._gone = gone
        self._forgotten = 0

    def put(self, row: Row, told: Row | None = None) -> None:
        """A thing is made or changed; the link tells `told` of it, where that is less than all."""
        self.rows[row["id"]] = row
        self._log.append((row["id"], told or {}))

    def take(self, ident: str) -> Row:
        """A thing goes away."""
        self._log.append((ident, {}))
        return self.rows.pop(ident)

    def forget(self) -> None:
        """Let no link that was given be good any more."""
        self._log.append(("", {}))
        self._forgotten = len(self._log)

    def delta(self, asked: Asked) -> Answer:
        """What happened since a link was given, or everything there is, ten rows at a time."""
        if skip := asked.query.get("$skiptoken"):
            since, at, until = map(int, skip.split("."))
        else:
            since, at, until = int(asked.query.get("$deltatoken", "0")), 0, len(self._log)
        if (since or until) < self._forgotten:
            return problem(410, "syncStateNotFound", "The sync state generation is not found.")
        last = {ident: told for ident, told in self._log[since:until] if ident}
        rows = [self._row(it, told if since else {}) for it, told in last.items()]
        rows = [it for it in rows if since or it["id"] in self.rows]
        here = f"{asked.root}{asked.path}?"
        if at + PAGE < len(rows):
            link = {"@odata.nextLink": f"{here}$skiptoken={since}.{at + PAGE}.{until}"}
        else:
            link = {"@odata.deltaLink": f"{here}$deltatoken={until}"}
        return Answer({"value": rows[at : at + PAGE], **link})

    def _row(self, ident: str, told: Row) -> Row:
        whole = self.rows.get(ident)
        return self._gone(ident) if whole is None else told or whole
