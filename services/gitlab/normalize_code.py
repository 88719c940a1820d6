"""What happens to code on GitLab, in our words. Pure: no clock, no network, no database."""

import re
from datetime import UTC, datetime

from services.gitlab.build import email, ident, message, person
from services.gitlab.models import User, moment
from services.gitlab.models_code import (
    CommitEvent,
    PipelineEvent,
    ProjectEvent,
    PushEvent,
    ReleaseEvent,
)
from shared.errors import Unreadable
from shared.normalizer import Attachment, Message, Person

_OF_MERGE_REQUEST = re.compile(r"refs/merge-requests/([1-9]\d{0,17})/\w+")


def push(it: PushEvent) -> Message:
    """One movement of a branch or a tag, at the time of its last commit, else when we heard of it."""
    pushed = [moment(commit.timestamp) for commit in it.commits]
    total = len(it.commits) if it.total_commits_count is None else it.total_commits_count
    return message(
        it.project,
        f"push:{it.ref}:{it.before}:{it.after}",
        "push",
        max(pushed) if pushed else _heard(it.received_at),
        author=person(User(it.user_id, it.user_username or "")),
        url=it.project.web_url,
        thread_id=ident(it.project, f"ref:{it.ref}"),
        facts={
            "ref": it.ref,
            "before": it.before,
            "after": it.after,
            "created": not it.before.strip("0"),
            "deleted": not it.after.strip("0"),
            "total_commits_count": total,
            "truncated": total > len(it.commits),
        },
    )


def commit(it: CommitEvent) -> Message:
    """Git's own words for the author: a push does not tell the account."""
    its = it.commit
    title, _, body = its.message.partition("\n")
    wrote = Person(name=its.author_name or "", email=email(its.author_email))
    return message(
        it.project,
        f"commit:{its.id}",
        "commit",
        moment(its.committed_date),
        title=title.strip(),
        body=body.strip(),
        author=wrote if wrote.name or wrote.email else None,
        url=its.web_url,
        facts={"sha": its.id},
    )


def pipeline(it: PipelineEvent) -> Message:
    """Never the variables of a pipeline: they may be secrets."""
    its = it.pipeline
    asked = _OF_MERGE_REQUEST.fullmatch(its.ref or "")
    return message(
        it.project,
        f"pipeline:{its.id}",
        "pipeline",
        moment(its.finished_at or its.created_at),
        updated_at=moment(its.updated_at) if its.updated_at else None,
        title=its.name or "",
        author=person(its.user),
        url=its.web_url,
        thread_id=ident(it.project, f"pipeline:{its.id}"),
        facts={
            "iid": its.iid,
            "status": its.status,
            "ref": its.ref,
            "sha": its.sha,
            "source": its.source,
            "duration": its.duration,
            "merge_request_iid": asked[1] if asked else None,
        },
    )


def release(it: ReleaseEvent) -> Message:
    its = it.release
    links = (its.assets.links if its.assets else None) or ()
    files = tuple(Attachment(id=str(it.id), name=it.name, url=it.url) for it in links)
    return message(
        it.project,
        f"release:{its.tag_name}",
        "release",
        moment(its.released_at or its.created_at),
        title=its.name or its.tag_name,
        body=its.description,
        author=person(its.author),
        url=f"{it.project.web_url}/-/releases/{its.tag_name}",
        attachments=files,
        facts={
            "tag": its.tag_name,
            "sha": its.commit.id if its.commit else None,
            "upcoming": bool(its.upcoming_release),
        },
    )


def project(it: ProjectEvent) -> Message:
    """Without the time of its last activity, which changes with everything that happens in it."""
    its = it.project
    return message(
        its,
        "project",
        "project",
        moment(its.created_at),
        title=its.path_with_namespace,
        body=its.description,
        url=its.web_url,
        facts={
            "visibility": its.visibility,
            "archived": its.archived,
            "default_branch": its.default_branch,
            "topics": ",".join(sorted(its.topics or ())),
        },
    )


def _heard(at: float) -> datetime:
    try:
        return datetime.fromtimestamp(int(at), UTC)
    except (ValueError, OverflowError, OSError):
        raise Unreadable("A push does not say when it happened.") from None
