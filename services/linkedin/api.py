"""LinkedIn's own endpoints, under `/api/v1`: what is read comes back as Messages."""

from litestar import Controller, delete, get, patch, post
from litestar.params import JSONBody

from services.linkedin import asking as ask
from services.linkedin import normalize, writing
from services.linkedin.comments import comments
from services.linkedin.models import Comment, Elements, Member, Post, Role
from services.linkedin.sync import ROLES
from services.linkedin.writing import at, author
from shared.normalizer import Message
from shared.shapes import decoded


class LinkedIn(Controller):
    path = "/"

    @get("/profile", summary="Read who the account is")
    async def profile(self, api: ask.Account) -> ask.Profile:
        it = await api.get("/v2/userinfo", Member)
        return ask.Profile(it.sub, it.name, it.email, it.picture)

    @get("/organizations", summary="List the pages that the member administers")
    async def organizations(
        self, api: ask.Account, start: ask.Start = 0, limit: ask.Limit = 50
    ) -> list[ask.Page]:
        found = await api.get(f"{ROLES}&start={start}&count={limit}", Elements[Role])
        return [
            ask.Page(it.organization.rpartition(":")[2], it.organization) for it in found.elements
        ]

    @get("/posts", summary="List a page's posts, the last changed first")
    async def posts(
        self,
        api: ask.Account,
        organization: ask.Organization,
        start: ask.Start = 0,
        limit: ask.Limit = 20,
    ) -> ask.Messages:
        path = f"{author(organization)}&start={start}&count={limit}&sortBy=LAST_MODIFIED"
        found = (await api.get(path, Elements[Post])).elements
        following = start + limit if len(found) == limit else None
        return ask.Messages([normalize.post(it) for it in found], following)

    @get("/posts/{urn:str}", summary="Read a post")
    async def one(self, api: ask.Account, urn: ask.Urn) -> Message:
        return normalize.post(await api.get(at("posts", urn), Post))

    @get("/posts/{urn:str}/comments", summary="List what is said under a post, with the answers")
    async def comments(self, api: ask.Account, urn: ask.Urn) -> list[Message]:
        return [normalize.comment(decoded(row, Comment)) async for row in comments(api, urn)]

    @post("/posts", summary="Publish a post")
    async def create(self, api: ask.Account, data: JSONBody[ask.NewPost]) -> ask.Posted:
        urn = await writing.create(api, data)
        return ask.Posted(urn, normalize.address(urn))

    @patch("/posts/{urn:str}", status_code=204, summary="Change a post's words")
    async def change(self, api: ask.Account, urn: ask.Urn, data: JSONBody[ask.PostChange]) -> None:
        await writing.change(api, urn, data.text)

    @delete("/posts/{urn:str}", summary="Delete a post")
    async def remove(self, api: ask.Account, urn: ask.Urn) -> None:
        await api.send("DELETE", at("posts", urn), type(None))

    @post("/posts/{urn:str}/comments", summary="Comment, or answer a comment")
    async def comment(
        self, api: ask.Account, urn: ask.Urn, data: JSONBody[ask.NewComment]
    ) -> Message:
        return normalize.comment(await writing.comment(api, urn, data))

    @post("/posts/{urn:str}/reactions", status_code=204, summary="React to a post")
    async def react(self, api: ask.Account, urn: ask.Urn, data: JSONBody[ask.NewReaction]) -> None:
        await writing.react(api, urn, data)

    @post("/sync/activity", status_code=202, summary="Walk the account's pages now")
    async def sync_activity(
        self, start_sync: ask.StartSync, data: JSONBody[ask.Activity | None] = None
    ) -> ask.Started:
        return ask.Started([await start_sync((data or ask.Activity()).mode)])
