"""What people do on Linear, in our words. Pure: no clock, no network, no database.

Only what a webhook and the API both tell goes into a Message, so that one state is one Message.
"""

from services.linear.build import assignee, below, message
from services.linear.models import Comment, Issue, Labels, Project, Reaction, State
from services.linear.people import bot, outsider, person
from shared.normalizer import Message


def issue(it: Issue) -> Message:
    labels = it.labels.nodes if isinstance(it.labels, Labels) else it.labels or []
    state = it.state or State()
    cycle = it.cycle and (it.cycle.name or it.cycle.number)
    above = it.parent.id if it.parent else it.parent_id
    return message(
        it,
        "issue",
        title=it.title,
        content=it.description,
        author=person(it.names, it.creator, it.creator_id)
        or outsider(it.external_user_creator)
        or bot(it.bot_actor),
        thread_id=f"issue:{it.id}",
        parent_id=below(issue=above),
        recipients=assignee(person(it.names, it.assignee, it.assignee_id)),
        facts={
            "identifier": it.identifier,
            "previous_identifiers": ",".join(it.previous_identifiers or ()),
            "team": it.team.name if it.team else None,
            "team_key": it.team.key if it.team else None,
            "state": state.name,
            "state_type": state.type,
            "priority": it.priority,
            "priority_label": it.priority_label,
            "estimate": it.estimate,
            "due_date": it.due_date,
            "labels": ",".join(sorted(label.name for label in labels)),
            "project": it.project.name if it.project else None,
            "cycle": cycle,
        },
    )


def comment(it: Comment) -> Message:
    """A reply belongs to the comment that began its thread, that one to what it is about."""
    document = it.document_content.document if it.document_content else None
    place = below(
        comment=it.parent_id,
        issue=it.issue.id if it.issue else it.issue_id,
        project_update=it.project_update_id or it.initiative_update_id,
        document=document.id if document else None,
        project=it.project_id,
        initiative=it.initiative_id,
        document_content=it.document_content_id,
    )
    return message(
        it,
        "comment",
        content=it.body,
        author=person(it.names, it.user, it.user_id)
        or outsider(it.external_user)
        or bot(it.bot_actor),
        thread_id=place,
        parent_id=place,
        facts={
            "issue_identifier": it.issue.identifier if it.issue else None,
            "edited": it.edited_at is not None or None,
            "resolved": it.resolved_at is not None or None,
            "quoted_text": it.quoted_text,
        },
    )


def reaction(it: Reaction) -> Message:
    """Of somebody outside only the id is told: a webhook has no more."""
    outside = it.external_user.id if it.external_user else it.external_user_id
    target = below(
        comment=it.comment_id,
        issue=it.issue_id,
        project_update=it.project_update_id or it.initiative_update_id,
    )
    return message(
        it,
        "reaction",
        content=it.emoji,
        author=person(it.names, it.user, it.user_id) or outsider(None, outside),
        thread_id=target,
        parent_id=target,
        facts={"emoji": it.emoji},
    )


def project(it: Project) -> Message:
    """`description` is the line under the name, `content` the text below it."""
    lead, status = person(it.names, it.lead, it.lead_id), it.status or State()
    return message(
        it,
        "project",
        title=it.name,
        content="\n\n".join(filter(None, (it.description, it.content))),
        author=person(it.names, it.creator, it.creator_id),
        thread_id=f"project:{it.id}",
        recipients=assignee(lead),
        facts={
            "status": status.name,
            "status_type": status.type,
            "health": it.health,
            "lead": lead.name or lead.id if lead else None,
            "start_date": it.start_date,
            "target_date": it.target_date,
        },
    )
