"""What happens to code on GitHub, in our words. Pure: no clock, no network, no database."""

from services.github import events as ev
from services.github.build import message
from services.github.models_code import Signature
from shared.errors import Unreadable
from shared.normalizer import Attachment, Message, Person

MOST_COMMITS = 2048
"""A push carries no more commits than this; the others are only in the history."""


def commit(it: ev.CommitEvent) -> Message:
    """Git's own words for the author, because a push tells the login but not the account's id."""
    its = it.commit
    author = its.commit.author or Signature()
    at = its.commit.committer and its.commit.committer.date
    if not at:
        raise Unreadable("A commit does not say when it was committed.")
    title, _, body = its.commit.message.partition("\n")
    named = author.name or author.email
    return message(
        it.repository,
        f"commit:{its.sha}",
        "commit",
        at,
        title=title.strip(),
        body=body.strip(),
        person=Person(name=author.name or "", email=author.email or "") if named else None,
        url=its.html_url,
        facts={"sha": its.sha, "login": its.author.login if its.author else None},
    )


def push(it: ev.PushEvent) -> Message:
    """One movement of a ref; a deletion has no commit, so its own time is that of the repository."""
    at = it.repository.pushed_at
    if at is None and it.head_commit:
        at = it.head_commit.timestamp
    if at is None:
        raise Unreadable("A push does not say when it happened.")
    gone = f":{it.before}" if not it.after.strip("0") else ""
    return message(
        it.repository,
        f"push:{it.ref}:{it.after}{gone}",
        "push",
        at,
        author=it.sender,
        url=it.compare,
        thread_id=f"{it.repository.id}:ref:{it.ref}",
        facts={
            "ref": it.ref,
            "before": it.before,
            "after": it.after,
            "forced": it.forced,
            "created": it.created,
            "deleted": it.deleted,
            "commit_count": len(it.commits),
            "truncated": len(it.commits) >= MOST_COMMITS,
        },
    )


def release(it: ev.ReleaseEvent) -> Message:
    its = it.release
    files = tuple(
        Attachment(
            id=str(asset.id),
            name=asset.name,
            url=asset.browser_download_url,
            type=asset.content_type or "",
            size=asset.size,
        )
        for asset in its.assets or ()
    )
    return message(
        it.repository,
        f"release:{its.id}",
        "release",
        its.published_at or its.created_at,
        updated_at=its.updated_at,
        title=its.name or its.tag_name,
        body=its.body,
        author=its.author,
        url=its.html_url,
        attachments=files,
        facts={"tag": its.tag_name, "draft": its.draft, "prerelease": its.prerelease},
    )


def workflow_run(it: ev.RunEvent) -> Message:
    its = it.workflow_run
    return message(
        it.repository,
        f"run:{its.id}:{its.run_attempt}",
        "pipeline",
        its.created_at,
        updated_at=its.updated_at,
        title=its.display_title or its.name or "",
        author=its.actor,
        url=its.html_url,
        thread_id=f"{it.repository.id}:run:{its.id}",
        facts={
            "workflow": its.name,
            "attempt": its.run_attempt,
            "status": its.status,
            "conclusion": its.conclusion,
            "event": its.event,
            "branch": its.head_branch,
            "head_sha": its.head_sha,
        },
    )


def repository(it: ev.RepositoryEvent) -> Message:
    its = it.repository
    return message(
        its,
        "repository",
        "repository",
        its.created_at,
        updated_at=its.updated_at,
        title=its.full_name,
        body=its.description,
        url=its.html_url,
        facts={
            "visibility": its.visibility,
            "private": its.private,
            "fork": its.fork,
            "archived": its.archived,
            "default_branch": its.default_branch,
            "language": its.language,
            "topics": ",".join(sorted(its.topics or ())),
        },
    )
