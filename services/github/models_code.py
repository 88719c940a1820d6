"""What happens to code, in GitHub's own shapes: only the fields we read.

https://docs.github.com/en/rest
"""

from typing import Annotated

from msgspec import Meta, Struct

from services.github.models import Repository, Time, User

Stamp = Time | Annotated[int, Meta(ge=0, le=253_402_300_799)]
"""ISO text everywhere, but epoch seconds in the repository of a push."""
Sha = Annotated[str, Meta(pattern="^[0-9a-f]{40,64}$")]


class Signature(Struct):
    """Who git says it was, and when; `username` only where a push tells it."""

    name: str | None = None
    email: str | None = None
    date: Time | None = None
    username: str | None = None


class GitCommit(Struct):
    message: str
    author: Signature | None = None
    committer: Signature | None = None


class Commit(Struct):
    """A commit as the REST API lists it; `author` is the account that git's author belongs to."""

    sha: Sha
    commit: GitCommit
    html_url: str = ""
    author: User | None = None


class Asset(Struct):
    id: int
    name: str = ""
    content_type: str | None = None
    size: int = 0
    browser_download_url: str = ""


class Release(Struct):
    id: int
    tag_name: str
    created_at: Time
    published_at: Time | None = None
    updated_at: Time | None = None
    name: str | None = None
    body: str | None = None
    html_url: str = ""
    author: User | None = None
    draft: bool = False
    prerelease: bool = False
    assets: list[Asset] | None = None


class Run(Struct):
    id: int
    created_at: Time
    run_attempt: int = 1
    run_started_at: Time | None = None
    updated_at: Time | None = None
    name: str | None = None
    display_title: str | None = None
    html_url: str = ""
    actor: User | None = None
    event: str | None = None
    status: str | None = None
    conclusion: str | None = None
    head_branch: str | None = None
    head_sha: str | None = None


class ListedRepository(Repository):
    created_at: Stamp
    updated_at: Stamp | None = None
    description: str | None = None
    html_url: str = ""
    private: bool | None = None
    fork: bool | None = None
    archived: bool | None = None
    default_branch: str | None = None
    has_issues: bool = True
    has_discussions: bool | None = None
    visibility: str | None = None
    language: str | None = None
    topics: list[str] | None = None
