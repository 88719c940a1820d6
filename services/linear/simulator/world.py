"""What Linear would know: a workspace, filled the same way every time, and what happens there."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from services.linear.simulator import rows
from services.linear.simulator.deliveries import Deliveries
from services.linear.simulator.rows import Row
from shared.simulation import Mail

FIRST = 1_767_225_600.0
"""The oldest thing, in epoch seconds: the first moment of 2026."""
ORGANIZATION = {"id": rows.ident(1), "name": "Acme", "urlKey": "acme"}
ADA, LEE = rows.user(2, "Ada Park", "ada"), rows.user(3, "Lee Fox", "lee")
ENG = rows.team(4, "ENG", "Engineering")
OPS = rows.team(5, "OPS", "Operations", "private")
TODO, DONE = rows.state(6, "Todo", "unstarted"), rows.state(7, "Done", "completed")
OUTSIDER = {"id": rows.ident(8), "name": "Kim Outside", "email": "kim@example.org"}


class World:
    """Every entity by connection and id, and a clock that never stands still between two changes."""

    def __init__(
        self, mail: Mail, callback_url: str, secret: str, *, now: Callable[[], float]
    ) -> None:
        self.now = now
        self.deliveries = Deliveries(mail, callback_url, secret, ORGANIZATION["id"], now)
        self.tables: dict[str, dict[str, Row]] = {
            name: {}
            for name in (
                "issues",
                "comments",
                "projects",
                "projectUpdates",
                "initiativeUpdates",
                "attachments",
                "documents",
            )
        }
        self._at, self._last = FIRST, 100
        self._counts = {ENG["key"]: 0, OPS["key"]: 0}

    def number(self) -> int:
        """A number that nothing else has."""
        self._last += 1
        return self._last

    def stamp(self, *, past: bool = False) -> str:
        """A time later than any before: a minute later in the `past`, else now."""
        self._at = self._at + 60 if past else max(self.now(), self._at + 0.001)
        at = datetime.fromtimestamp(self._at, UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def keep(self, name: str, row: Row) -> Row:
        """Put something in its place; nobody is told."""
        self.tables[name][row["id"]] = row
        return row

    def add_issue(self, team: Row, stamp: str, **more: Any) -> Row:
        """Put an issue with the team's next number in its place; nobody is told."""
        self._counts[team["key"]] += 1
        at = self._counts[team["key"]]
        return self.keep(
            "issues",
            rows.issue(self.number(), at, team, stamp, state=TODO, **{"creator": ADA, **more}),
        )

    async def open_issue(self, team: Row, **wish: Any) -> Row:
        """Somebody opens an issue."""
        row = self.add_issue(team, self.stamp(), **wish)
        await self.deliveries.tell("Issue", "create", row)
        return row

    async def edit(self, kind: str, row: Row, **changes: Any) -> Row:
        """Somebody changes something, which the delivery says by its former values."""
        before = {name: row.get(name) for name in changes} | {"updatedAt": row["updatedAt"]}
        row.update(changes, updatedAt=self.stamp())
        await self.deliveries.tell(kind, "update", row, updated_from=before)
        return row

    async def trash(self, row: Row) -> None:
        """Somebody deletes an issue, which lies in the trash for a month."""
        stamp = self.stamp()
        row.update(trashed=True, archivedAt=stamp, updatedAt=stamp)
        await self.deliveries.tell("Issue", "remove", row)

    async def comment(self, on: Row, body: str, **more: Any) -> Row:
        """Somebody comments on an issue, whose own time does not change."""
        made = rows.comment(self.number(), on, self.stamp(), body, **{"user": LEE, **more})
        await self.deliveries.tell("Comment", "create", self.keep("comments", made))
        return made

    async def take_back(self, row: Row) -> None:
        """Somebody deletes a comment, for ever."""
        del self.tables["comments"][row["id"]]
        await self.deliveries.tell("Comment", "remove", row)

    async def react(self, on: Row, emoji: str, who: Row = ADA) -> Row:
        """Somebody reacts to a comment or an issue, which changes it."""
        made = rows.reaction(self.number(), self.stamp(), who, emoji)
        on["reactions"].append(made)
        on["updatedAt"] = self.stamp()
        await self.deliveries.tell("Reaction", "create", made, on=on)
        return made

    async def tell_how(self, project: Row, body: str, health: str) -> Row:
        """Somebody says how a project is doing."""
        made = rows.update(self.number(), self.stamp(), body, user=ADA, project=project)
        made["health"] = health
        await self.deliveries.tell("ProjectUpdate", "create", self.keep("projectUpdates", made))
        return made


def fill(world: World, issues: int) -> None:
    """Two teams with so many issues each and a comment on each of them, and what stands around them."""
    project = world.keep(
        "projects", rows.project(world.number(), "Faster", world.stamp(past=True), ADA, ENG)
    )
    for team in (ENG, OPS):
        for each in range(issues):
            facts = {"project": project, "labels": [{"name": "bug"}]} if each % 2 else {}
            row = world.add_issue(team, world.stamp(past=True), **facts)
            stamp = world.stamp(past=True)
            said = rows.comment(world.number(), row, stamp, f"Remark {each}", user=LEE)
            if each == 0:
                said |= {"user": None, "externalUser": OUTSIDER}
            world.keep("comments", said)
    first = next(iter(world.tables["issues"].values()))
    first["reactions"].append(rows.reaction(world.number(), world.stamp(past=True), LEE, "eyes"))
    world.add_issue(ENG, world.stamp(past=True), archivedAt=world.stamp(past=True))
    stamp = world.stamp(past=True)
    world.keep(
        "projectUpdates", rows.update(world.number(), stamp, "Well", user=ADA, project=project)
    )
    speed = {"id": rows.ident(9), "name": "Speed"}
    world.keep(
        "initiativeUpdates", rows.update(world.number(), stamp, "Fast", user=LEE, initiative=speed)
    )
    world.keep("attachments", rows.attachment(world.number(), first, stamp, ADA))
    world.keep("documents", rows.document(world.number(), stamp, ADA, project=project))
