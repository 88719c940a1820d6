"""GitHub, declared. https://docs.github.com/en/rest"""

from collections.abc import AsyncIterator, Callable
from typing import Any

from msgspec import Struct

from services.github import (
    discussions,
    hooks,
    normalize,
    normalize_code,
    oauth,
    repositories,
    sync,
    walks,
    webhook,
)
from services.github.api import GitHub
from services.github.dialect import dialect
from services.github.ignored import IGNORED
from shared.provider import Api, OAuth, Provider, Stream, Subscription, Webhook
from shared.types import Page, Quota, Resource

Pages = Callable[[Api, Any, Resource], AsyncIterator[Page]]


def _of(name: str, cursor: type[Struct], pages: Pages) -> Stream:
    """A stream that runs once for every repository."""
    return Stream(name=name, source="github", cursor=cursor, pages=pages, per_resource=True)


provider = Provider(
    name="github",
    title="GitHub",
    port=8004,
    base_url="https://api.github.com",
    sources=("github",),
    headers={
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        "User-Agent": "self-integrations",
    },
    dialect=dialect,
    quotas={"calls": Quota(5000, 3600.0)},
    oauth=OAuth(
        authorize_url="https://github.com/login/oauth/authorize",
        token_url="https://github.com/login/oauth/access_token",  # noqa: S106 - an address
        identify=oauth.identify,
        scopes=oauth.SCOPES,
        granted_separator=",",
        refresh="rotating",
        dead_grant=oauth.DEAD_GRANT,
        revoke=oauth.revoke,
        mint=oauth.mint,
        minted=oauth.minted,
        settings=(oauth.APP_ID, oauth.APP_KEY),
    ),
    webhook=Webhook(
        verify=webhook.verify,
        delivery_id=webhook.delivery_id,
        read=webhook.read,
        max_body=webhook.MAX_BODY,
        repair=oauth.repair,
    ),
    streams=(
        Stream(
            name="repositories",
            source="github",
            cursor=repositories.Walk,
            pages=repositories.repositories,
            complete=True,
        ),
        _of("issues", walks.Since, sync.issues),
        _of("comments", walks.Since, sync.comments),
        _of("pulls", walks.Newest, sync.pulls),
        _of("reviews", walks.Newest, sync.reviews),
        _of("review_comments", walks.Since, sync.review_comments),
        _of("commits", repositories.Pinned, repositories.commits),
        _of("releases", sync.Whole, sync.releases),
        _of("discussions", discussions.Cursor, discussions.discussions),
    ),
    subscriptions=(
        Subscription(
            name="hooks",
            create=hooks.create,
            renew=hooks.renew,
            stop=hooks.stop,
            repair=hooks.repair,
            scopes=frozenset({"admin:repo_hook", "write:repo_hook"}),
            per_resource=True,
        ),
    ),
    routes=(GitHub,),
    normalizers={
        "commit": normalize_code.commit,
        "commit_comment": normalize.commit_comment,
        "discussion": normalize.discussion,
        "discussion_comment": normalize.discussion_comment,
        "issue_comment": normalize.issue_comment,
        "issues": normalize.issue,
        "pull_request": normalize.pull_request,
        "pull_request_review": normalize.review,
        "pull_request_review_comment": normalize.review_comment,
        "push": normalize_code.push,
        "release": normalize_code.release,
        "repository": normalize_code.repository,
        "workflow_run": normalize_code.workflow_run,
    },
    ignored=IGNORED,
)
