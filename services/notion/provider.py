"""Notion, declared. https://developers.notion.com"""

from services.notion import content, normalize, oauth, people, sync, webhook
from services.notion.api import Notion
from services.notion.dialect import dialect
from services.notion.ignored import IGNORED
from services.notion.rows import Walk
from shared.provider import OAuth, Provider, Stream, Webhook
from shared.types import Quota

VERSION = "2025-09-03"
"""In which a database holds data sources; newer ones only rename what is not used here."""

provider = Provider(
    name="notion",
    title="Notion",
    port=8005,
    base_url="https://api.notion.com/v1",
    sources=("notion",),
    headers={"notion-version": VERSION},
    dialect=dialect,
    directory=people.DIRECTORY,
    quotas={"calls": Quota(180, 60.0)},
    oauth=OAuth(
        authorize_url="https://api.notion.com/v1/oauth/authorize",
        token_url="https://api.notion.com/v1/oauth/token",  # noqa: S106 - an address
        identify=oauth.identify,
        pkce=False,
        client_auth="basic",
        token_body="json",  # noqa: S106 - a body format
        refresh="rotating",
        extra_params={"owner": "user"},
        revoke=oauth.revoke,
    ),
    webhook=Webhook(
        verify=webhook.verify,
        delivery_id=webhook.delivery_id,
        read=webhook.read,
        entrusted=webhook.entrusted,
    ),
    streams=(
        Stream(
            name="people",
            source="notion",
            cursor=people.Walk,
            pages=people.people,
            every=21_600.0,
        ),
        Stream(name="search", source="notion", cursor=sync.Walk, pages=sync.search),
        Stream(
            name="content",
            source="notion",
            cursor=Walk,
            pages=content.content,
            per_resource=True,
            complete=content.proves,
            after="people",
            every=259_200.0,
        ),
    ),
    routes=(Notion,),
    normalizers={
        "page": normalize.page,
        "data_source": normalize.database,
        "comment": normalize.comment,
    },
    ignored=IGNORED,
)
