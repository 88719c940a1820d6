"""What GitHub would know: some repositories, filled the same way every time, and what happens there."""

import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct, json

from services.github.simulator import rows
from services.github.simulator.deliveries import deliver
from services.github.simulator.rows import ME, Row
from shared.simulation import Mail

FIRST = 1_767_225_600
"""The oldest thing, in epoch seconds: the first moment of 2026."""


class Place(Struct):
    """One repository and everything in it; issues and pull requests share their numbers."""

    repo: Row
    issues: dict[int, Row] = {}
    pulls: dict[int, Row] = {}
    comments: dict[int, Row] = {}
    reviews: dict[int, list[Row]] = {}
    review_comments: dict[int, Row] = {}
    commits: list[Row] = []
    releases: list[Row] = []
    discussions: list[Row] = []
    hooks: dict[int, Row] = {}
    deliveries: list[Row] = []

    @property
    def name(self) -> str:
        """Owner and name."""
        return str(self.repo["full_name"])


class World:
    """Every repository by its full name, and a clock that never stands still between two changes."""

    def __init__(self, mail: Mail, *, now: Callable[[], float] = time.time) -> None:
        self.mail, self.now = mail, now
        self._second, self._last = FIRST, 0
        self.places: dict[str, Place] = {}
        self.listeners: list[Callable[[Place, str, Row], Awaitable[None]]] = []

    def number(self) -> int:
        """A number that nothing else has."""
        self._last += 1
        return self._last

    def stamp(self, *, past: bool = False) -> str:
        """A time later than any before: a minute later in the `past`, else now."""
        self._second = self._second + 60 if past else max(int(self.now()), self._second + 1)
        return f"{datetime.fromtimestamp(self._second, UTC):%Y-%m-%dT%H:%M:%SZ}"

    async def open_issue(self, place: Place, title: str, body: str | None = None) -> Row:
        """Somebody opens an issue."""
        made = self.add_issue(place, title, body, self.stamp())
        await self.tell(place, "issues", "opened", issue=made)
        return made

    async def edit_issue(self, place: Place, number: int, **changes: Any) -> Row:
        """Somebody edits an issue, or a pull request, by its row among the issues."""
        row = place.issues[number]
        row.update(changes, updated_at=self.stamp())
        if pull := place.pulls.get(number):
            pull.update(changes, updated_at=row["updated_at"])
            await self.tell(place, "pull_request", "edited", pull_request=pull)
        else:
            await self.tell(place, "issues", "edited", issue=row)
        return row

    async def comment(self, place: Place, number: int, body: str) -> Row:
        """Somebody comments on an issue, which changes the issue too."""
        stamp, row = self.stamp(), place.issues[number]
        made = rows.comment(self.number(), row["html_url"], stamp, body)
        place.comments[made["id"]] = made
        row.update(comments=row["comments"] + 1, updated_at=stamp)
        if pull := place.pulls.get(number):
            pull.update(updated_at=stamp)
        await self.tell(place, "issue_comment", "created", issue=row, comment=made)
        return made

    async def review(self, place: Place, number: int, body: str, state: str) -> Row:
        """Somebody reviews a pull request."""
        pull, stamp = place.pulls[number], self.stamp()
        made = rows.review(self.number(), pull, stamp, body, state)
        place.reviews[number].append(made)
        pull.update(updated_at=stamp)
        await self.tell(place, "pull_request_review", "submitted", pull_request=pull, review=made)
        return made

    async def delete_issue(self, place: Place, number: int) -> None:
        """Somebody deletes an issue."""
        await self.tell(place, "issues", "deleted", issue=place.issues.pop(number))

    def add_issue(self, place: Place, title: str, body: str | None, stamp: str) -> Row:
        """Put an issue with the next number in its place; nobody is told."""
        number = max(place.issues, default=0) + 1
        made = rows.issue(self.number(), number, place.name, stamp, title=title, body=body)
        place.issues[number] = made
        return made

    async def tell(self, place: Place, event: str, action: str, **parts: Any) -> None:
        """Deliver an event to every hook that wants it, and tell whoever else listens."""
        told = {"action": action, **parts, "repository": place.repo, "sender": ME}
        body, guid = json.encode(told), str(uuid.uuid4())
        for hook in list(place.hooks.values()):
            if hook["active"] and event in hook["events"]:
                await deliver(self, place.deliveries, hook, event, guid=guid, body=body)
        for listener in self.listeners:
            await listener(place, event, told)


def fill(world: World, repositories: int, issues: int) -> None:
    """Put repositories there with issues, a comment on each, and a tenth of that in pull requests."""
    for number in range(1, repositories + 1):
        place = Place(rows.repository(number, f"mona/demo-{number}", world.stamp(past=True)))
        world.places[place.name] = place
        for each in range(1, issues + 1):
            stamp = world.stamp(past=True)
            made = world.add_issue(place, f"Issue {each} of {place.name}", "cc @mona", stamp)
            said = rows.comment(world.number(), made["html_url"], stamp, f"Remark {each}")
            place.comments[said["id"]] = said
            made["comments"] = 1
        for each in range(1, issues // 10 + 1):
            _propose(world, place, each)
        for each in range(20):
            place.commits.insert(0, rows.commit(each, place.name, world.stamp(past=True)))
        place.releases.append(rows.release(world.number(), place.name, world.stamp(past=True)))
        place.discussions.append(
            rows.discussion(world.number(), place.name, world.stamp(past=True))
        )


def _propose(world: World, place: Place, each: int) -> None:
    """A pull request with an approving review and a remark on a line."""
    stamp = world.stamp(past=True)
    row = world.add_issue(place, f"Change {each} of {place.name}", None, stamp)
    made = place.pulls[row["number"]] = rows.pull(row, world.number())
    row.update(pull_request={}, html_url=made["html_url"])
    place.reviews[row["number"]] = [rows.review(world.number(), made, stamp, "Looks good")]
    more = {"path": "README.md", "line": 1, "commit_id": made["head"]["sha"]}
    said = rows.comment(world.number(), made["html_url"], stamp, "A typo", **more)
    place.review_comments[said["id"]] = said
