"""Jira, declared. https://developer.atlassian.com/cloud/jira/platform/"""

from services.jira import heard, hooks, normalize, oauth, proof, quotas, sites, sync, webhook
from services.jira.api import Jira
from services.jira.api_more import Around
from services.jira.dialect import dialect
from services.jira.ignored import IGNORED
from shared.provider import OAuth, Provider, Stream, Subscription, Webhook

provider = Provider(
    name="jira",
    title="Jira",
    port=8012,
    base_url="https://api.atlassian.com",
    sources=("jira",),
    dialect=dialect,
    quotas=quotas.QUOTAS,
    charges=quotas.charges,
    counted_by=quotas.together,
    oauth=OAuth(
        authorize_url="https://auth.atlassian.com/authorize",
        token_url="https://auth.atlassian.com/oauth/token",  # noqa: S106 - an address
        identify=oauth.identify,
        scopes=oauth.SCOPES,
        pkce=False,
        token_body="json",  # noqa: S106 - a body format
        refresh="rotating",
        extra_params={"audience": "api.atlassian.com", "prompt": "consent"},
    ),
    webhook=Webhook(
        verify=proof.verify,
        delivery_id=webhook.delivery_id,
        read=webhook.read,
        secret="JIRA_CLIENT_SECRET",  # noqa: S106 - a variable's name
        settings=(proof.BY_HAND,),
        verifier=proof.verifier,
        max_body=webhook.MAX_BODY,
    ),
    streams=(
        Stream(
            name="sites",
            source="jira",
            cursor=sites.Turn,
            pages=sites.sites,
            complete=True,
        ),
        Stream(
            name="issues",
            source="jira",
            cursor=sync.Walk,
            pages=sync.issues,
            per_resource=True,
            of="sites",
            complete=True,
            scopes=oauth.READING,
        ),
        Stream(
            name="heard",
            source="jira",
            cursor=heard.Looked,
            pages=heard.heard,
            per_resource=True,
            of="heard",
            complete=True,
            every=2_592_000.0,
            scopes=oauth.READING,
        ),
    ),
    subscriptions=(
        Subscription(
            name="webhooks",
            create=hooks.create,
            renew=hooks.renew,
            stop=hooks.stop,
            repair=hooks.repair,
            scopes=frozenset({oauth.HEARING}),
            stream="issues",
            every=3600.0,
        ),
    ),
    routes=(Jira, Around),
    normalizers={
        "change": normalize.change,
        "comment": normalize.comment,
        "gone": normalize.gone,
        "issue": normalize.issue,
        "worklog": normalize.worklog,
    },
    ignored=IGNORED,
)
