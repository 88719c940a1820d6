"""What people do on Jira, in our words. Pure: no clock, no network, no database."""

from services.jira.build import (
    file,
    ident,
    line,
    message,
    name,
    names,
    person,
    utc,
    value,
    visible,
)
from services.jira.events import ChangeTold, CommentTold, GoneTold, IssueTold, WorklogTold
from services.jira.models import Status
from shared.normalizer import Message, Recipient


def issue(it: IssueTold) -> Message:
    its, fields = it.issue, it.issue.fields
    asked, status = person(fields.assignee), fields.status or Status()
    return message(
        it.site,
        "issue",
        its.id,
        at=fields.created,
        updated=fields.updated,
        text=fields.description,
        title=fields.summary or "",
        author=person(fields.reporter) or person(fields.creator),
        url=f"{it.site.url}/browse/{its.key}",
        thread_id=ident(it.site, "issue", its.id),
        parent_id=ident(it.site, "issue", fields.parent.id) if fields.parent else "",
        recipients=(Recipient(asked.id, asked.name, asked.email, "assignee"),) if asked else (),
        attachments=tuple(map(file, fields.attachment or ())),
        facts={
            "key": its.key,
            "project": fields.project.key if fields.project else None,
            "project_name": fields.project.name if fields.project else None,
            "parent": fields.parent.key if fields.parent else None,
            "issuetype": name(fields.issuetype),
            "status": status.name,
            "status_category": status.status_category.key if status.status_category else None,
            "priority": name(fields.priority),
            "resolution": name(fields.resolution),
            "labels": ",".join(sorted(fields.labels or ())),
            "components": names(fields.components),
            "fix_versions": names(fields.fix_versions),
            "due_date": fields.duedate,
        },
    )


def comment(it: CommentTold) -> Message:
    """A remark; an internal one of a service project is marked, and told to its reader alone."""
    its, place = it.comment, ident(it.site, "issue", it.issue.id)
    above = ident(it.site, "comment", str(its.parent_id)) if its.parent_id else place
    return message(
        it.site,
        "comment",
        its.id,
        at=its.created,
        updated=its.updated,
        text=its.body,
        author=person(its.author),
        url=f"{it.site.url}/browse/{it.issue.key}?focusedCommentId={its.id}",
        thread_id=place,
        parent_id=above,
        facts={
            "key": it.issue.key,
            "internal": its.jsd_public is False or None,
            "visibility": visible(its.visibility),
            "edited": (its.updated is not None and its.updated > its.created) or None,
        },
    )


def worklog(it: WorklogTold) -> Message:
    """Time that somebody spent, at the time when that began."""
    its, place = it.worklog, ident(it.site, "issue", it.issue.id)
    return message(
        it.site,
        "worklog",
        its.id,
        at=its.started,
        updated=its.updated,
        text=its.comment,
        author=person(its.author),
        url=f"{it.site.url}/browse/{it.issue.key}?focusedWorklogId={its.id}",
        thread_id=place,
        parent_id=place,
        facts={
            "key": it.issue.key,
            "seconds": its.time_spent_seconds,
            "visibility": visible(its.visibility),
        },
    )


def change(it: ChangeTold) -> Message:
    """What somebody changed in one go, a line for each field; what changed alone is a fact as well."""
    its, place = it.change, ident(it.site, "issue", it.issue.id)
    alone = its.items[0] if len(its.items) == 1 else None
    return message(
        it.site,
        "issue_change",
        its.id,
        at=its.created,
        updated=None,
        text="\n".join(map(line, its.items)),
        author=person(its.author),
        url=f"{it.site.url}/browse/{it.issue.key}",
        thread_id=place,
        parent_id=place,
        facts={
            "key": it.issue.key,
            "fields": ",".join(sorted({one.field for one in its.items})),
            "from": value(alone.former_text, alone.former) if alone else None,
            "to": value(alone.text, alone.to) if alone else None,
        },
    )


def gone(it: GoneTold) -> Message:
    """Of what is gone nothing is known but that."""
    return Message(
        id=ident(it.site, it.type, it.id), source="jira", type=it.type, timestamp=utc(it.at)
    )
