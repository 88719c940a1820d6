"""Slack's lists under `/api/v1`: workspaces, conversations, people."""

from typing import Annotated

from litestar import Controller, get
from litestar.params import QueryParameter
from msgspec import Struct

from services.slack import asking as ask
from services.slack import directory as of
from services.slack.channels import PAGE, Listed, Team, inside, teams
from services.slack.models import Auth

TeamQuery = Annotated[
    str, QueryParameter(pattern=r"^(T[A-Z0-9]{1,30})?$(?!\n)", description="a workspace's id")
]


class Workspaces(Struct):
    workspaces: list[Team]


class Listing(Controller):
    path = "/"

    @get("/workspaces", summary="List the workspaces that the account covers")
    async def workspaces(self, api: ask.Account) -> Workspaces:
        its = await api.get("/auth.test", Auth)
        if its.is_enterprise_install:
            return Workspaces(await teams(api))
        return Workspaces([Team(its.team_id or "", its.team or "")])

    @get("/channels", summary="List the conversations that the account takes part in")
    async def channels(
        self,
        *,
        api: ask.Account,
        team: TeamQuery = "",
        types: ask.Kinds = "public_channel,private_channel",
        cursor: ask.Cursor = "",
        limit: ask.Limit = PAGE,
    ) -> ask.Places:
        where = inside(team) | of.given(cursor=cursor)
        found = await api.get("/users.conversations", Listed, types=types, limit=limit, **where)
        turn = of.following(found.response_metadata)
        return ask.Places([of.place(it) for it in found.channels], turn)

    @get("/users", summary="Who the ids in Messages are; one person by `email`")
    async def users(
        self,
        *,
        api: ask.Account,
        team: TeamQuery = "",
        email: ask.Email = None,
        cursor: ask.Cursor = "",
        limit: ask.Limit = 200,
    ) -> ask.People:
        if email:
            return ask.People([await of.by_email(api, email)])
        return await of.people(api, limit=limit, **inside(team) | of.given(cursor=cursor))
