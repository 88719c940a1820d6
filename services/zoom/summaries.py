"""What Zoom's AI Companion made of a meeting, and how it becomes a Message.

https://developers.zoom.us/docs/api/meetings/#tag/summaries
"""

from msgspec import Struct

from services.zoom.models import MeetingId, moment
from shared.normalizer import Message, Person


class Detail(Struct):
    label: str = ""
    summary: str = ""


class Edited(Struct, frozen=True):
    """What somebody wrote in its place."""

    summary_overview: str = ""
    summary_details: str | list[Detail] = ""
    next_steps: list[str] = []


class Summary(Struct):
    """`summary_content` is the whole of it, where Zoom tells it already."""

    meeting_uuid: str
    meeting_id: MeetingId
    summary_created_time: str
    summary_last_modified_time: str = ""
    meeting_host_id: str = ""
    meeting_host_email: str = ""
    meeting_topic: str = ""
    meeting_start_time: str = ""
    meeting_end_time: str = ""
    summary_title: str = ""
    summary_overview: str = ""
    summary_details: list[Detail] = []
    next_steps: list[str] = []
    edited_summary: Edited | None = None
    summary_content: str = ""
    summary_doc_url: str = ""


def summary(it: Summary) -> Message:
    """One for each time of a meeting."""
    created = moment(it.summary_created_time)
    changed = it.summary_last_modified_time
    host = Person(id=it.meeting_host_id, email=it.meeting_host_email.lower())
    return Message(
        id=f"summary:{it.meeting_uuid}",
        source="zoom",
        type="meeting_summary",
        timestamp=created,
        updated_at=moment(changed) if changed else None,
        title=it.summary_title or it.meeting_topic,
        content=it.summary_content.strip() or _content(it),
        author=host if host != Person() else None,
        url=it.summary_doc_url,
        thread_id=it.meeting_uuid,
        parent_id=it.meeting_uuid,
        metadata=_facts(it),
    )


def _content(it: Summary) -> str:
    """Overview, details and next steps, each as it was edited where it was."""
    own = it.edited_summary or Edited()
    details = own.summary_details or it.summary_details
    steps = own.next_steps or it.next_steps
    parts = [own.summary_overview or it.summary_overview]
    parts += [details] if isinstance(details, str) else map(_detail, details)
    parts += ["Next steps:\n" + "\n".join(f"- {step}" for step in steps)] if steps else []
    return "\n\n".join(part.strip() for part in parts if part.strip())


def _detail(it: Detail) -> str:
    return f"{it.label}: {it.summary}" if it.label and it.summary else it.label or it.summary


def _facts(it: Summary) -> dict[str, str]:
    facts = {
        "meeting_id": str(it.meeting_id),
        "uuid": it.meeting_uuid,
        "topic": it.meeting_topic,
        "start": it.meeting_start_time,
        "end": it.meeting_end_time,
        "edited": "true" if it.edited_summary else "",
    }
    return {name: fact for name, fact in facts.items() if fact}
