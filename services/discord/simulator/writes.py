"""The API as it is written to."""

from collections.abc import Awaitable, Callable
from urllib.parse import unquote

from services.discord.simulator.consent import problem
from services.discord.simulator.rows import BOT, channel
from services.discord.simulator.world import World
from shared.simulation import Answer, Asked

Handle = Callable[..., Answer | Awaitable[Answer]]
ID = "([0-9]+)"
ROOM = f"/channels/{ID}/messages"
UNKNOWN = {"channel": 10003, "guild": 10004, "member": 10007, "message": 10008}


def writes(world: World) -> dict[tuple[str, str], Handle]:
    """Everything that is written, by method and path."""

    def post(asked: Asked, where: str) -> Answer:
        wish = asked.json()
        if len(wish["content"]) > 2000:
            return problem(400, 50035, "Invalid Form Body")
        reply = wish.get("message_reference")
        facts = {"type": 19, "message_reference": {**reply, "channel_id": where}} if reply else {}
        loud = "@everyone" in wish["content"] and "everyone" in wish["allowed_mentions"]["parse"]
        return Answer(world.say(where, wish["content"], BOT, mention_everyone=loud, **facts))

    def change(asked: Asked, where: str, ident: str) -> Answer:
        found = world.row(where, ident)
        if found is None:
            return unknown("message")
        if found["author"]["id"] != BOT:
            return problem(403, 50005, "Cannot edit a message authored by another user")
        world.edit(found, asked.json()["content"])
        return Answer(found)

    def remove(_: Asked, where: str, ident: str) -> Answer:
        gone = world.messages.get(where, {}).pop(ident, None)
        return Answer(None, 204) if gone else unknown("message")

    def react(_: Asked, where: str, ident: str, emoji: str) -> Answer:
        found = world.row(where, ident)
        if found is None:
            return unknown("message")
        found["reactions"] = [{"emoji": {"id": None, "name": unquote(emoji)}, "count": 1}]
        return Answer(None, 204)

    def begin(asked: Asked, where: str, ident: str) -> Answer:
        found = world.row(where, ident)
        return Answer(world.begin(found, asked.json()["name"])) if found else unknown("message")

    def direct(_: Asked) -> Answer:
        made = {**channel("1400000000000000099", 1, ""), "guild_id": None}
        world.channels.setdefault(made["id"], made)
        return Answer({it: made[it] for it in ("id", "type")})

    return {
        ("POST", "/users/@me/channels"): direct,
        ("POST", ROOM): post,
        ("PATCH", f"{ROOM}/{ID}"): change,
        ("DELETE", f"{ROOM}/{ID}"): remove,
        ("PUT", f"{ROOM}/{ID}/reactions/([^/]+)/@me"): react,
        ("POST", f"{ROOM}/{ID}/threads"): begin,
    }


def unknown(what: str) -> Answer:
    return problem(404, UNKNOWN[what], f"Unknown {what.title()}")
