"""What Jira would know: two sites, filled the same way every time, and what happens there."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from services.jira.simulator import rows
from services.jira.simulator.deliveries import Deliveries
from services.jira.simulator.rows import Row
from shared.simulation import Mail

FIRST = 1_767_225_600.0
"""The oldest thing, in epoch seconds: the first moment of 2026."""
MOST = 5
"""Comments, worklogs or changes that a search tells of an issue."""


class Site(Struct):
    """`issues` and what stands on them, by number; `seen` is what the index knows of them."""

    id: str
    name: str
    project: str
    issues: dict[int, Row] = {}
    comments: dict[int, list[Row]] = {}
    worklogs: dict[int, list[Row]] = {}
    changes: dict[int, list[Row]] = {}
    hooks: dict[int, Row] = {}

    @property
    def url(self) -> str:
        return f"https://{self.name}.atlassian.net"

    def whole(self, number: int) -> Row:
        """An issue as the API shows it."""
        row = self.issues[number]
        within = {
            "comment": rows.part("comments", self.comments[number], MOST),
            "worklog": rows.part("worklogs", self.worklogs[number], MOST),
        }
        changes = rows.part("histories", self.changes[number][::-1], MOST)
        return {**row, "fields": {**row["fields"], **within}, "changelog": changes}


class World:
    """The sites, and a clock that never stands still between two changes.

    `lag` keeps the index from what happens; `updated` is when each issue changed, in epoch seconds.
    """

    def __init__(self, mail: Mail, secret: str, now: Callable[[], float]) -> None:
        self.now = now
        self.deliveries = Deliveries(mail, secret, now)
        self.sites = {
            it.id: it
            for it in (
                Site("11111111-0000-4000-8000-000000000001", "acme", "SUP"),
                Site("22222222-0000-4000-8000-000000000002", "globex", "GLO"),
            )
        }
        self.updated: dict[tuple[str, int], float] = {}
        self.hidden: set[tuple[str, int]] = set()
        self.lag = False
        self.tokens: dict[str, tuple[str, list[int]]] = {}
        self.limited = 0
        self._at, self._last = FIRST, 10_000

    def number(self) -> int:
        """A number that nothing else has."""
        self._last += 1
        return self._last

    def limit(self) -> None:
        """Refuse the next call: there are too many."""
        self.limited += 1

    def forget_tokens(self) -> None:
        """End every search under way, as after some time."""
        self.tokens.clear()

    def stamp(self, *, past: bool = False) -> float:
        """A time later than any before: a minute later in the `past`, else now."""
        self._at = self._at + 60 if past else max(self.now(), self._at + 0.001)
        return self._at

    def index(self) -> None:
        """Let the search know what happened."""
        self.hidden.clear()

    def touch(self, site: Site, number: int, at: float) -> None:
        """Something on an issue changed."""
        site.issues[number]["fields"]["updated"] = rows.moment(at)
        self.updated[site.id, number] = at
        if self.lag:
            self.hidden.add((site.id, number))

    def add_issue(self, site: Site, summary: str, at: float, **fields: Any) -> int:
        """Put an issue with the project's next key in its place; nobody is told."""
        number, key = self.number(), f"{site.project}-{len(site.changes) + 1}"
        site.issues[number] = rows.issue(number, key, summary, at, **fields)
        site.comments[number], site.worklogs[number], site.changes[number] = [], [], []
        self.touch(site, number, at)
        return number

    async def open_issue(self, site: Site, summary: str, **fields: Any) -> int:
        """Somebody opens an issue."""
        number = self.add_issue(site, summary, self.stamp(), **fields)
        await self.deliveries.issue(site, "jira:issue_created", site.issues[number])
        return number

    async def edit(self, site: Site, number: int, *, flow: str = "Primary", **fields: Any) -> None:
        """Somebody changes fields of an issue."""
        at, row = self.stamp(), site.issues[number]
        for name, value in fields.items():
            former, row["fields"][name] = row["fields"].get(name), value
            was, now = (rows.plain(it) or "" for it in (former, value))
            made = rows.history(self.number(), name, str(was), str(now), at)
            site.changes[number].append(made)
        self.touch(site, number, at)
        await self.deliveries.issue(site, "jira:issue_updated", row, flow=flow)

    async def move(self, site: Site, number: int, status: str) -> None:
        """An issue goes to another status."""
        await self.edit(site, number, status=rows.STATUSES[status])

    async def delete_issue(self, site: Site, number: int) -> None:
        """Somebody deletes an issue, and with it what stands on it, which is told later."""
        row, said = site.issues.pop(number), site.comments.pop(number)
        del self.updated[site.id, number]
        await self.deliveries.issue(site, "jira:issue_deleted", row)
        for one in said:
            await self.deliveries.comment(site, "comment_deleted", row, one, flow="Secondary")

    async def comment(self, site: Site, number: int, text: str, body: Row | None = None) -> Row:
        """Somebody comments on an issue."""
        at = self.stamp()
        made = rows.comment(self.number(), body or rows.document(text), at)
        site.comments[number].append(made)
        self.touch(site, number, at)
        await self.deliveries.comment(site, "comment_created", site.issues[number], made)
        return made

    async def take_back(self, site: Site, number: int, comment: Row) -> None:
        """Somebody deletes a comment."""
        site.comments[number].remove(comment)
        self.touch(site, number, self.stamp())
        await self.deliveries.comment(site, "comment_deleted", site.issues[number], comment)
