"""Zoom, declared. https://developers.zoom.us/docs/api/"""

from collections.abc import AsyncIterator, Callable
from typing import Any

from msgspec import Struct

from services.zoom import instances, listing, normalize, oauth, recorded, summaries, sync, webhook
from services.zoom.api import Zoom
from services.zoom.dialect import dialect
from services.zoom.ignored import IGNORED
from services.zoom.quotas import QUOTAS, charges
from shared.provider import Api, OAuth, Provider, Stream, Webhook
from shared.types import Page, Resource

Pages = Callable[[Api, Any, Resource], AsyncIterator[Page]]

QUARTER, WEEK = 900.0, 604_800.0
"""Seconds between two walks that no event asked for."""


def _listed(
    name: str, at: type[Struct], pages: Pages, scopes: frozenset[str], *, complete: bool = False
) -> Stream:
    """A list of the account's own."""
    return Stream(
        name=name,
        source="zoom",
        cursor=at,
        pages=pages,
        complete=complete,
        every=QUARTER,
        scopes=scopes,
    )


def _read(
    name: str,
    of: str,
    pages: Pages,
    scopes: frozenset[str],
    *,
    weeks: int = 1,
    complete: bool = True,
) -> Stream:
    """What is left of one time of a meeting, which the stream `of` found."""
    return Stream(
        name=name,
        source="zoom",
        cursor=instances.Seen,
        pages=pages,
        per_resource=True,
        of=of,
        complete=complete,
        every=weeks * WEEK,
        scopes=scopes,
    )


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
        _listed("meetings", sync.Planned, sync.meetings, oauth.MEETINGS, complete=True),
        _listed("past", listing.Walk, sync.past, oauth.MEETINGS),
        _listed("library", listing.Walk, sync.library, oauth.LIBRARY),
        _read("held", "past", instances.held, oauth.PAST, weeks=4, complete=False),
        _read("summaries", "past", instances.summaries, oauth.SUMMARIES),
        _read("recordings", "library", instances.recordings, oauth.FILES),
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
