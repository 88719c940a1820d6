"""What there is when nobody has done anything yet: the same every time."""

from services.slack.simulator.places import OWN
from services.slack.simulator.world import World


def fill(world: World, messages: int) -> None:
    """Four conversations, in an organization seven; every fifth message has two replies, and the bot said one."""
    people, groups = world.places.users, world.places.groups
    for ident, name, shown, real in (
        ("U01", "ana", "ana", "Ana A"),
        ("U02", "bo", "", "Bo B"),
        *((f"U{number}", f"p{number}", f"person {number}", "") for number in range(11, 19)),
    ):
        profile = {"display_name": shown, "real_name": real}
        people.append({"id": ident, "name": name, "team_id": "T01", "profile": profile})
    bot = {"id": "U0B", "name": "hub", "is_bot": True, "profile": {"display_name": "hub"}}
    people.append({**bot, "team_id": "T01"})
    groups.append({"id": "S01", "team_id": "T01", "handle": "crew", "name": "The crew"})
    world.open("C01", name="general")
    world.open("C02", name="ops")
    world.open("G03", name="leads", is_private=True)
    world.open("D04", is_im=True, user="U01")
    if world.places.org:
        _second(world)
    for channel in world.rows:
        for number in range(messages):
            row = world.write(channel, f"Message {number} of {channel}, &amp; so on")
            for _ in range(2 if number % 5 == 0 else 0):
                world.write(channel, f"An answer to {number}", user="U02", thread_ts=row["ts"])
        world.write(channel, "I am listening", **OWN)


def _second(world: World) -> None:
    """Another workspace, a conversation of both, and one of a third that the app was not given yet."""
    world.places.teams["T02"] = "Acme East"
    for number, team in ((21, "T02"), (31, "T03")):
        profile = {"display_name": f"person {number}"}
        row = {"id": f"U{number}", "name": f"p{number}", "team_id": team, "profile": profile}
        world.places.users.append(row)
    world.places.groups.append({"id": "S02", "team_id": "T02", "handle": "east", "name": "East"})
    world.open("C21", name="east", teams=["T02"])
    world.open("C09", name="everybody", teams=["T01", "T02"])
    world.open("C31", name="west", teams=["T03"])
