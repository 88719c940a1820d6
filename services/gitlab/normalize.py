"""What people say on GitLab, in our words. Pure: no clock, no network, no database.

Only what a webhook and the API both tell goes into a Message, so that one state is one Message.
"""

from typing import Any

from services.gitlab.build import author, ident, message, recipients
from services.gitlab.events import IssueEvent, MergeRequestEvent, NoteEvent
from services.gitlab.models import Item, Label, Note, Position, Project, moment
from shared.normalizer import Message, Recipient

_WORDS = {"Issue": "issue", "WorkItem": "issue", "MergeRequest": "mr"}
"""What the item of a remark is called in ids."""


def issue(it: IssueEvent) -> Message:
    """An issue, or a work item of any type: tasks, incidents, and what GitLab will think of next."""
    its = it.object_attributes
    kind = (its.issue_type or its.type or "issue").lower().replace(" ", "_")
    asked = recipients(its.assignees or it.assignees, "assignee")
    facts = {
        "work_item_type": kind,
        "confidential": bool(its.confidential),
        "due_date": its.due_date,
    }
    return _item(it, its, "issue", asked, facts)


def merge_request(it: MergeRequestEvent) -> Message:
    """Without the merge status: GitLab computes it anew at any time, and no date tells of it."""
    its = it.object_attributes
    asked = recipients(its.assignees or it.assignees, "assignee")
    asked += recipients(its.reviewers or it.reviewers, "reviewer")
    facts = {
        "draft": bool(its.work_in_progress if its.draft is None else its.draft),
        "source_branch": its.source_branch,
        "target_branch": its.target_branch,
        "head_sha": its.sha or (its.last_commit.id if its.last_commit else None),
    }
    return _item(it, its, "mr", asked, facts)


def note(it: NoteEvent) -> Message:
    """A remark on an issue, a merge request, a commit or a snippet, in the thread it belongs to."""
    its, above = it.object_attributes, it.issue or it.merge_request
    thread = ident(it.project, f"discussion:{its.discussion_id}") if its.discussion_id else ""
    parent = _parent(it.project, its)
    return message(
        it.project,
        f"note:{its.id}",
        "comment",
        moment(its.created_at),
        updated_at=moment(its.updated_at) if its.updated_at else None,
        body=its.body if its.note is None else its.note,
        author=author(its.author, its.author_id, it.user, it.names),
        url=its.url or "",
        thread_id=thread or parent,
        parent_id=parent,
        facts={
            "noteable_type": its.noteable_type,
            "iid": its.noteable_iid or (above.iid if above else None),
            "internal": bool(its.internal),
            "commit": its.commit_id if its.noteable_type == "Commit" else None,
            **_lines(its.position),
        },
    )


def _item(
    it: IssueEvent | MergeRequestEvent,
    its: Item,
    word: str,
    asked: tuple[Recipient, ...],
    facts: dict[str, Any],
) -> Message:
    labels = (label.title if isinstance(label, Label) else label for label in its.labels or ())
    return message(
        it.project,
        f"{word}:{its.id}",
        "pull_request" if word == "mr" else word,
        moment(its.created_at),
        updated_at=moment(its.updated_at) if its.updated_at else None,
        title=its.title or "",
        body=its.description,
        author=author(its.author, its.author_id, it.user, it.names),
        url=its.web_url or its.url or "",
        thread_id=ident(it.project, f"{word}:{its.id}"),
        recipients=asked,
        facts={
            "iid": its.iid,
            "state": its.state,
            "labels": ",".join(sorted(labels)),
            "milestone_id": its.milestone.id if its.milestone else its.milestone_id,
            **facts,
        },
    )


def _parent(project: Project, its: Note) -> str:
    if its.noteable_type == "Commit":
        return ident(project, f"commit:{its.commit_id}") if its.commit_id else ""
    word = _WORDS.get(its.noteable_type or "")
    return ident(project, f"{word}:{its.noteable_id}") if word and its.noteable_id else ""


def _lines(at: Position | None) -> dict[str, Any]:
    if at is None:
        return {}
    return {"path": at.new_path or at.old_path, "line": at.new_line or at.old_line}
