"""The server that is there from the beginning."""

from services.discord.simulator.rows import GUILD, HISTORY, VIEW, channel, overwrite
from services.discord.simulator.world import World


def fill(world: World, messages: int) -> None:
    """A channel with so many messages, one with a thread, one that is put away, and two closed ones."""
    for row in (
        channel("1400000000000000001", 4, "Text"),
        channel("1400000000000000002", 0, "general"),
        channel("1400000000000000003", 5, "news"),
        channel("1400000000000000004", 0, "secret", overwrite(GUILD, deny=VIEW)),
        channel("1400000000000000005", 0, "mute", overwrite(GUILD, deny=HISTORY)),
        channel("1400000000000000006", 15, "ideas"),
    ):
        world.channels[row["id"]] = row
    for number in range(messages):
        world.say("1400000000000000002", f"Message {number}")
    begun = world.say("1400000000000000003", "Version <#1400000000000000002>")
    world.begin(begun, "About the version")
    world.say(begun["id"], "In the thread")
    done = world.begin(world.say("1400000000000000003", "Long ago"), "Done")
    world.say(done["id"], "In what is put away")
    done["thread_metadata"]["archived"] = True
    world.say("1400000000000000004", "Nobody may know")
    world.say("1400000000000000005", "Of the past")
