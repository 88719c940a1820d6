"""GitHub's own endpoints, under `/api/v1`: what is read and written comes back as Messages."""

from datetime import UTC

from litestar import Controller, get, patch, post
from litestar.params import JSONBody

from services.github import asking as ask
from services.github import events as ev
from services.github import normalize, normalize_code
from services.github.models import Comment, Listed, Pull, Repository, Review
from services.github.models_code import Commit, ListedRepository
from services.github.repositories import rows, visible
from shared.normalizer import Message
from shared.provider import Api
from shared.shapes import decoded


class GitHub(Controller):
    path = "/"

    @get("/repositories", summary="List the repositories that the account may see")
    async def repositories(
        self, api: ask.Account, page: ask.PageNumber = 1, limit: ask.Limit = 30
    ) -> list[Message]:
        listed, _ = rows(await visible(api, page=page, per_page=limit))
        found = (decoded(row, ListedRepository) for row in listed)
        return [normalize_code.repository(ev.RepositoryEvent(it)) for it in found]

    @get("/issues", summary="List a repository's issues, the last changed first")
    async def issues(
        self,
        *,
        api: ask.Account,
        repository: ask.FullName,
        which: ask.State = "open",
        since: ask.Since = None,
        page: ask.PageNumber = 1,
        limit: ask.Limit = 30,
    ) -> list[Message]:
        repo = await api.get(f"/repos/{repository}", Repository)
        after = {"since": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"} if since else {}
        asked = {"state": which, "sort": "updated", **after}
        path = f"/repos/{repository}/issues"
        found = await api.get(path, list[Listed], page=page, per_page=limit, **asked)
        return [normalize.issue(ev.IssueEvent(repo, it)) for it in found if not it.pull_request]

    @get("/issues/{owner:str}/{name:str}/{number:int}", summary="Read an issue or a pull request")
    async def issue(
        self, api: ask.Account, owner: ask.Owner, name: ask.Name, number: ask.Number
    ) -> Message:
        repo = await api.get(f"/repos/{owner}/{name}", Repository)
        found = await api.get(f"/repos/{owner}/{name}/issues/{number}", Listed)
        return await _told(api, repo, found)

    @get("/pulls", summary="List a repository's pull requests, the last changed first")
    async def pulls(
        self,
        *,
        api: ask.Account,
        repository: ask.FullName,
        which: ask.State = "open",
        page: ask.PageNumber = 1,
        limit: ask.Limit = 30,
    ) -> list[Message]:
        repo = await api.get(f"/repos/{repository}", Repository)
        asked = {"state": which, "sort": "updated", "direction": "desc"}
        path = f"/repos/{repository}/pulls"
        found = await api.get(path, list[Pull], page=page, per_page=limit, **asked)
        return [normalize.pull_request(ev.PullEvent(repo, it)) for it in found]

    @get("/commits", summary="List the commits of a repository's default branch, newest first")
    async def commits(
        self,
        api: ask.Account,
        repository: ask.FullName,
        page: ask.PageNumber = 1,
        limit: ask.Limit = 30,
    ) -> list[Message]:
        repo = await api.get(f"/repos/{repository}", Repository)
        path = f"/repos/{repository}/commits"
        found = await api.get(path, list[Commit], page=page, per_page=limit)
        return [normalize_code.commit(ev.CommitEvent(repo, it)) for it in found]

    @post("/issues/{owner:str}/{name:str}", summary="Open an issue")
    async def create_issue(
        self, api: ask.Account, owner: ask.Owner, name: ask.Name, data: JSONBody[ask.NewIssue]
    ) -> Message:
        repo = await api.get(f"/repos/{owner}/{name}", Repository)
        made = await api.send("POST", f"/repos/{owner}/{name}/issues", Listed, data)
        return normalize.issue(ev.IssueEvent(repo, made))

    @patch(
        "/issues/{owner:str}/{name:str}/{number:int}", summary="Change, close or reopen an issue"
    )
    async def change_issue(
        self,
        api: ask.Account,
        owner: ask.Owner,
        name: ask.Name,
        number: ask.Number,
        data: JSONBody[ask.IssueChange],
    ) -> Message:
        repo = await api.get(f"/repos/{owner}/{name}", Repository)
        done = await api.send("PATCH", f"/repos/{owner}/{name}/issues/{number}", Listed, data)
        return await _told(api, repo, done)

    @post("/issues/{owner:str}/{name:str}/{number:int}/comments", summary="Comment")
    async def create_comment(
        self,
        api: ask.Account,
        owner: ask.Owner,
        name: ask.Name,
        number: ask.Number,
        data: JSONBody[ask.NewComment],
    ) -> Message:
        repo = await api.get(f"/repos/{owner}/{name}", Repository)
        path = f"/repos/{owner}/{name}/issues/{number}/comments"
        said = await api.send("POST", path, Comment, data)
        return normalize.issue_comment(ev.CommentEvent(repo, said))

    @post("/pulls/{owner:str}/{name:str}/{number:int}/reviews", summary="Review a pull request")
    async def create_review(
        self,
        api: ask.Account,
        owner: ask.Owner,
        name: ask.Name,
        number: ask.Number,
        data: JSONBody[ask.NewReview],
    ) -> Message:
        repo = await api.get(f"/repos/{owner}/{name}", Repository)
        path = f"/repos/{owner}/{name}/pulls/{number}/reviews"
        given = await api.send("POST", path, Review, data)
        return normalize.review(ev.ReviewEvent(repo, given))

    @post("/sync/activity", status_code=202, summary="Walk the account's repositories now")
    async def sync_activity(
        self, start_sync: ask.StartSync, data: JSONBody[ask.Activity | None] = None
    ) -> ask.Started:
        return ask.Started([await start_sync((data or ask.Activity()).mode)])


async def _told(api: Api, repo: Repository, it: Listed) -> Message:
    """GitHub answers for a pull request as for an issue; then the pull request itself is read."""
    if not it.pull_request:
        return normalize.issue(ev.IssueEvent(repo, it))
    pull = await api.get(f"/repos/{repo.full_name}/pulls/{it.number}", Pull)
    return normalize.pull_request(ev.PullEvent(repo, pull))
