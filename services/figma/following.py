"""What an account follows, and what there is to follow below a team or a folder.

https://developers.figma.com/docs/rest-api/folders-endpoints/
"""

from litestar import Controller, delete, get, post
from litestar.params import JSONBody

from services.figma import answers as of
from services.figma import asking as ask
from services.figma.models import Files, Folders
from services.figma.places import PLACE, place
from shared.errors import BadRequest
from shared.provider import Api

MOST = 100
"""Places that one account may follow."""


class Following(Controller):
    path = "/"

    @get("/following", summary="List the teams, folders and files that are followed")
    async def following(self, told: ask.Told) -> ask.Listing:
        return ask.Listing(
            [ask.Kept(it, name) for it, name in sorted(told.items()) if PLACE.match(it)]
        )

    @post("/following", summary="Follow a team, a folder or a file, by its address")
    async def follow(
        self, api: ask.Account, told: ask.Told, tell: ask.Tell, data: JSONBody[ask.Place]
    ) -> ask.Kept:
        wanted = place(data.link.strip())
        if wanted is None:
            raise BadRequest("This is not the address of a team, a folder or a file on Figma.")
        if len(told) >= MOST and wanted not in told:
            raise BadRequest(f"An account follows at most {MOST} teams, folders and files.")
        name = await _called(api, wanted)
        await tell({wanted: name})
        return ask.Kept(wanted, name)

    @delete("/following/{followed:str}", summary="Follow it no more")
    async def unfollow(self, tell: ask.Tell, followed: ask.Followed) -> None:
        await tell({followed: None})

    @get("/teams/{team:str}/folders", summary="List the folders of a team")
    async def folders(self, api: ask.Account, team: ask.Number) -> ask.Listing:
        found = await api.get(f"/v2/teams/{team}/folders", Folders)
        return ask.Listing([ask.Kept(f"folder:{it.id}", it.name) for it in found.folders])

    @get("/folders/{folder:str}/files", summary="List the files of a folder, and their branches")
    async def files(self, api: ask.Account, folder: ask.Number) -> ask.Listing:
        found = await api.get(f"/v2/folders/{folder}/files", Files, branch_data="true")
        rows = [one for it in found.files for one in (it, *it.branches)]
        return ask.Listing([ask.Kept(f"file:{it.key}", it.name) for it in rows])


async def _called(api: Api, wanted: str) -> str:
    """What it is called; raises ItemGone for what this account may not see."""
    kind, _, ident = wanted.partition(":")
    if kind == "team":
        return (await api.get(f"/v2/teams/{ident}/folders", Folders)).name
    if kind == "folder":
        return (await api.get(f"/v2/folders/{ident}/files", Files)).name
    return await of.name(api, ident)
