"""An issue with all that stands on it: what a list cuts short is read to its end.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-comments/
"""

from typing import TypeVar

from msgspec import Raw

from services.jira.events import record
from services.jira.models import Issue, Listed, Place, Site
from services.jira.sites import path
from shared.errors import ItemGone, Unreadable
from shared.provider import Api
from shared.shapes import decoded
from shared.types import Record

T = TypeVar("T")

SHOWN = [
    "attachment",
    "assignee",
    "components",
    "created",
    "creator",
    "description",
    "duedate",
    "fixVersions",
    "issuetype",
    "labels",
    "parent",
    "priority",
    "project",
    "reporter",
    "resolution",
    "status",
    "summary",
    "updated",
]
FIELDS = [*SHOWN, "comment", "worklog"]
"""What is asked for of an issue: without a list the search tells nothing but ids."""
SIZE = 100


async def whole(api: Api, site: Site, row: Raw) -> list[Record]:
    """The issue, its comments, its worklogs and what was changed on it.

    Of an issue that cannot be read nothing else is told: it becomes a dead letter.
    """
    found = [record("issue", site, issue=row)]
    try:
        its = decoded(row, Issue)
    except Unreadable:
        return found
    place = Place(its.id, its.key)
    for kind, name, listed in (
        ("comment", "comment", its.fields.comment),
        ("worklog", "worklog", its.fields.worklog),
        ("change", "changelog", its.changelog),
    ):
        rows = listed.rows if listed else []
        if listed and listed.total > len(rows):
            rows = await _all(api, path(site, f"issue/{its.id}/{name}"))
        found += (record(kind, site, issue=place, **{kind: one}) for one in rows)
    return found


async def _all(api: Api, where: str) -> list[Raw]:
    """All pages of what stands on an issue; nothing where it went in the meantime."""
    rows: list[Raw] = []
    try:
        while True:
            listed = await api.get(where, Listed, startAt=len(rows), maxResults=SIZE)
            rows += listed.rows
            if not listed.rows or len(rows) >= listed.total:
                return rows
    except ItemGone:
        return []
