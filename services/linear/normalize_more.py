"""What is written around issues, in our words. Pure: no clock, no network, no database."""

from services.linear.build import below, message
from services.linear.models_more import Attachment, Document, Update
from services.linear.people import outsider, person
from shared.normalizer import Message


def update(it: Update) -> Message:
    """Of a project or of an initiative."""
    about = it.project or it.initiative
    place = below(
        project=it.project.id if it.project else it.project_id,
        initiative=it.initiative.id if it.initiative else it.initiative_id,
    )
    return message(
        it,
        "project_update",
        content=it.body,
        author=person(it.names, it.user, it.user_id),
        thread_id=place,
        parent_id=place,
        facts={
            "health": it.health,
            "about": about.name if about else None,
            "edited": it.edited_at is not None or None,
        },
    )


def attachment(it: Attachment) -> Message:
    place = below(issue=it.issue.id if it.issue else it.issue_id)
    return message(
        it,
        "attachment",
        title=it.title,
        content=it.subtitle,
        author=person(it.names, it.creator, it.creator_id)
        or outsider(it.external_user_creator, it.external_user_creator_id),
        thread_id=place,
        parent_id=place,
        facts={
            "source_type": it.source_type,
            "issue_identifier": it.issue.identifier if it.issue else None,
        },
    )


def document(it: Document) -> Message:
    """A document's time is that of its last change: it is written over weeks."""
    place = below(
        project=it.project.id if it.project else it.project_id,
        issue=it.issue.id if it.issue else None,
        initiative=it.initiative.id if it.initiative else it.initiative_id,
    )
    return message(
        it,
        "document",
        title=it.title,
        content=it.content,
        author=person(it.names, it.creator, it.creator_id),
        at=it.updated_at,
        thread_id=place or f"document:{it.id}",
        parent_id=place,
        facts={"created_at": it.created_at.isoformat().replace("+00:00", "Z")},
    )
