"""More of Linear's own endpoints: links, projects, and what is known by id."""

from litestar import Controller, get, post
from litestar.params import JSONBody

from services.linear import asking as ask
from services.linear import board, listing, writes
from shared.normalizer import Message


class Around(Controller):
    path = "/"

    @post("/issues/{issue:str}/attachments", summary="Put a link at an issue")
    async def attach(
        self,
        api: ask.Account,
        names: ask.Names,
        issue: ask.IssueId,
        data: JSONBody[ask.NewAttachment],
    ) -> Message:
        body = writes.given(data, issueId=issue)
        return await writes.create(api, names, "attachment", body)

    @get("/projects", summary="List projects, the last changed first")
    async def projects(
        self, api: ask.Account, names: ask.Names, cursor: ask.Cursor = "", limit: ask.Limit = 50
    ) -> ask.Messages:
        return await board.listed(api, names, "project", limit=limit, cursor=cursor, where={})

    @get("/projects/{project:str}", summary="Read a project")
    async def project(self, api: ask.Account, names: ask.Names, project: ask.EntityId) -> Message:
        return await board.one(api, names, "project", project)

    @post("/projects/{project:str}/updates", summary="Tell how a project is doing")
    async def update(
        self,
        api: ask.Account,
        names: ask.Names,
        project: ask.EntityId,
        data: JSONBody[ask.NewUpdate],
    ) -> Message:
        body = writes.given(data, projectId=project)
        return await writes.create(api, names, "projectUpdate", body)

    @get("/teams", summary="List the teams that the account may see")
    async def teams(
        self, api: ask.Account, cursor: ask.Cursor = "", limit: ask.Limit = 50
    ) -> ask.Listing:
        return await listing.things(api, "teams", "name key", team=None, limit=limit, cursor=cursor)

    @get("/users", summary="List the members of the workspace")
    async def users(
        self, api: ask.Account, cursor: ask.Cursor = "", limit: ask.Limit = 50
    ) -> ask.Listing:
        return await listing.things(
            api, "users", "name email", team=None, limit=limit, cursor=cursor
        )

    @get("/states", summary="List the states that issues may have")
    async def states(
        self,
        api: ask.Account,
        team: ask.TeamKey = None,
        cursor: ask.Cursor = "",
        limit: ask.Limit = 100,
    ) -> ask.Listing:
        fields = "name type team { key }"
        return await listing.things(
            api, "workflowStates", fields, team=team, limit=limit, cursor=cursor
        )

    @get("/labels", summary="List the labels of issues")
    async def labels(
        self,
        api: ask.Account,
        team: ask.TeamKey = None,
        cursor: ask.Cursor = "",
        limit: ask.Limit = 100,
    ) -> ask.Listing:
        fields = "name team { key }"
        return await listing.things(
            api, "issueLabels", fields, team=team, limit=limit, cursor=cursor
        )

    @get("/cycles", summary="List cycles")
    async def cycles(
        self,
        api: ask.Account,
        team: ask.TeamKey = None,
        cursor: ask.Cursor = "",
        limit: ask.Limit = 50,
    ) -> ask.Listing:
        fields = "name number team { key }"
        return await listing.things(api, "cycles", fields, team=team, limit=limit, cursor=cursor)

    @post("/sync/issues", status_code=202, summary="Walk the account's workspace now")
    async def sync_issues(
        self, start_sync: ask.StartSync, data: JSONBody[ask.Activity | None] = None
    ) -> ask.Started:
        return ask.Started([await start_sync((data or ask.Activity()).mode)])
