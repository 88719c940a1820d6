"""Which repositories an account may see, and the history of their default branch."""

from collections.abc import AsyncIterator
from urllib.parse import quote

from msgspec import Raw, Struct, json

from services.github.events import record
from services.github.models_code import ListedRepository
from services.github.walks import repository
from shared.errors import ItemGone
from shared.provider import Api, Reply
from shared.shapes import decoded
from shared.types import Page, Record, Resource


class Walk(Struct, frozen=True):
    """Ends where it began, so that every walk is whole and proves what may still be seen."""

    next: str = ""


class Pinned(Struct, frozen=True):
    """`head` is the last commit whose history is stored; `target` the one being walked to."""

    head: str = ""
    target: str = ""
    next: str = ""
    etag: str = ""


class Wrapped(Struct):
    """A list with something around it: the comparison of two commits, an installation's list."""

    total_count: int | None = None
    commits: list[Raw] = []
    repositories: list[Raw] = []


class Object(Struct):
    sha: str


class Ref(Struct):
    object: Object


async def repositories(api: Api, at: Walk, _: Resource) -> AsyncIterator[Page]:
    """Each page gives the webhook route and the current name of every repository on it."""
    while True:
        reply = await (api.page(at.next, Raw) if at.next else visible(api, per_page=100))
        listed, total = rows(reply)
        at = Walk(reply.next)
        yield Page(
            tuple(_record(row) for row in listed),
            at,
            resources=tuple(_resource(decoded(row, ListedRepository)) for row in listed),
            total=total,
        )
        if not at.next:
            return


async def commits(api: Api, at: Pinned, resource: Resource) -> AsyncIterator[Page]:
    """Pages below a fixed commit do not move; later walks list only what `base...head` adds."""
    reply = None
    if at.next:
        try:
            reply = await api.page(at.next, Raw)
        except ItemGone:
            at = Pinned()  # what was pinned is gone: begin again from the branch as it is
    if reply is None:
        branch = quote(resource.facts.get("default_branch", ""), safe="/")
        ref = await api.page(f"/repos/{resource.name}/git/ref/heads/{branch}", Ref, etag=at.etag)
        if ref.data is None or ref.data.object.sha == at.head:
            return
        at = Pinned(at.head, ref.data.object.sha, etag=ref.etag)
        reply = await _since(api, at, resource.name)
    while True:
        listed, _ = rows(reply)
        more = reply.next
        at = Pinned(at.head, at.target, more, at.etag) if more else Pinned(at.target, etag=at.etag)
        repo = repository(resource)
        yield Page(tuple(record("commit", repo, commit=row) for row in listed), at)
        if not more:
            return
        reply = await api.page(more, Raw)


async def _since(api: Api, at: Pinned, name: str) -> Reply[Raw]:
    """What the target adds to the head; all of its history where the head is gone or unrelated."""
    if at.head:
        try:
            path = f"/repos/{name}/compare/{at.head}...{at.target}"
            return await api.page(path, Raw, per_page=100)
        except ItemGone:
            pass
    return await api.page(f"/repos/{name}/commits", Raw, sha=at.target, per_page=100)


async def visible(api: Api, *, per_page: int, page: int = 1) -> Reply[Raw]:
    """The first page: an installation may not ask for `/user/repos`, it has a list of its own."""
    try:
        return await api.page("/user/repos", Raw, sort="full_name", per_page=per_page, page=page)
    except ItemGone:
        return await api.page("/installation/repositories", Raw, per_page=per_page, page=page)


def rows(reply: Reply[Raw]) -> tuple[list[Raw], int | None]:
    """The rows of a page, bare or wrapped, and the total where GitHub tells one."""
    body = bytes(reply.data or b"[]")
    if body.lstrip()[:1] == b"[":
        return decoded(body, list[Raw]), None
    it = decoded(body, Wrapped)
    return it.commits or it.repositories, it.total_count


def _record(row: Raw) -> Record:
    return Record("repository", Raw(json.encode({"repository": row})))


def _resource(it: ListedRepository) -> Resource:
    """Only the repository's own route: an owner's would bring what this account may not see."""
    facts = {
        "default_branch": it.default_branch or "",
        "has_issues": str(it.has_issues).lower(),
        "has_discussions": str(bool(it.has_discussions)).lower(),
    }
    return Resource(str(it.id), it.full_name, (f"repo:{it.id}",), facts)
