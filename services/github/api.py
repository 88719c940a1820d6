"""GitHub's own endpoints, under `/api/v1`: what is read and written comes back as Messages."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, get, patch, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation
from msgspec import json

from services.github import bodies, normalize, normalize_code
from services.github import events as ev
from services.github.models import Comment, Listed, Pull, Repository, Review
from services.github.models_code import Commit, ListedRepository
from services.github.repositories import rows, visible
from shared.normalizer import Message
from shared.provider import Api

_OWNER = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9_.-]{1,39}"
_NAME = r"(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}"
_END = r"$(?!\n)"

Owner = Annotated[str, PathParameter(pattern=f"^{_OWNER}{_END}")]
Name = Annotated[str, PathParameter(pattern=f"^{_NAME}{_END}")]
Number = Annotated[int, PathParameter(ge=1)]
FullName = Annotated[
    str, QueryParameter(pattern=f"^{_OWNER}/{_NAME}{_END}", description="owner/name")
]
PageNumber = Annotated[int, QueryParameter(ge=1, le=10_000)]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]
State = Annotated[Literal["open", "closed", "all"], QueryParameter()]
Since = Annotated[datetime | None, QueryParameter(description="only what changed after it")]
Account = NamedDependency[SkipValidation[Api]]
StartSync = NamedDependency[
    SkipValidation[Callable[[Literal["full", "incremental"]], Awaitable[UUID]]]
]


class GitHub(Controller):
    path = "/"

    @get("/repositories", summary="List the repositories that the account may see")
    async def repositories(
        self, api: Account, page: PageNumber = 1, limit: Limit = 30
    ) -> list[Message]:
        listed, _ = rows(await visible(api, page=page, per_page=limit))
        found = (json.decode(row, type=ListedRepository) for row in listed)
        return [normalize_code.repository(ev.RepositoryEvent(it)) for it in found]

    @get("/issues", summary="List a repository's issues, the last changed first")
    async def issues(
        self,
        *,
        api: Account,
        repository: FullName,
        state: State = "open",
        since: Since = None,
        page: PageNumber = 1,
        limit: Limit = 30,
    ) -> list[Message]:
        repo = await api.get(f"/repos/{repository}", Repository)
        after = {"since": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"} if since else {}
        asked = {"state": state, "sort": "updated", **after}
        path = f"/repos/{repository}/issues"
        found = await api.get(path, list[Listed], page=page, per_page=limit, **asked)
        return [normalize.issue(ev.IssueEvent(repo, it)) for it in found if not it.pull_request]

    @get("/issues/{owner:str}/{name:str}/{number:int}", summary="Read an issue or a pull request")
    async def issue(self, api: Account, owner: Owner, name: Name, number: Number) -> Message:
        repo = await api.get(f"/repos/{owner}/{name}", Repository)
        found = await api.get(f"/repos/{owner}/{name}/issues/{number}", Listed)
        return await _told(api, repo, found)

    @get("/pulls", summary="List a repository's pull requests, the last changed first")
    async def pulls(
        self,
        *,
        api: Account,
        repository: FullName,
        state: State = "open",
        page: PageNumber = 1,
        limit: Limit = 30,
    ) -> list[Message]:
        repo = await api.get(f"/repos/{repository}", Repository)
        asked = {"state": state, "sort": "updated", "direction": "desc"}
        path = f"/repos/{repository}/pulls"
        found = await api.get(path, list[Pull], page=page, per_page=limit, **asked)
        return [normalize.pull_request(ev.PullEvent(repo, it)) for it in found]

    @get("/commits", summary="List the commits of a repository's default branch, newest first")
    async def commits(
        self, api: Account, repository: FullName, page: PageNumber = 1, limit: Limit = 30
    ) -> list[Message]:
        repo = await api.get(f"/repos/{repository}", Repository)
        path = f"/repos/{repository}/commits"
        found = await api.get(path, list[Commit], page=page, per_page=limit)
        return [normalize_code.commit(ev.CommitEvent(repo, it)) for it in found]

    @post("/issues/{owner:str}/{name:str}", summary="Open an issue")
    async def create_issue(
        self, api: Account, owner: Owner, name: Name, data: bodies.NewIssue
    ) -> Message:
        repo = await api.get(f"/repos/{owner}/{name}", Repository)
        made = await api.send("POST", f"/repos/{owner}/{name}/issues", Listed, data)
        return normalize.issue(ev.IssueEvent(repo, made))

    @patch(
        "/issues/{owner:str}/{name:str}/{number:int}", summary="Change, close or reopen an issue"
    )
    async def change_issue(
        self, api: Account, owner: Owner, name: Name, number: Number, data: bodies.IssueChange
    ) -> Message:
        repo = await api.get(f"/repos/{owner}/{name}", Repository)
        done = await api.send("PATCH", f"/repos/{owner}/{name}/issues/{number}", Listed, data)
        return await _told(api, repo, done)

    @post("/issues/{owner:str}/{name:str}/{number:int}/comments", summary="Comment")
    async def create_comment(
        self, api: Account, owner: Owner, name: Name, number: Number, data: bodies.NewComment
    ) -> Message:
        repo = await api.get(f"/repos/{owner}/{name}", Repository)
        path = f"/repos/{owner}/{name}/issues/{number}/comments"
        said = await api.send("POST", path, Comment, data)
        return normalize.issue_comment(ev.CommentEvent(repo, said))

    @post("/pulls/{owner:str}/{name:str}/{number:int}/reviews", summary="Review a pull request")
    async def create_review(
        self, api: Account, owner: Owner, name: Name, number: Number, data: bodies.NewReview
    ) -> Message:
        repo = await api.get(f"/repos/{owner}/{name}", Repository)
        path = f"/repos/{owner}/{name}/pulls/{number}/reviews"
        given = await api.send("POST", path, Review, data)
        return normalize.review(ev.ReviewEvent(repo, given))

    @post("/sync/activity", status_code=202, summary="Walk the account's repositories now")
    async def sync_activity(
        self, start_sync: StartSync, data: bodies.Activity | None = None
    ) -> bodies.Started:
        return bodies.Started([await start_sync((data or bodies.Activity()).mode)])


async def _told(api: Api, repo: Repository, it: Listed) -> Message:
    """GitHub answers for a pull request as for an issue; then the pull request itself is read."""
    if not it.pull_request:
        return normalize.issue(ev.IssueEvent(repo, it))
    pull = await api.get(f"/repos/{repo.full_name}/pulls/{it.number}", Pull)
    return normalize.pull_request(ev.PullEvent(repo, pull))
