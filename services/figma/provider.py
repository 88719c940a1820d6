"""Figma, declared. https://developers.figma.com/docs/rest-api/"""

from services.figma import hooks, normalize, normalize_events, oauth, reading, sync, webhook
from services.figma.api import Figma
from services.figma.dialect import dialect
from services.figma.following import Following
from services.figma.handover import LIBRARY, READ, WRITE, Handover
from services.figma.quotas import QUOTAS, charges
from shared.provider import OAuth, Provider, Stream, Subscription, Webhook

provider = Provider(
    name="figma",
    title="Figma",
    port=8013,
    base_url="https://api.figma.com",
    sources=("figma",),
    dialect=dialect,
    quotas=QUOTAS,
    charges=charges,
    oauth=OAuth(
        authorize_url="https://www.figma.com/oauth",
        token_url="https://api.figma.com/v1/oauth/token",  # noqa: S106 - an address
        refresh_url="https://api.figma.com/v1/oauth/refresh",
        identify=oauth.identify,
        scopes=oauth.SCOPES,
        on_request=(oauth.FOLDERS, oauth.CONTENT, LIBRARY, READ, WRITE),
        client_auth="basic",
    ),
    webhook=Webhook(
        verify=webhook.verify,
        delivery_id=webhook.delivery_id,
        read=webhook.read,
        kept=webhook.kept,
    ),
    streams=(
        Stream(
            name="files",
            source="figma",
            cursor=sync.Walk,
            pages=sync.files,
            complete=sync.proves,
            every=1800.0,
        ),
        Stream(
            name="file",
            source="figma",
            cursor=reading.Whole,
            pages=reading.file,
            per_resource=True,
            complete=True,
            every=3600.0,
            scopes=frozenset({"file_metadata:read"}),
        ),
        Stream(
            name="comments",
            source="figma",
            cursor=reading.Whole,
            pages=reading.comments,
            per_resource=True,
            complete=True,
            every=1800.0,
            scopes=frozenset({"file_comments:read"}),
        ),
        Stream(
            name="versions",
            source="figma",
            cursor=reading.Since,
            pages=reading.versions,
            per_resource=True,
            complete=True,
            every=21_600.0,
            scopes=frozenset({"file_versions:read"}),
        ),
    ),
    subscriptions=(
        Subscription(
            name="webhooks",
            create=hooks.create,
            renew=hooks.renew,
            stop=hooks.stop,
            repair=hooks.repair,
            scopes=frozenset({"webhooks:write"}),
            stream="files",
            per_resource=True,
            every=3600.0,
        ),
    ),
    routes=(Figma, Following, Handover),
    normalizers={
        "comment": normalize.comment,
        "file": normalize.file,
        "version": normalize.version,
        "DEV_MODE_STATUS_UPDATE": normalize_events.dev_status,
        "LIBRARY_PUBLISH": normalize_events.published,
    },
    ignored=webhook.IGNORED,
)
