"""More of Jira's own endpoints: time, links, and what is known by id."""

from litestar import Controller, get, post
from litestar.params import JSONBody

from services.jira import answers, writes
from services.jira import asking as ask
from services.jira.sites import host, reached
from shared.normalizer import Message
from shared.passing import BYTES, Passing


class Around(Controller):
    path = "/"

    @post("/issues/{issue:str}/worklogs", summary="Log time that was spent")
    async def log_work(
        self,
        api: ask.Account,
        issue: ask.IssueId,
        data: JSONBody[ask.NewWorklog],
        site: ask.SiteName = None,
    ) -> Message:
        return await writes.log(api, await answers.site(api, site), issue, data)

    @post("/issues/{issue:str}/links", status_code=204, summary="Link two issues")
    async def link_issue(
        self,
        api: ask.Account,
        issue: ask.IssueId,
        data: JSONBody[ask.NewLink],
        site: ask.SiteName = None,
    ) -> None:
        await writes.link(api, await answers.site(api, site), issue, data)

    @get("/attachments/{number:str}", media_type=BYTES, summary="Read a file of an issue")
    async def attachment(
        self, api: ask.Account, number: ask.Number, site: ask.SiteName = None
    ) -> Passing:
        return await answers.file(api, await answers.site(api, site), number)

    @get("/sites", summary="List the sites that the account reaches")
    async def sites(self, api: ask.Account) -> ask.Listing:
        return ask.Listing([ask.Kept(it.id, it.name, host(it)) for it in await reached(api)])

    @get("/projects", summary="List projects")
    async def projects(
        self,
        *,
        api: ask.Account,
        site: ask.SiteName = None,
        words: ask.Words = "",
        start: ask.Offset = 0,
        limit: ask.Limit = 50,
    ) -> ask.Listing:
        at = await answers.site(api, site)
        return await answers.projects(api, at, words, start, limit)

    @get("/users", summary="Search people")
    async def users(
        self,
        *,
        api: ask.Account,
        site: ask.SiteName = None,
        words: ask.Words = "",
        start: ask.Offset = 0,
        limit: ask.Limit = 50,
    ) -> ask.Listing:
        return await answers.users(api, await answers.site(api, site), words, start, limit)

    @get("/statuses", summary="List the statuses that issues may have")
    async def statuses(self, api: ask.Account, site: ask.SiteName = None) -> ask.Listing:
        return await answers.statuses(api, await answers.site(api, site))

    @post("/sync/issues", status_code=202, summary="Walk the account's sites now")
    async def sync_issues(
        self, start_sync: ask.StartSync, data: JSONBody[ask.Activity | None] = None
    ) -> ask.Started:
        return ask.Started([await start_sync((data or ask.Activity()).mode)])
