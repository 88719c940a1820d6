"""Jira's own endpoints, under `/api/v1`: what is read and written comes back as Messages."""

import time

from litestar import Controller, delete, get, patch, post
from litestar.params import JSONBody

from services.jira import answers, writes
from services.jira import asking as ask
from shared.errors import BadRequest
from shared.normalizer import Message


class Jira(Controller):
    path = "/"

    @get("/issues", summary="List issues, the last changed first")
    async def issues(
        self,
        *,
        api: ask.Account,
        site: ask.SiteName = None,
        project: ask.ProjectKey = None,
        which: ask.StatusName = None,
        assignee: ask.Assignee = None,
        since: ask.Since = None,
        cursor: ask.Cursor = "",
        limit: ask.Limit = 50,
    ) -> ask.Messages:
        at = await answers.site(api, site)
        where = [f"project = {answers.quoted(project)}" if project else "project is not EMPTY"]
        if which:
            where.append(f"status = {answers.quoted(which)}")
        if assignee:
            words = {"me": "= currentUser()", "none": "is EMPTY"}
            where.append(f"assignee {words.get(assignee) or '= ' + answers.quoted(assignee)}")
        if since:
            where.append(f"updated >= -{answers.minutes(since, time.time())}m")
        question = f"{' AND '.join(where)} ORDER BY updated DESC"
        return await answers.listed(api, at, question, cursor, limit)

    @get("/issues/search", summary="Search issues by words, or by JQL")
    async def search(
        self,
        *,
        api: ask.Account,
        site: ask.SiteName = None,
        words: ask.Term = None,
        jql: ask.Jql = None,
        cursor: ask.Cursor = "",
        limit: ask.Limit = 50,
    ) -> ask.Messages:
        if (words is None) == (jql is None):
            raise BadRequest("Search by `q` or by `jql`, one of the two.")
        at = await answers.site(api, site)
        question = jql or f"text ~ {answers.quoted(words or '')} ORDER BY updated DESC"
        return await answers.listed(api, at, question, cursor, limit)

    @get("/issues/{issue:str}", summary="Read an issue, by its number or as SUP-42")
    async def issue(
        self, api: ask.Account, issue: ask.IssueId, site: ask.SiteName = None
    ) -> Message:
        return await answers.issue(api, await answers.site(api, site), issue)

    @post("/issues", summary="Open an issue")
    async def create_issue(
        self, api: ask.Account, data: JSONBody[ask.NewIssue], site: ask.SiteName = None
    ) -> Message:
        return await writes.create(api, await answers.site(api, site), data)

    @patch("/issues/{issue:str}", summary="Change or assign an issue")
    async def change_issue(
        self,
        api: ask.Account,
        issue: ask.IssueId,
        data: JSONBody[ask.IssueChange],
        site: ask.SiteName = None,
    ) -> Message:
        return await writes.change(api, await answers.site(api, site), issue, data)

    @get("/issues/{issue:str}/transitions", summary="List where an issue can go from here")
    async def transitions(
        self, api: ask.Account, issue: ask.IssueId, site: ask.SiteName = None
    ) -> ask.Listing:
        at = await answers.site(api, site)
        return ask.Listing(answers.kept(await answers.transitions(api, at, issue)))

    @post("/issues/{issue:str}/transitions", status_code=200, summary="Move an issue")
    async def move_issue(
        self,
        api: ask.Account,
        issue: ask.IssueId,
        data: JSONBody[ask.Transition],
        site: ask.SiteName = None,
    ) -> Message:
        return await writes.move(api, await answers.site(api, site), issue, data.name)

    @get("/issues/{issue:str}/comments", summary="List an issue's comments, the newest first")
    async def comments(
        self,
        *,
        api: ask.Account,
        issue: ask.IssueId,
        site: ask.SiteName = None,
        start: ask.Offset = 0,
        limit: ask.Limit = 50,
    ) -> ask.Messages:
        at = await answers.site(api, site)
        return await answers.comments(api, at, issue, start, limit)

    @post("/issues/{issue:str}/comments", summary="Comment on an issue")
    async def create_comment(
        self,
        api: ask.Account,
        issue: ask.IssueId,
        data: JSONBody[ask.NewComment],
        site: ask.SiteName = None,
    ) -> Message:
        return await writes.remark(api, await answers.site(api, site), issue, data)

    @patch("/issues/{issue:str}/comments/{comment:str}", summary="Say it better")
    async def change_comment(
        self,
        *,
        api: ask.Account,
        issue: ask.IssueId,
        comment: ask.Number,
        data: JSONBody[ask.CommentChange],
        site: ask.SiteName = None,
    ) -> Message:
        at = await answers.site(api, site)
        return await writes.reword(api, at, issue, comment, data.body)

    @delete("/issues/{issue:str}/comments/{comment:str}", summary="Take a comment back")
    async def delete_comment(
        self,
        api: ask.Account,
        issue: ask.IssueId,
        comment: ask.Number,
        site: ask.SiteName = None,
    ) -> None:
        await writes.take_back(api, await answers.site(api, site), issue, comment)
