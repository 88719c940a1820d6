"""Projects and their code, under `/api/v1`: what is read and written comes back as Messages."""

from typing import Literal

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody

from services.gitlab import asking as ask
from services.gitlab import normalize_code as told
from services.gitlab.answers import listed, one, page
from services.gitlab.models_code import (
    Commit,
    CommitEvent,
    ListedProject,
    Pipeline,
    PipelineEvent,
    ProjectEvent,
    Release,
    ReleaseEvent,
)
from shared.normalizer import Message


class Code(Controller):
    path = "/"

    @get("/projects", summary="List the projects that the account is a member of")
    async def projects(
        self,
        api: ask.Account,
        search: ask.Search = None,
        page_number: ask.PageNumber = 1,
        limit: ask.Limit = 30,
    ) -> list[Message]:
        asked = page(page_number, limit, search=search, membership="true")
        found = await api.get("/api/v4/projects", list[ListedProject], **asked)
        return [told.project(ProjectEvent(it)) for it in found]

    @get("/commits", summary="List the commits of a project's default branch, newest first")
    async def commits(
        self,
        api: ask.Account,
        which: ask.Which,
        page_number: ask.PageNumber = 1,
        limit: ask.Limit = 30,
    ) -> list[Message]:
        asked = page(page_number, limit)
        its, found = await listed(api, which, "repository/commits", list[Commit], asked)
        return [told.commit(CommitEvent(its, it)) for it in found]

    @get("/releases", summary="List a project's releases, newest first")
    async def releases(
        self,
        api: ask.Account,
        which: ask.Which,
        page_number: ask.PageNumber = 1,
        limit: ask.Limit = 30,
    ) -> list[Message]:
        asked = page(page_number, limit)
        its, found = await listed(api, which, "releases", list[Release], asked)
        return [told.release(ReleaseEvent(its, it)) for it in found]

    @get("/pipelines", summary="List a project's pipelines, the last changed first")
    async def pipelines(
        self,
        api: ask.Account,
        which: ask.Which,
        since: ask.Since = None,
        page_number: ask.PageNumber = 1,
        limit: ask.Limit = 30,
    ) -> list[Message]:
        """As GitLab lists them: without who started one, and for how long it ran."""
        asked = page(page_number, limit, since=since, order_by="updated_at")
        its, found = await listed(api, which, "pipelines", list[Pipeline], asked)
        return [told.pipeline(PipelineEvent(its, it)) for it in found]

    @get("/pipelines/{project:int}/{number:int}", summary="Read a pipeline")
    async def pipeline(self, api: ask.Account, project: ask.Number, number: ask.Number) -> Message:
        its, found = await one(api, "GET", project, f"pipelines/{number}", Pipeline)
        return told.pipeline(PipelineEvent(its, found))

    @post("/pipelines/{project:int}", summary="Start a pipeline")
    async def start_pipeline(
        self, api: ask.Account, project: ask.Number, data: JSONBody[ask.NewPipeline]
    ) -> Message:
        its, made = await one(api, "POST", project, "pipeline", Pipeline, data=data)
        return told.pipeline(PipelineEvent(its, made))

    @post(
        "/pipelines/{project:int}/{number:int}/{verb:str}",
        summary="Run a pipeline's failed jobs again, or cancel it",
    )
    async def steer_pipeline(
        self,
        api: ask.Account,
        project: ask.Number,
        number: ask.Number,
        verb: FromPath[Literal["retry", "cancel"]],
    ) -> Message:
        its, done = await one(api, "POST", project, f"pipelines/{number}/{verb}", Pipeline)
        return told.pipeline(PipelineEvent(its, done))
