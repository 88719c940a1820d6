"""GitHub, declared. https://docs.github.com/en/rest"""

from services.github import normalize, normalize_code, webhook
from services.github.ignored import IGNORED
from shared.provider import Provider, Webhook

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
    budget=(5000, 3600.0),
    webhook=Webhook(
        verify=webhook.verify,
        delivery_id=webhook.delivery_id,
        read=webhook.read,
        max_body=webhook.MAX_BODY,
    ),
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
