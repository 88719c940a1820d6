"""What happens to code on GitLab: only the fields we read.

https://docs.gitlab.com/api/rest/
"""

from msgspec import Struct

from services.gitlab.models import Commitish, Project, Ref, Sha, User


class Signature(Struct):
    name: str | None = None
    email: str | None = None


class PushedCommit(Struct):
    id: Sha
    message: str
    timestamp: str
    url: str = ""
    author: Signature | None = None


class Commit(Struct):
    """A commit as the REST API lists it."""

    id: Sha
    message: str
    committed_date: str
    author_name: str | None = None
    author_email: str | None = None
    web_url: str = ""


class Pipeline(Struct):
    id: int
    created_at: str
    updated_at: str | None = None
    iid: int | None = None
    finished_at: str | None = None
    duration: int | float | None = None
    status: str | None = None
    source: str | None = None
    ref: str | None = None
    sha: str | None = None
    name: str | None = None
    web_url: str = ""
    user: User | None = None


class Link(Struct):
    id: int
    name: str = ""
    url: str = ""


class Assets(Struct):
    links: list[Link] | None = None


class Release(Struct):
    tag_name: Ref
    created_at: str
    released_at: str | None = None
    name: str | None = None
    description: str | None = None
    author: User | None = None
    commit: Commitish | None = None
    upcoming_release: bool | None = None
    assets: Assets | None = None


class Membership(Struct):
    access_level: int = 0


class Permissions(Struct):
    project_access: Membership | None = None
    group_access: Membership | None = None


class Namespace(Struct):
    id: int
    kind: str = ""


class ListedProject(Project):
    created_at: str
    description: str | None = None
    visibility: str | None = None
    archived: bool | None = None
    default_branch: str | None = None
    topics: list[str] | None = None
    namespace: Namespace | None = None
    permissions: Permissions | None = None


class PushEvent(Struct):
    """A movement of a branch or a tag; `received_at`, in epoch seconds, is when we heard of it."""

    ref: Ref
    before: Sha
    after: Sha
    project: Project
    user_id: int | None = None
    user_username: str | None = None
    commits: list[PushedCommit] = []
    total_commits_count: int | None = None
    received_at: float = 0.0


class CommitEvent(Struct):
    project: Project
    commit: Commit


class PipelineEvent(Struct):
    project: Project
    pipeline: Pipeline


class ReleaseEvent(Struct):
    project: Project
    release: Release


class ProjectEvent(Struct):
    project: ListedProject
