"""What Zoom's events are about, and what is done about them.

https://developers.zoom.us/docs/api/meetings/events/
"""

from msgspec import Raw, Struct

PLANNED = frozenset(
    f"meeting.{it}" for it in ("created", "updated", "deleted", "permanently_deleted", "recovered")
)
"""What changes the list of planned meetings."""
LOOK = {
    "meeting.ended": "held",
    **{
        f"recording.{it}": "recordings"
        for it in (
            *("completed", "transcript_completed", "trashed", "deleted", "recovered", "renamed"),
            *("batch_trashed", "batch_deleted", "batch_recovered"),
        )
    },
    **{
        f"meeting.summary_{it}": "summaries"
        for it in ("completed", "shared", "updated", "trashed", "deleted", "recovered")
    },
}
"""What is looked at anew, and by which walk."""
TOLD = {
    "meeting.started": "started",
    "meeting.participant_joined": "attended",
    "meeting.participant_left": "attended",
}
"""What tells itself; no list says it while a meeting goes on."""


class Place(Struct, frozen=True):
    meeting_uuid: str = ""


class Object(Struct, frozen=True):
    """What an event is about; summaries have names of their own for it."""

    uuid: str = ""
    host_id: str = ""
    meeting_uuid: str = ""
    meeting_host_id: str = ""
    meeting_uuids: list[str] = []
    meetings: list[Place] = []

    @property
    def uuids(self) -> list[str]:
        one = self.uuid or self.meeting_uuid
        return [one] if one else [*self.meeting_uuids, *(it.meeting_uuid for it in self.meetings)]


class Payload(Struct, frozen=True):
    account_id: str = ""
    operator_id: str = ""
    user_id: str = ""
    plainToken: str = ""
    object: Raw = Raw(b"{}")


class Event(Struct):
    event: str
    payload: Payload = Payload()
