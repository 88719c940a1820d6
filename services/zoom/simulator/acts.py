"""What people and Zoom do, each told by its event. https://developers.zoom.us/docs/api/meetings/events/"""

from collections.abc import Sequence
from typing import Any

from services.zoom.simulator.deliveries import Row, stamp
from services.zoom.simulator.world import MINUTE, World


async def plan(world: World, topic: str, **more: Any) -> Row:
    """Somebody plans a meeting."""
    row = world.plan_quietly(topic, **more)
    await world.deliveries.tell("meeting.created", row)
    return row


async def change(world: World, number: int, **changes: Any) -> None:
    """Somebody changes it; the event tells only what has changed."""
    row = world.planned[number]
    before = {name: row.get(name) for name in changes}
    row.update(changes)
    told = {"id": number, **changes}
    await world.deliveries.tell("meeting.updated", told, old_object={"id": number, **before})


async def cancel(world: World, number: int) -> None:
    """Somebody cancels it."""
    await world.deliveries.tell("meeting.deleted", world.planned.pop(number))


async def start(world: World, number: int) -> str:
    """It begins now; what it was cannot be asked for before its end."""
    uuid = world.hold(world.planned[number], world.now())
    del world.times[uuid]["end_time"]
    await world.deliveries.tell("meeting.started", live(world.times[uuid]))
    return uuid


async def come(world: World, uuid: str, name: str) -> None:
    """Somebody comes."""
    one = world.person(name, uuid)
    world.people[uuid].append(one)
    told = {"user_id": "167", "user_name": name, "id": one["id"], "email": one["user_email"]}
    event = {**live(world.times[uuid]), "participant": {**told, "join_time": stamp(world.now())}}
    await world.deliveries.tell("meeting.participant_joined", event)


async def end(world: World, uuid: str) -> None:
    """It is over."""
    world.times[uuid]["end_time"] = stamp(world.now() + MINUTE)
    await world.deliveries.tell("meeting.ended", live(world.times[uuid]))


async def record(world: World, uuid: str) -> None:
    """Zoom has finished the recording."""
    world.add_file(uuid, "MP4", "shared_screen_with_speaker_view", b"\0" * 100)
    await world.deliveries.tell("recording.completed", world.recording(uuid), token=True)


async def transcribe(world: World, uuid: str, said: Sequence[tuple[str, str]]) -> None:
    """Zoom has written down what was said."""
    world.add_transcript(uuid, said)
    event = "recording.transcript_completed"
    await world.deliveries.tell(event, world.recording(uuid), token=True)


async def sum_up(world: World, uuid: str, overview: str) -> None:
    """Zoom has a summary."""
    world.add_summary(uuid, overview)
    await world.deliveries.tell("meeting.summary_completed", world.summaries[uuid])


async def trash(world: World, uuid: str) -> None:
    """The recording goes to the trash."""
    world.trashed.add(uuid)
    await world.deliveries.tell("recording.trashed", world.recording(uuid))


async def recover(world: World, uuid: str) -> None:
    """It comes back."""
    world.trashed.discard(uuid)
    await world.deliveries.tell("recording.recovered", world.recording(uuid))


def live(row: Row) -> Row:
    """A time of a meeting as its events tell it: with its number as text."""
    return {**row, "id": str(row["id"])}
