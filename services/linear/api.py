"""Linear's own endpoints, under `/api/v1`: what is read and written comes back as Messages."""

from datetime import UTC
from typing import Any

from litestar import Controller, delete, get, patch, post
from litestar.params import JSONBody

from services.linear import asking as ask
from services.linear import board, writes
from shared.normalizer import Message


class Linear(Controller):
    path = "/"

    @get("/issues", summary="List issues, the last changed first")
    async def issues(
        self,
        *,
        api: ask.Account,
        names: ask.Names,
        team: ask.TeamKey = None,
        which: ask.StateName = None,
        assignee: ask.Assignee = None,
        since: ask.Since = None,
        cursor: ask.Cursor = "",
        limit: ask.Limit = 50,
    ) -> ask.Messages:
        where: dict[str, Any] = {}
        if team:
            where["team"] = {"key": {"eq": team}}
        if which:
            where["state"] = {"name": {"eqIgnoreCase": which}}
        if assignee:
            where["assignee"] = {"email": {"eqIgnoreCase": assignee}}
        if since:
            where["updatedAt"] = {"gte": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        return await board.listed(api, names, "issue", limit=limit, cursor=cursor, where=where)

    @get("/issues/search", summary="Search issues and their comments")
    async def search(
        self,
        api: ask.Account,
        names: ask.Names,
        term: ask.Term,
        cursor: ask.Cursor = "",
        limit: ask.Limit = 50,
    ) -> ask.Messages:
        return await board.searched(api, names, term, limit, cursor)

    @get("/issues/{issue:str}", summary="Read an issue, by its id or as ENG-7")
    async def issue(self, api: ask.Account, names: ask.Names, issue: ask.IssueId) -> Message:
        return await board.one(api, names, "issue", issue)

    @post("/issues", summary="Open an issue")
    async def create_issue(
        self, api: ask.Account, names: ask.Names, data: JSONBody[ask.NewIssue]
    ) -> Message:
        return await writes.create(api, names, "issue", writes.given(data))

    @patch("/issues/{issue:str}", summary="Change, move or close an issue")
    async def change_issue(
        self,
        api: ask.Account,
        names: ask.Names,
        issue: ask.IssueId,
        data: JSONBody[ask.IssueChange],
    ) -> Message:
        return await writes.change(api, names, "issue", issue, writes.given(data))

    @delete("/issues/{issue:str}", summary="Move an issue to the trash")
    async def delete_issue(self, api: ask.Account, issue: ask.IssueId) -> None:
        await writes.ended(api, "issueDelete", issue)

    @post("/issues/{issue:str}/archive", status_code=204, summary="Archive an issue")
    async def archive_issue(self, api: ask.Account, issue: ask.IssueId) -> None:
        await writes.ended(api, "issueArchive", issue)

    @get("/issues/{issue:str}/comments", summary="List an issue's comments")
    async def comments(
        self,
        api: ask.Account,
        names: ask.Names,
        issue: ask.IssueId,
        cursor: ask.Cursor = "",
        limit: ask.Limit = 50,
    ) -> ask.Messages:
        return await board.comments(api, names, issue, limit, cursor)

    @post("/issues/{issue:str}/comments", summary="Comment, or answer a comment")
    async def create_comment(
        self,
        api: ask.Account,
        names: ask.Names,
        issue: ask.IssueId,
        data: JSONBody[ask.NewComment],
    ) -> Message:
        body = writes.given(data, issueId=issue)
        return await writes.create(api, names, "comment", body)

    @patch("/comments/{comment:str}", summary="Say it better")
    async def change_comment(
        self,
        api: ask.Account,
        names: ask.Names,
        comment: ask.EntityId,
        data: JSONBody[ask.CommentChange],
    ) -> Message:
        return await writes.change(api, names, "comment", comment, writes.given(data))

    @delete("/comments/{comment:str}", summary="Take a comment back")
    async def delete_comment(self, api: ask.Account, comment: ask.EntityId) -> None:
        await writes.ended(api, "commentDelete", comment)

    @post("/comments/{comment:str}/reactions", summary="React to a comment")
    async def react(
        self,
        api: ask.Account,
        names: ask.Names,
        comment: ask.EntityId,
        data: JSONBody[ask.NewReaction],
    ) -> Message:
        body = writes.given(data, commentId=comment)
        return await writes.create(api, names, "reaction", body)

    @delete("/reactions/{reaction:str}", summary="Take a reaction back")
    async def unreact(self, api: ask.Account, reaction: ask.EntityId) -> None:
        await writes.ended(api, "reactionDelete", reaction)
