"""What GitLab would know: some projects, filled the same way every time, and what happens there."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from services.gitlab.simulator import rows
from services.gitlab.simulator.deliveries import tell
from services.gitlab.simulator.rows import LEE, ME, Row
from shared.simulation import Mail

FIRST = 1_767_225_600
"""The oldest thing, in epoch seconds: the first moment of 2026."""
_KINDS = {"issues": "Issue", "merge_requests": "MergeRequest"}


class Place(Struct):
    """One project and everything in it; `threads` are by the list and the number of their item."""

    row: Row
    issues: dict[int, Row] = {}
    merge_requests: dict[int, Row] = {}
    threads: dict[tuple[str, int], list[Row]] = {}
    commits: list[Row] = []
    pipelines: dict[int, Row] = {}
    releases: list[Row] = []
    hooks: dict[int, Row] = {}
    events: list[Row] = []

    def items(self, what: str) -> dict[int, Row]:
        """Its issues or its merge requests, by number."""
        return self.issues if what == "issues" else self.merge_requests


class World:
    """Every project by its number, and a clock that never stands still between two changes."""

    def __init__(self, mail: Mail, *, now: Callable[[], float] = time.time) -> None:
        self.mail, self.now = mail, now
        self.root = "https://gitlab.simulated.example"
        self._second, self._last = FIRST, 0
        self.places: dict[int, Place] = {}
        self.limited = 0

    def limit(self) -> None:
        """Tell the next call to come later."""
        self.limited += 1

    def number(self) -> int:
        """A number that nothing else has."""
        self._last += 1
        return self._last

    def stamp(self, *, past: bool = False) -> str:
        """A time later than any before: a minute later in the `past`, else now."""
        self._second = self._second + 60 if past else max(int(self.now()), self._second + 1)
        return f"{datetime.fromtimestamp(self._second, UTC):%Y-%m-%dT%H:%M:%S}.125Z"

    async def open_issue(self, place: Place, title: str, **facts: Any) -> Row:
        """Somebody opens an issue."""
        made = self.add_issue(place, title, facts.pop("description", None), self.stamp())
        made.update(facts)
        await self.changed(place, "issues", made)
        return made

    async def edit(self, place: Place, what: str, iid: int, **changes: Any) -> Row:
        """Somebody edits an issue or a merge request."""
        row = place.items(what)[iid]
        row.update(changes, updated_at=self.stamp())
        await self.changed(place, what, row)
        return row

    async def comment(
        self, place: Place, what: str, iid: int, body: str, *, by: Row = LEE, thread: str = ""
    ) -> Row:
        """Somebody says something, in a thread or by itself, which changes the item too."""
        row, stamp = place.items(what)[iid], self.stamp()
        said = {**self.add_note(place, what, row, stamp, body, thread=thread), "author": by}
        told = self.event(place, "note", said, by)
        its = told["object_attributes"]
        its |= {"note": its.pop("body"), "url": f"{row['web_url']}#note_{said['id']}"}
        told["merge_request" if what == "merge_requests" else "issue"] = rows.heard(row)
        await tell(self, place, told)
        return said

    async def push(self, place: Place) -> None:
        """Somebody pushes a commit to the default branch."""
        made = rows.commit(len(place.commits), place.row, self.stamp())
        before, place.commits = place.commits[0]["id"], [made, *place.commits]
        commit = {"id": made["id"], "message": made["message"], "url": made["web_url"]}
        commit |= {"timestamp": made["committed_date"].replace(".125Z", "+00:00")}
        commit |= {"author": {"name": made["author_name"], "email": made["author_email"]}}
        told = self.event(place, "push", made)
        told |= {"ref": "refs/heads/main", "before": before, "after": made["id"], "user_id": 9}
        told |= {"user_username": "ana", "commits": [commit], "total_commits_count": 1}
        await tell(self, place, {key: it for key, it in told.items() if key != "object_attributes"})

    async def finish(self, place: Place) -> None:
        """The last pipeline ends."""
        its = next(reversed(place.pipelines.values()))
        stamp = self.stamp()
        its.update(status="success", finished_at=stamp, updated_at=stamp, duration=7)
        await tell(self, place, self.event(place, "pipeline", its))

    async def changed(self, place: Place, what: str, row: Row) -> None:
        """Tell of an issue or a merge request."""
        kind = "issue" if what == "issues" else "merge_request"
        told = self.event(place, kind, row, row["author"])
        if row.get("confidential"):
            told["event_type"] = "confidential_issue"
        await tell(self, place, told)

    def event(self, place: Place, kind: str, row: Row, by: Row = ME) -> Row:
        """What a webhook says; `by` is who did it."""
        people = {key: row[key] for key in ("assignees", "reviewers") if row.get(key)}
        told = {"object_kind": kind, "event_type": kind, "user": by, "project": place.row}
        return {**told, "object_attributes": rows.heard(row), **people}

    def add_issue(self, place: Place, title: str, text: str | None, stamp: str) -> Row:
        """Put an issue with the next number in its place; nobody is told."""
        iid = max(place.issues, default=0) + 1
        made = rows.issue(self.number(), iid, place.row, stamp, title=title, text=text)
        place.issues[iid] = made
        return made

    def add_note(
        self, place: Place, what: str, on: Row, stamp: str, body: str, *, thread: str = ""
    ) -> Row:
        """Put a remark under an item, which it changes; nobody is told."""
        made = rows.note(self.number(), on, _KINDS[what], stamp, body)
        made_of = thread or rows.sha_of(f"thread {made['id']}")
        threads = place.threads.setdefault((what, on["iid"]), [])
        its = next((it for it in threads if it["id"] == made_of), None)
        if its is None:
            threads.append(its := {"id": made_of, "individual_note": not thread, "notes": []})
        its["notes"].append(made)
        on.update(user_notes_count=on["user_notes_count"] + 1, updated_at=stamp)
        return {**made, "discussion_id": made_of}
