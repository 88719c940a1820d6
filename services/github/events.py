"""What a Record carries: an item and its repository, whichever door it came through.

A webhook's body has this shape already (what else it holds is not read); a sync composes it.
"""

from typing import Any

from msgspec import Raw, Struct, json

from services.github.models import Comment, Discussion, Item, Pull, Repository, Review, Time, User
from services.github.models_code import (
    Commit,
    GitCommit,
    ListedRepository,
    Release,
    Run,
    Sha,
    Signature,
    Stamp,
)
from shared.types import Record


class IssueEvent(Struct):
    repository: Repository
    issue: Item


class PullEvent(Struct):
    repository: Repository
    pull_request: Pull


class CommentEvent(Struct):
    repository: Repository
    comment: Comment


class ReviewEvent(Struct):
    repository: Repository
    review: Review


class CommitEvent(Struct):
    repository: Repository
    commit: Commit


class Numbered(Struct):
    number: int


class DiscussionEvent(Struct):
    repository: Repository
    discussion: Discussion


class DiscussionCommentEvent(Struct):
    repository: Repository
    discussion: Numbered
    comment: Comment


class ReleaseEvent(Struct):
    repository: Repository
    release: Release


class RunEvent(Struct):
    repository: Repository
    workflow_run: Run


class RepositoryEvent(Struct):
    repository: ListedRepository


class PushedRepository(Repository):
    pushed_at: Stamp | None = None


class PushedCommit(Struct):
    id: Sha
    message: str
    timestamp: Time
    url: str = ""
    author: Signature | None = None


class PushEvent(Struct):
    ref: str
    before: Sha
    after: Sha
    repository: PushedRepository
    created: bool = False
    deleted: bool = False
    forced: bool = False
    compare: str = ""
    commits: list[PushedCommit] = []
    head_commit: PushedCommit | None = None
    sender: User | None = None


def record(kind: str, repo: Repository, routes: tuple[str, ...] = (), **parts: Any) -> Record:
    """A Record put together from parts; raw parts stay as they came."""
    repository = Repository(repo.id, repo.full_name)
    return Record(kind, Raw(json.encode({"repository": repository, **parts})), routes=routes)


def as_listed(pushed: PushedCommit) -> Commit:
    """A pushed commit in the form of the REST API, so that both doors tell the same."""
    author = pushed.author or Signature()
    return Commit(
        sha=pushed.id,
        html_url=pushed.url,
        commit=GitCommit(
            message=pushed.message,
            author=Signature(name=author.name, email=author.email),
            committer=Signature(date=pushed.timestamp),
        ),
        author=User(login=author.username or ""),
    )
