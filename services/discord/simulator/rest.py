"""The API as it is read: pages are newest first whichever end was asked for; rights may be missing."""

from services.discord.simulator.consent import problem
from services.discord.simulator.pace import Pace
from services.discord.simulator.rows import ANA, BOT, GUILD, HISTORY, PEOPLE, VIEW, hidden, user
from services.discord.simulator.world import World
from services.discord.simulator.writes import ID, ROOM, Handle, unknown, writes
from shared.simulation import Answer, Asked, Route

_BASE = "/api/v10"


def routes(world: World, pace: Pace) -> list[Route]:
    """Every call that is played, as a route each."""

    def server(_: Asked, ident: str) -> Answer:
        there = ident == GUILD and BOT in world.members
        return Answer(world.guild()) if there else unknown("guild")

    def member(_: Asked, __: str, who: str) -> Answer:
        if who not in world.members:
            return unknown("member")
        return Answer({"user": user(who), "nick": None, "roles": []})

    def people(asked: Asked, _: str) -> Answer:
        begin = asked.query.get("query", "").lower()
        found = [it for it in sorted(world.members) if PEOPLE[it].lower().startswith(begin)]
        return Answer([{"user": user(it), "nick": None, "roles": []} for it in found])

    def mine(asked: Asked) -> Answer:
        there = ANA in world.members and int(asked.query.get("after", "0")) < int(GUILD)
        row = {"id": GUILD, "name": "Acme", "owner": True, "permissions": "8"}
        return Answer([row] if there else [])

    def listed(_: Asked, __: str) -> Answer:
        return Answer(list(world.channels.values()))

    def active(_: Asked, __: str) -> Answer:
        rows = world.threads.values()
        return Answer({"threads": [it for it in rows if not it["thread_metadata"]["archived"]]})

    def archived(_: Asked, where: str, kind: str) -> Answer:
        rows = [it for it in world.threads.values() if it["parent_id"] == where]
        rows = [it for it in rows if it["thread_metadata"]["archived"] and kind == "public"]
        return Answer({"threads": rows, "has_more": False})

    def place(_: Asked, ident: str) -> Answer:
        there = ident in world.channels or ident in world.threads
        return Answer(world.place(ident)) if there else unknown("channel")

    def history(asked: Asked, where: str) -> Answer:
        if where not in world.channels and where not in world.threads:
            return unknown("channel")
        if not world.may(where, VIEW):
            return problem(403, 50001, "Missing Access")
        if not world.may(where, HISTORY):
            return Answer([])
        wish = asked.query
        limit = min(int(wish.get("limit", "50")), 100)
        ids = sorted(world.messages.get(where, {}), key=int)
        if "after" in wish:
            ids = [it for it in ids if int(it) > int(wish["after"])][:limit]
        else:
            ids = [it for it in ids if int(it) < int(wish.get("before", 1 << 64))][-limit:]
        rows = [world.messages[where][it] for it in reversed(ids)]
        return Answer([hidden(it) for it in rows] if world.withholds else rows)

    def one(_: Asked, where: str, ident: str) -> Answer:
        if not world.may(where, HISTORY):
            return problem(403, 50001, "Missing Access")
        return Answer(found) if (found := world.row(where, ident)) else unknown("message")

    table: dict[tuple[str, str], Handle] = {
        ("GET", "/users/@me"): lambda _: Answer(user(BOT)),
        ("GET", "/users/@me/guilds"): mine,
        ("GET", f"/guilds/{ID}"): server,
        ("GET", f"/guilds/{ID}/members/{ID}"): member,
        ("GET", f"/guilds/{ID}/members/search"): people,
        ("GET", f"/guilds/{ID}/channels"): listed,
        ("GET", f"/guilds/{ID}/threads/active"): active,
        ("GET", f"/channels/{ID}"): place,
        ("GET", f"/channels/{ID}/threads/archived/(public|private)"): archived,
        ("GET", ROOM): history,
        ("GET", f"{ROOM}/{ID}"): one,
    }
    table |= writes(world)
    return [Route(verb, _BASE + path, _paced(pace, it)) for (verb, path), it in table.items()]


def _paced(pace: Pace, handle: Handle) -> Handle:
    return lambda asked, *given: pace.refused(asked.path) or handle(asked, *given)
