"""GitLab, declared. https://docs.gitlab.com/api/rest/"""

from collections.abc import AsyncIterator, Callable
from typing import Any

from msgspec import Struct

from services.gitlab import (
    history,
    hooks,
    missed,
    normalize,
    normalize_code,
    oauth,
    projects,
    proof,
    sync,
    walks,
    webhook,
)
from services.gitlab.api import GitLab
from services.gitlab.api_code import Code
from services.gitlab.dialect import dialect
from services.gitlab.events import DIRECTORY
from services.gitlab.ignored import IGNORED
from services.gitlab.quotas import QUOTAS, charges
from shared.provider import Api, OAuth, Provider, Stream, Subscription, Webhook
from shared.types import Page, Resource

Pages = Callable[[Api, Any, Resource], AsyncIterator[Page]]


def _of(name: str, cursor: type[Struct], pages: Pages, *, complete: bool = True) -> Stream:
    """A stream that runs once for every project."""
    return Stream(
        name=name,
        source="gitlab",
        cursor=cursor,
        pages=pages,
        per_resource=True,
        complete=complete,
        scopes=oauth.READING,
    )


provider = Provider(
    name="gitlab",
    title="GitLab",
    port=8010,
    base_url="https://gitlab.com",
    sources=("gitlab",),
    dialect=dialect,
    directory=DIRECTORY,
    quotas=QUOTAS,
    charges=charges,
    oauth=OAuth(
        authorize_url="https://gitlab.com/oauth/authorize",
        token_url="https://gitlab.com/oauth/token",  # noqa: S106 - an address
        identify=oauth.identify,
        scopes=oauth.SCOPES,
        refresh="rotating",
        refresh_redirect=True,
        revoke=oauth.revoke,
    ),
    webhook=Webhook(
        verify=proof.verify,
        delivery_id=proof.delivery_id,
        read=webhook.read,
        max_body=webhook.MAX_BODY,
    ),
    streams=(
        Stream(
            name="projects",
            source="gitlab",
            cursor=history.Whole,
            pages=projects.projects,
            complete=True,
            scopes=oauth.READING,
        ),
        _of("issues", walks.Since, sync.issues),
        _of("issue_notes", walks.Since, sync.issue_notes),
        _of("merge_requests", walks.Since, sync.merge_requests),
        _of("merge_request_notes", walks.Since, sync.merge_request_notes),
        _of("commits", history.Pinned, history.commits, complete=False),
        _of("pipelines", walks.Since, history.pipelines),
        _of("releases", history.Whole, history.releases),
    ),
    subscriptions=(
        Subscription(
            name="hooks",
            create=hooks.create,
            renew=hooks.renew,
            stop=hooks.stop,
            repair=missed.repair,
            scopes=frozenset({"api"}),
            per_resource=True,
        ),
    ),
    routes=(GitLab, Code),
    normalizers={
        "commit": normalize_code.commit,
        "issue": normalize.issue,
        "merge_request": normalize.merge_request,
        "note": normalize.note,
        "pipeline": normalize_code.pipeline,
        "project": normalize_code.project,
        "push": normalize_code.push,
        "release": normalize_code.release,
        "work_item": normalize.issue,
    },
    ignored=IGNORED,
)
