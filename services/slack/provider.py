"""Slack, declared. https://docs.slack.dev"""

from services.slack import channels, normalize, oauth, people, rescan, sync, webhook
from services.slack.api import Slack
from services.slack.dialect import dialect
from services.slack.files import Files
from services.slack.ignored import IGNORED
from services.slack.listing import Listing
from services.slack.quotas import QUOTAS, charges, workspace
from shared.provider import OAuth, Provider, Stream, Webhook

provider = Provider(
    name="slack",
    title="Slack",
    port=8003,
    base_url="https://slack.com/api",
    sources=("slack",),
    uploads=("https://files.{host}",),
    dialect=dialect,
    directory=people.DIRECTORY,
    quotas=QUOTAS,
    charges=charges,
    counted_by=workspace,
    oauth=OAuth(
        authorize_url="https://slack.com/oauth/v2/authorize",
        token_url="https://slack.com/api/oauth.v2.access",  # noqa: S106 - an address
        identify=oauth.identify,
        scopes=oauth.SCOPES,
        on_request=oauth.ON_REQUEST,
        scope_parameters={oauth.PERSONAL: "user_scope"},
        scope_separator=",",
        granted_separator=",",
        pkce=False,
        client_auth="basic",
        refresh="rotating",
        dead_grant=oauth.DEAD_GRANT,
        read_token=oauth.read_token,
        revoke=oauth.revoke,
    ),
    webhook=Webhook(
        verify=webhook.verify,
        delivery_id=webhook.delivery_id,
        read=webhook.read,
        challenge=webhook.challenge,
        secret="SLACK_SIGNING_SECRET",  # noqa: S106 - the name of a variable
    ),
    streams=(
        Stream(
            name="channels",
            source="slack",
            cursor=channels.Walk,
            pages=channels.channels,
            complete=True,
        ),
        Stream(
            name="people",
            source="slack",
            cursor=people.Walk,
            pages=people.people,
            every=21_600.0,
            scopes=frozenset({"users:read", "usergroups:read"}),
        ),
        Stream(
            name="messages",
            source="slack",
            cursor=sync.Walk,
            pages=sync.messages,
            per_resource=True,
            after="people",
        ),
        Stream(
            name="replies",
            source="slack",
            cursor=rescan.Again,
            pages=rescan.replies,
            per_resource=True,
            after="people",
            every=3600.0,
        ),
    ),
    routes=(Slack, Listing, Files),
    normalizers={"message": normalize.message},
    ignored=IGNORED,
)
