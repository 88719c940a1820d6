"""Discord's lists under `/api/v1`: channels, threads, members, roles, servers, who is heard where."""

from litestar import Controller, get

from services.discord import answers, permissions
from services.discord import asking as ask
from services.discord import directory as of
from services.discord.oauth import server
from services.discord.places import Channel, Guild, Member
from services.discord.server import place
from services.discord.threads import Listed


class Listing(Controller):
    path = "/"

    @get("/channels", summary="List the server's channels, and which of them the bot may read")
    async def channels(self, api: ask.Account) -> answers.Places:
        guild, bot = await place(api, await server(api))
        found = await api.get(f"/guilds/{guild.id}/channels", list[Channel])
        rights = [permissions.of(it, guild, bot) for it in found]
        seen = [(it, given) for it, given in zip(found, rights, strict=True)]
        return answers.Places(
            [
                of.place(it, readable=not permissions.obstacle(it, given))
                for it, given in seen
                if given & permissions.VIEW_CHANNEL
            ]
        )

    @get("/threads", summary="List the threads in which somebody wrote lately")
    async def threads(self, api: ask.Account) -> answers.Places:
        found = await api.get(f"/guilds/{await server(api)}/threads/active", Listed)
        return answers.Places([of.place(it) for it in found.threads])

    @get("/channels/{channel:str}/threads", summary="List a channel's threads that were put away")
    async def archived(self, api: ask.Account, channel: ask.ChannelPath) -> answers.Places:
        await of.inside(api, channel)
        path = f"/channels/{channel}/threads/archived/public"
        found = await api.get(path, Listed, limit=100)
        return answers.Places([of.place(it) for it in found.threads])

    @get("/members", summary="Find people of the server by how their name begins")
    async def members(
        self, api: ask.Account, text: ask.Query, limit: ask.Limit = 25
    ) -> answers.People:
        path = f"/guilds/{await server(api)}/members/search"
        found = await api.get(path, list[Member], query=text, limit=limit)
        return answers.People([of.human(it) for it in found])

    @get("/members/{user:str}", summary="Who somebody is in the server")
    async def member(self, api: ask.Account, user: ask.UserPath) -> answers.Human:
        return await of.member(api, user)

    @get("/members/{user:str}/voice", summary="Where somebody is heard now")
    async def voice(self, api: ask.Account, user: ask.UserPath) -> answers.Voice:
        return await of.voice(api, user)

    @get("/roles", summary="List the server's roles")
    async def roles(self, api: ask.Account) -> answers.Groups:
        found = await api.get(f"/guilds/{await server(api)}", Guild)
        return answers.Groups([answers.Group(it.id, it.name or "") for it in found.roles])

    @get("/servers", summary="List the servers of whoever connected this one")
    async def servers(self, api: ask.Account) -> answers.Servers:
        found = await api.get("/users/@me/guilds", list[Guild], limit=200)
        return answers.Servers([answers.Server(it.id, it.name or "") for it in found])
