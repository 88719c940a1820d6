"""What Jira knows of one thing, in the shapes of its API (version 3) and of its webhooks (version 2)."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

Row = dict[str, Any]

_ZONE = timezone(timedelta(hours=1))
STATUSES = {
    "To Do": {"id": "10000", "name": "To Do", "statusCategory": {"key": "new"}},
    "Done": {"id": "10002", "name": "Done", "statusCategory": {"key": "done"}},
}


def moment(at: float) -> str:
    """As Jira writes a time: in somebody's zone, the offset without a colon."""
    return datetime.fromtimestamp(at, UTC).astimezone(_ZONE).strftime("%Y-%m-%dT%H:%M:%S.") + (
        f"{int(at * 1000) % 1000:03}+0100"
    )


def user(ident: str, name: str) -> Row:
    return {"accountId": ident, "displayName": name, "active": True, "accountType": "atlassian"}


ADA, LEE = user("712020:ada", "Ada Park"), user("712020:lee", "Lee Fox")


def document(text: str) -> Row:
    """One line of text as a document."""
    content = [{"type": "text", "text": text}] if text else []
    return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": content}]}


def plain(it: Any) -> Any:
    """What a document says, as webhooks tell it; of a status its name."""
    if not isinstance(it, dict):
        return it
    return str(it.get("text") or it.get("name") or "") + "".join(map(plain, it.get("content", ())))


def issue(number: int, key: str, summary: str, at: float, **fields: Any) -> Row:
    told: Row = {
        "summary": summary,
        "created": moment(at),
        "updated": moment(at),
        "description": document(f"What {key} is about, in one line"),
        "status": STATUSES["To Do"],
        "project": {"id": "10000", "key": key.split("-", 1)[0], "name": "Support"},
        "issuetype": {"id": "10001", "name": "Task"},
        "priority": {"id": "3", "name": "Medium"},
        "labels": [],
        "reporter": ADA,
        "creator": ADA,
        "assignee": None,
        "parent": None,
        "resolution": None,
        "duedate": None,
        "components": [],
        "fixVersions": [],
        "attachment": [],
    }
    return {"id": str(number), "key": key, "fields": {**told, **fields}}


def comment(number: int, body: Row, at: float, who: Row = LEE) -> Row:
    stamps = {"created": moment(at), "updated": moment(at)}
    return {"id": str(number), "author": who, "body": body, "jsdPublic": True, **stamps}


def worklog(number: int, issue: int, seconds: int, at: float) -> Row:
    stamps = {"created": moment(at), "updated": moment(at), "started": moment(at)}
    told = {"author": LEE, "timeSpentSeconds": seconds, "comment": document("Worked")}
    return {"id": str(number), "issueId": str(issue), **told, **stamps}


def history(number: int, field: str, former: str, now: str, at: float) -> Row:
    item = {"field": field, "fieldtype": "jira", "fieldId": field, "from": None, "to": None}
    items = [item | {"fromString": former, "toString": now}]
    return {"id": str(number), "author": ADA, "created": moment(at), "items": items}


def part(name: str, rows: list[Row], most: int) -> Row:
    """A list within an issue, which is cut short."""
    return {name: rows[:most], "total": len(rows), "maxResults": most, "startAt": 0}
