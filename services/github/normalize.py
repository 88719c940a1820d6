"""What people say on GitHub, in our words. Pure: no clock, no network, no database.

Only what a webhook and the API both tell goes into a Message, so that one state is one Message.
"""

from typing import Any

from services.github import events as ev
from services.github.build import message, place, recipients, reviewing
from services.github.models import Branch, Comment, Item, Repository
from shared.errors import Unreadable
from shared.normalizer import Message, Recipient

Remark = ev.CommentEvent | ev.DiscussionCommentEvent


def issue(it: ev.IssueEvent) -> Message:
    its = it.issue
    return _numbered(it.repository, its, "issue", state=its.state, state_reason=its.state_reason)


def pull_request(it: ev.PullEvent) -> Message:
    """`merged` comes from `merged_at`, because the list of pull requests has no `merged`."""
    its, repo = it.pull_request, it.repository
    head, base = its.head or Branch(), its.base or Branch()
    asked = recipients(its.requested_reviewers, "reviewer")
    asked += tuple(reviewing(team, repo) for team in its.requested_teams or ())
    return _numbered(
        repo,
        its,
        "pull",
        asked,
        state=its.state,
        draft=its.draft,
        merged=its.merged_at is not None,
        base=base.ref,
        head=head.ref,
        head_sha=head.sha,
    )


def discussion(it: ev.DiscussionEvent) -> Message:
    """Without `state`: a webhook and GraphQL do not use the same words for it."""
    its = it.discussion
    return _numbered(
        it.repository,
        its,
        "discussion",
        category=its.category.name if its.category else None,
        answered=its.answer_chosen_at is not None,
    )


def issue_comment(it: ev.CommentEvent) -> Message:
    kind, number = place(it.comment.html_url)
    on = f"{it.repository.id}:{kind}:{number}"
    return _remark(it, "comment", on, on, {"number": number, "is_pr": kind == "pull"})


def review_comment(it: ev.CommentEvent) -> Message:
    its, repo = it.comment, it.repository.id
    _, number = place(its.html_url)
    pull = parent = f"{repo}:pull:{number}"
    if its.in_reply_to_id:
        parent = f"{repo}:reviewcomment:{its.in_reply_to_id}"
    elif its.pull_request_review_id:
        parent = f"{repo}:review:{its.pull_request_review_id}"
    thread = f"{repo}:reviewthread:{its.in_reply_to_id or its.id}"
    facts = {"number": number, "pull": pull, **_lines(its)}
    return _remark(it, "reviewcomment", thread, parent, facts)


def commit_comment(it: ev.CommentEvent) -> Message:
    its = it.comment
    commit = f"{it.repository.id}:commit:{its.commit_id}" if its.commit_id else ""
    return _remark(it, "commitcomment", commit, commit, _lines(its))


def discussion_comment(it: ev.DiscussionCommentEvent) -> Message:
    repo, number, above = it.repository.id, it.discussion.number, it.comment.parent_id
    thread = f"{repo}:discussion:{number}"
    parent = f"{repo}:discussioncomment:{above}" if above else thread
    return _remark(it, "discussioncomment", thread, parent, {"number": number})


def review(it: ev.ReviewEvent) -> Message:
    its = it.review
    if its.submitted_at is None:
        raise Unreadable("A review without `submitted_at` has not been submitted yet.")
    number = place(its.html_url)[1]
    pull = f"{it.repository.id}:pull:{number}"
    facts = {"number": number, "state": its.state.lower(), "commit_id": its.commit_id}
    return message(
        it.repository,
        f"review:{its.id}",
        "review",
        its.submitted_at,
        body=its.body,
        author=its.user,
        url=its.html_url,
        thread_id=pull,
        parent_id=pull,
        facts=facts,
    )


def _numbered(
    repo: Repository, its: Item, word: str, asked: tuple[Recipient, ...] = (), **facts: Any
) -> Message:
    return message(
        repo,
        f"{word}:{its.number}",
        "pull_request" if word == "pull" else word,
        its.created_at,
        updated_at=its.updated_at,
        title=its.title or "",
        body=its.body,
        author=its.user,
        url=its.html_url,
        thread_id=f"{repo.id}:{word}:{its.number}",
        recipients=recipients(its.assignees, "assignee") + asked,
        facts={
            "number": its.number,
            "local_id": f"{word}-{its.number}",
            "labels": ",".join(sorted(label.name for label in its.labels or ())),
            "milestone": its.milestone.title if its.milestone else None,
            **facts,
        },
    )


def _remark(it: Remark, word: str, thread: str, parent: str, facts: dict[str, Any]) -> Message:
    its = it.comment
    return message(
        it.repository,
        f"{word}:{its.id}",
        "review_comment" if word == "reviewcomment" else "comment",
        its.created_at,
        updated_at=its.updated_at,
        body=its.body,
        author=its.user,
        url=its.html_url,
        thread_id=thread,
        parent_id=parent,
        facts=facts,
    )


def _lines(its: Comment) -> dict[str, Any]:
    return {"path": its.path, "line": its.line, "commit_id": its.commit_id}
