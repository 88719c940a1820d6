"""What a Record carries: something, the issue that it stands on, and the site that it lives on."""

from typing import Any

from msgspec import Raw, Struct, json

from services.jira.models import Id, Issue, Place, Site, Time
from services.jira.models_more import Comment, History, Worklog
from shared.types import Record


class IssueTold(Struct):
    site: Site
    issue: Issue


class CommentTold(Struct):
    site: Site
    issue: Place
    comment: Comment


class WorklogTold(Struct):
    site: Site
    issue: Place
    worklog: Worklog


class ChangeTold(Struct):
    site: Site
    issue: Place
    change: History


class GoneTold(Struct):
    """What is not there any more, and when that was seen."""

    site: Site
    type: str
    id: Id
    at: Time


def record(kind: str, site: Site, **parts: Any) -> Record:
    """A Record put together from parts; raw parts stay as they came."""
    return Record(kind, Raw(json.encode({"site": site, **parts})))
