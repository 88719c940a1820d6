"""What people say on GitLab: one shape for what a webhook and the REST API tell in different words.

Only the fields we read. https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

import re
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from shared.errors import Unreadable

_SPACED = re.compile(r"^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:UTC|([+-]\d\d:?\d\d))$")

Address = Annotated[str, Meta(pattern=r"^https?://[A-Za-z0-9._:\[\]-]+(/[^\s]*)?$(?!\n)")]
Sha = Annotated[str, Meta(pattern=r"^[0-9a-f]{40,64}$(?!\n)")]
Ref = Annotated[str, Meta(pattern=r"^\S{1,1000}$(?!\n)")]


class User(Struct):
    id: int | None = None
    username: str = ""


class Project(Struct):
    id: int
    path_with_namespace: str
    web_url: Address

    @property
    def host(self) -> str:
        """The instance: numbers begin at 1 on each of them."""
        return urlsplit(self.web_url).netloc


class Label(Struct):
    """A webhook's label; the API tells the title alone."""

    title: str


class Numbered(Struct):
    id: int


class Commitish(Struct):
    id: str = ""


class Item(Struct):
    """What issues, work items and merge requests have in common.

    `author`, `web_url`, `milestone` are the API's; `author_id`, `url`, `milestone_id` a webhook's.
    """

    id: int
    iid: int
    created_at: str
    updated_at: str | None = None
    title: str | None = None
    description: str | None = None
    state: str | None = None
    author: User | None = None
    author_id: int | None = None
    web_url: str | None = None
    url: str | None = None
    labels: list[Label | str] | None = None
    assignees: list[User | None] | None = None
    milestone: Numbered | None = None
    milestone_id: int | None = None


class Issue(Item):
    """`type` is a webhook's word (`Key Result`), `issue_type` the API's (`key_result`)."""

    type: str | None = None
    issue_type: str | None = None
    confidential: bool | None = None
    due_date: str | None = None


class MergeRequest(Item):
    """`last_commit` is a webhook's, `sha` the API's name of the same."""

    source_branch: str | None = None
    target_branch: str | None = None
    draft: bool | None = None
    work_in_progress: bool | None = None
    sha: str | None = None
    last_commit: Commitish | None = None
    reviewers: list[User | None] | None = None


class Position(Struct):
    new_path: str | None = None
    new_line: int | None = None
    old_path: str | None = None
    old_line: int | None = None


class Note(Struct):
    """A remark: `note` is a webhook's word for the text, `body` the API's."""

    id: int
    created_at: str
    updated_at: str | None = None
    note: str | None = None
    body: str | None = None
    author: User | None = None
    author_id: int | None = None
    url: str | None = None
    noteable_type: str | None = None
    noteable_id: int | None = None
    noteable_iid: int | None = None
    commit_id: str | None = None
    discussion_id: str | None = None
    internal: bool | None = None
    position: Position | None = None
    system: bool | None = None


def moment(text: str) -> datetime:
    """A time in any of GitLab's three forms, in UTC, to the whole second; raises Unreadable.

    `2026-02-03 09:10:11 UTC` of webhooks, ISO 8601 with `Z` and milliseconds of the API, and commits'
    own offsets. A webhook drops the fraction, so it is dropped for both.
    """
    spaced = _SPACED.match(text)
    try:
        told = f"{spaced[1]}T{spaced[2]}{spaced[3] or '+00:00'}" if spaced else text
        at = datetime.fromisoformat(told)
        if at.tzinfo:
            return at.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        pass
    raise Unreadable("A time has none of the forms that GitLab uses.")
