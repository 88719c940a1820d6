"""What Linear knows of one thing, in the shapes of its API."""

import uuid
from typing import Any

Row = dict[str, Any]

SITE = "https://linear.app/acme"

_ISSUE = [
    "trashed",
    "estimate",
    "dueDate",
    "externalUserCreator",
    "botActor",
    "assignee",
    "project",
    "cycle",
    "parent",
]
_COMMENT = [
    "editedAt",
    "resolvedAt",
    "quotedText",
    "parentId",
    "projectId",
    "projectUpdateId",
    "initiativeId",
]
_COMMENT += ["initiativeUpdateId", "documentContentId", "documentContent"]
_COMMENT += ["externalUser", "botActor"]
_LINK = ("subtitle", "sourceType", "externalUserCreator")
_TEXT = ("trashed", "project", "initiative", "issue")


def ident(number: int) -> str:
    """The id of the thing with that number, the same every time."""
    return str(uuid.UUID(int=(0x51A1 << 96) | (4 << 76) | (8 << 60) | number))


def user(number: int, name: str, handle: str) -> Row:
    return {
        "id": ident(number),
        "name": name,
        "displayName": handle,
        "email": f"{handle}@example.com",
        "url": f"{SITE}/profiles/{handle}",
    }


def team(number: int, key: str, name: str, visibility: str = "public") -> Row:
    return {"id": ident(number), "key": key, "name": name, "visibility": visibility}


def state(number: int, name: str, type: str) -> Row:
    return {"id": ident(number), "name": name, "type": type, "color": "#e2e2e2"}


def _entity(made_as: int, stamp: str, *empty: str, **more: Any) -> Row:
    times = {"createdAt": stamp, "updatedAt": stamp, "archivedAt": None}
    return {"id": ident(made_as), **times, **dict.fromkeys(empty), **more}


def issue(number: int, at: int, where: Row, stamp: str, **more: Any) -> Row:
    key = f"{where['key']}-{at}"
    told = {
        "identifier": key,
        "number": at,
        "title": f"Issue {key}",
        "description": "cc @lee",
        "priority": 2,
        "priorityLabel": "High",
        "url": f"{SITE}/issue/{key}",
        "team": where,
        "sortOrder": 0.0,
        "previousIdentifiers": [],
        "labels": [],
        "reactions": [],
    }
    return _entity(number, stamp, *_ISSUE, **{**told, **more})


def comment(number: int, on: Row, stamp: str, body: str, **more: Any) -> Row:
    row = _entity(number, stamp, *_COMMENT, body=body, issue=on, reactions=[])
    return {**row, "url": f"{on['url']}#comment-{row['id'][-6:]}", **more}


def reaction(number: int, stamp: str, who: Row, emoji: str) -> Row:
    return _entity(number, stamp, emoji=emoji, user=who, externalUser=None)


def project(number: int, name: str, stamp: str, who: Row, where: Row) -> Row:
    return _entity(
        number,
        stamp,
        name=name,
        description="In one line",
        content="And in many.",
        url=f"{SITE}/project/{number}",
        health="onTrack",
        status={"name": "In Progress", "type": "started"},
        startDate="2026-01-05",
        targetDate=None,
        trashed=None,
        teamIds=[where["id"]],
        creator=who,
        lead=who,
    )


def update(number: int, stamp: str, body: str, **more: Any) -> Row:
    told: Row = {
        "body": body,
        "health": "onTrack",
        "url": f"{SITE}/update/{number}",
        "reactions": [],
    }
    return _entity(number, stamp, "editedAt", **told, **more)


def attachment(number: int, on: Row, stamp: str, who: Row) -> Row:
    told = {"title": "A link", "url": f"https://example.com/{number}"}
    return _entity(number, stamp, *_LINK, issue=on, creator=who, **told)


def document(number: int, stamp: str, who: Row, **more: Any) -> Row:
    told = {"title": "A plan", "content": "First this.", "url": f"{SITE}/document/{number}"}
    return _entity(number, stamp, *_TEXT, creator=who, **{**told, **more})
