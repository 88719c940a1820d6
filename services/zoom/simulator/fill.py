"""What there is when nobody has done anything yet: the same every time."""

from services.zoom.simulator.world import World

DAY = 86_400.0


def fill(world: World, meetings: int) -> None:
    """So many meetings ahead, and as many behind, one a week: each was recorded, every other one was
    transcribed, and every third has a summary."""
    for number in range(meetings):
        world.plan_quietly(f"Planned {number}", agenda=f"What comes in week {number}")
    for number in range(meetings):
        row = world.plan_quietly(f"Week {number}", type=8, agenda="The same as ever")
        uuid = world.hold(row, world.now() - 7 * DAY * (number + 1))
        world.people[uuid].append(world.person("Jo Kim", uuid))
        world.people[uuid].append(world.person("Guest 7", uuid, known=False))
        world.add_file(uuid, "MP4", "shared_screen_with_speaker_view", b"\0" * 100)
        if number % 2 == 0:
            world.add_transcript(uuid, [("Mia Berg", f"Week {number}: who begins?"), ("", "I do.")])
        if number % 3 == 0:
            world.add_summary(uuid, f"They looked at week {number}.")
