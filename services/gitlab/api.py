"""GitLab's own endpoints, under `/api/v1`: what is read and written comes back as Messages."""

from litestar import Controller, get, patch, post
from litestar.params import JSONBody

from services.gitlab import asking as ask
from services.gitlab import normalize as told
from services.gitlab.answers import comment, comments, listed, one, page
from services.gitlab.events import IssueEvent, MergeRequestEvent
from services.gitlab.models import Issue, MergeRequest
from shared.normalizer import Message

_ISSUES, _ISSUE = "/issues/{project:int}", "/issues/{project:int}/{iid:int}"
_MRS, _MR = "/merge_requests/{project:int}", "/merge_requests/{project:int}/{iid:int}"


class GitLab(Controller):
    path = "/"

    @get("/issues", summary="List a project's issues, the last changed first")
    async def issues(
        self,
        *,
        api: ask.Account,
        which: ask.Which,
        wanted: ask.State = "opened",
        search: ask.Search = None,
        since: ask.Since = None,
        page_number: ask.PageNumber = 1,
        limit: ask.Limit = 30,
    ) -> list[Message]:
        order = {"state": wanted, "order_by": "updated_at"}
        asked = page(page_number, limit, search=search, since=since, **order)
        project, found = await listed(api, which, "issues", list[Issue], asked)
        return [told.issue(IssueEvent(project=project, object_attributes=it)) for it in found]

    @get(_ISSUE, summary="Read an issue")
    async def issue(self, api: ask.Account, project: ask.Number, iid: ask.Number) -> Message:
        its, found = await one(api, "GET", project, f"issues/{iid}", Issue)
        return told.issue(IssueEvent(project=its, object_attributes=found))

    @post(_ISSUES, summary="Open an issue")
    async def create_issue(
        self, api: ask.Account, project: ask.Number, data: JSONBody[ask.NewIssue]
    ) -> Message:
        its, made = await one(api, "POST", project, "issues", Issue, data=data)
        return told.issue(IssueEvent(project=its, object_attributes=made))

    @patch(_ISSUE, summary="Change, close or reopen an issue")
    async def change_issue(
        self,
        api: ask.Account,
        project: ask.Number,
        iid: ask.Number,
        data: JSONBody[ask.IssueChange],
    ) -> Message:
        its, done = await one(api, "PUT", project, f"issues/{iid}", Issue, data=data)
        return told.issue(IssueEvent(project=its, object_attributes=done))

    @get(f"{_ISSUE}/comments", summary="List what was said on an issue")
    async def issue_comments(
        self, api: ask.Account, project: ask.Number, iid: ask.Number
    ) -> list[Message]:
        return await comments(api, project, f"issues/{iid}")

    @post(f"{_ISSUE}/comments", summary="Comment on an issue, or answer in a thread")
    async def comment_issue(
        self,
        api: ask.Account,
        project: ask.Number,
        iid: ask.Number,
        data: JSONBody[ask.NewComment],
    ) -> Message:
        return await comment(api, project, f"issues/{iid}", data)

    @get("/merge_requests", summary="List a project's merge requests, the last changed first")
    async def merge_requests(
        self,
        *,
        api: ask.Account,
        which: ask.Which,
        wanted: ask.MergeState = "opened",
        search: ask.Search = None,
        since: ask.Since = None,
        page_number: ask.PageNumber = 1,
        limit: ask.Limit = 30,
    ) -> list[Message]:
        order = {"state": wanted, "order_by": "updated_at"}
        asked = page(page_number, limit, search=search, since=since, **order)
        project, found = await listed(api, which, "merge_requests", list[MergeRequest], asked)
        events = [MergeRequestEvent(project=project, object_attributes=it) for it in found]
        return [told.merge_request(it) for it in events]

    @get(_MR, summary="Read a merge request")
    async def merge_request(
        self, api: ask.Account, project: ask.Number, iid: ask.Number
    ) -> Message:
        its, found = await one(api, "GET", project, f"merge_requests/{iid}", MergeRequest)
        return told.merge_request(MergeRequestEvent(project=its, object_attributes=found))

    @post(_MRS, summary="Ask for a merge")
    async def create_merge_request(
        self, api: ask.Account, project: ask.Number, data: JSONBody[ask.NewMergeRequest]
    ) -> Message:
        its, made = await one(api, "POST", project, "merge_requests", MergeRequest, data=data)
        return told.merge_request(MergeRequestEvent(project=its, object_attributes=made))

    @patch(_MR, summary="Change, close or reopen a merge request")
    async def change_merge_request(
        self,
        api: ask.Account,
        project: ask.Number,
        iid: ask.Number,
        data: JSONBody[ask.MergeRequestChange],
    ) -> Message:
        its, done = await one(api, "PUT", project, f"merge_requests/{iid}", MergeRequest, data=data)
        return told.merge_request(MergeRequestEvent(project=its, object_attributes=done))

    @post(f"{_MR}/merge", summary="Merge, if its head is still the one that was looked at")
    async def merge(
        self, api: ask.Account, project: ask.Number, iid: ask.Number, data: JSONBody[ask.Merge]
    ) -> Message:
        path = f"merge_requests/{iid}/merge"
        its, done = await one(api, "PUT", project, path, MergeRequest, data=data)
        return told.merge_request(MergeRequestEvent(project=its, object_attributes=done))

    @get(f"{_MR}/comments", summary="List what was said on a merge request")
    async def merge_request_comments(
        self, api: ask.Account, project: ask.Number, iid: ask.Number
    ) -> list[Message]:
        return await comments(api, project, f"merge_requests/{iid}")

    @post(f"{_MR}/comments", summary="Comment on a merge request, or answer in a thread")
    async def comment_merge_request(
        self,
        api: ask.Account,
        project: ask.Number,
        iid: ask.Number,
        data: JSONBody[ask.NewComment],
    ) -> Message:
        return await comment(api, project, f"merge_requests/{iid}", data)
