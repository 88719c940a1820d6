"""Recordings, their files, and what was said in them, as Messages.

https://developers.zoom.us/docs/api/meetings/#tag/cloud-recording
"""

from msgspec import Struct, structs

from services.zoom import vtt
from services.zoom.models import MeetingId, Participant, User, given, moment
from services.zoom.paths import safe
from shared.normalizer import Attachment, Message, Person

MEDIA = {
    "mp4": "video/mp4",
    "m4a": "audio/mp4",
    "vtt": "text/vtt",
    "txt": "text/plain",
    "json": "application/json",
    "csv": "text/csv",
}


class File(Struct):
    """A file of a recording. What kind it is stands in any of three fields."""

    id: str = ""
    file_type: str = ""
    file_extension: str = ""
    recording_type: str = ""
    file_size: int = 0
    status: str = ""
    recording_start: str = ""
    download_url: str = ""

    @property
    def done(self) -> bool:
        """Whether Zoom has finished it; one of a list without a status is."""
        return self.status in ("", "completed")

    @property
    def extension(self) -> str:
        return (self.file_extension or self.file_type).lower()

    @property
    def transcribes(self) -> bool:
        """Whether it says what was said; captions do as well, but not by whom."""
        return (self.recording_type or self.file_type) in ("audio_transcript", "TRANSCRIPT", "VTT")


class Recording(Struct):
    """What was recorded of one time of a meeting; `host_name` is what we know of the host."""

    uuid: str
    id: MeetingId
    start_time: str = ""
    host_id: str = ""
    host_email: str = ""
    host_name: str = ""
    topic: str = ""
    timezone: str = ""
    duration: int | None = None
    total_size: int = 0
    share_url: str = ""
    recording_files: list[File] = []


class Transcript(Struct):
    """A transcript as it was downloaded, with those who were in the meeting."""

    recording: Recording
    file: File
    text: str
    participants: list[Participant] = []


def hosted(it: Recording, me: User) -> Recording:
    """With the name of the host, where that is who consented."""
    mine = it.host_id == me.id
    return structs.replace(it, host_name=me.name, host_email=me.email) if mine else it


def recording(it: Recording) -> Message:
    """All files of what was recorded at one time; those that are still made are left out."""
    return Message(
        id=f"recording:{it.uuid}",
        source="zoom",
        type="recording",
        timestamp=moment(it.start_time),
        author=_host(it),
        title=it.topic,
        url=it.share_url,
        thread_id=it.uuid,
        parent_id=it.uuid,
        attachments=tuple(_attachment(it.uuid, one) for one in it.recording_files if one.done),
        metadata=_recorded(it),
    )


def transcript(it: Transcript) -> Message:
    """What was said, a line for each turn; whoever is known by that name is named by id as well."""
    people = {one.name: one for one in reversed(it.participants) if one.name}
    turns = list(vtt.said(vtt.cues(it.text.encode("utf-8", "surrogatepass")), people))
    speakers = dict.fromkeys(turn.speaker for turn in turns if turn.speaker)
    lines = [f"{turn.speaker}: {turn.text}" if turn.speaker else turn.text for turn in turns]
    return Message(
        id=f"transcript:{it.file.id or it.recording.uuid}",
        source="zoom",
        type="transcript",
        timestamp=moment(it.file.recording_start or it.recording.start_time),
        content="\n".join(lines),
        author=_host(it.recording),
        title=it.recording.topic,
        url=it.recording.share_url,
        thread_id=it.recording.uuid,
        parent_id=it.recording.uuid,
        mentions=tuple(_known(name, people) for name in speakers),
        metadata=_recorded(it.recording) | {"file_id": it.file.id},
    )


def _known(name: str, people: dict[str, Participant]) -> Person:
    one = people.get(name, Participant())
    return Person(one.id, name, one.user_email.lower())


def _host(it: Recording) -> Person | None:
    return Person(it.host_id, it.host_name, it.host_email.lower()) if it.host_id else None


def _attachment(uuid: str, it: File) -> Attachment:
    """The bytes, by our own route: Zoom's address gives them only to a token."""
    return Attachment(
        id=it.id or called(it),
        name=called(it),
        url=f"/api/v1/recordings/{safe(uuid)}/files/{it.id}/content" if it.id else "",
        type=MEDIA.get(it.extension, ""),
        size=it.file_size,
    )


def called(it: File) -> str:
    """A name for the file; Zoom has none."""
    return f"{it.recording_type or it.file_type.lower()}.{it.extension}"


def _recorded(it: Recording) -> dict[str, str]:
    facts = {"duration": it.duration, "total_size": it.total_size}
    numbers = {name: str(fact) for name, fact in facts.items() if fact}
    named = {"timezone": it.timezone, "start": it.start_time, "share_url": it.share_url}
    return given(meeting_id=str(it.id), uuid=it.uuid, **named, **numbers)
