"""Zoom, declared. https://developers.zoom.us/docs/api/"""

from services.zoom import instances, listing, normalize, oauth, recorded, summaries, sync, webhook
from services.zoom.api import Zoom
from services.zoom.dialect import dialect
from services.zoom.ignored import IGNORED
from services.zoom.quotas import QUOTAS, charges
from shared.provider import OAuth, Provider, Stream, Webhook

WEEK = 604_800.0

provider = Provider(
    name="zoom",
    title="Zoom",
    port=8007,
    base_url="https://api.zoom.us/v2",
    hosts={
        "/oauth/": "https://zoom.us",
        "https://zoom.us/": "https://zoom.us",
        "https://": "https://*.zoom.us",
    },
    sources=("zoom",),
    dialect=dialect,
    quotas=QUOTAS,
    charges=charges,
    counted_by=oauth.counted,
    oauth=OAuth(
        authorize_url="https://zoom.us/oauth/authorize",
        token_url="https://zoom.us/oauth/token",  # noqa: S106 - an address
        identify=oauth.identify,
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
    ),
    streams=(
        Stream(
            name="meetings",
            source="zoom",
            cursor=sync.Planned,
            pages=sync.meetings,
            complete=True,
            every=900.0,
            scopes=oauth.MEETINGS,
        ),
        Stream(
            name="past",
            source="zoom",
            cursor=listing.Walk,
            pages=sync.past,
            every=900.0,
            scopes=oauth.MEETINGS,
        ),
        Stream(
            name="library",
            source="zoom",
            cursor=listing.Walk,
            pages=sync.library,
            every=900.0,
            scopes=oauth.LIBRARY,
        ),
        Stream(
            name="held",
            source="zoom",
            cursor=instances.Seen,
            pages=instances.held,
            per_resource=True,
            of="past",
            every=4 * WEEK,
            scopes=oauth.PAST,
        ),
        Stream(
            name="summaries",
            source="zoom",
            cursor=instances.Seen,
            pages=instances.summaries,
            per_resource=True,
            of="past",
            complete=True,
            every=WEEK,
            scopes=oauth.SUMMARIES,
        ),
        Stream(
            name="recordings",
            source="zoom",
            cursor=instances.Seen,
            pages=instances.recordings,
            per_resource=True,
            of="library",
            complete=True,
            every=WEEK,
            scopes=oauth.FILES,
        ),
    ),
    routes=(Zoom,),
    normalizers={
        "attended": normalize.attended,
        "held": normalize.held,
        "recording": recorded.recording,
        "scheduled": normalize.scheduled,
        "started": normalize.started,
        "summary": summaries.summary,
        "transcript": recorded.transcript,
    },
    ignored=IGNORED,
)
