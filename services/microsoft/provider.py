"""Microsoft 365, declared. https://learn.microsoft.com/en-us/graph/overview"""

from services.microsoft import batch, normalize, oauth, quotas, subscribing, sync, webhook
from services.microsoft.api import ROUTES
from services.microsoft.dialect import dialect
from shared.provider import OAuth, Provider, Webhook

provider = Provider(
    name="microsoft",
    title="Microsoft",
    port=8002,
    base_url="https://graph.microsoft.com/v1.0",
    sources=("outlook", "outlook_calendar", "onedrive"),
    headers={"Prefer": f"{batch.PREFER}, odata.maxpagesize=50"},
    dialect=dialect,
    quotas=quotas.QUOTAS,
    charges=quotas.charges,
    oauth=OAuth(
        authorize_url="https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
        token_url="https://login.microsoftonline.com/common/oauth2/v2.0/token",  # noqa: S106 - an address
        identify=oauth.identify,
        openid=oauth.OPENID,
        scopes=oauth.SCOPES,
        extra_params=oauth.EXTRA,
        refresh="rotating",
        dead_grant=oauth.DEAD,
        read_token=oauth.read_token,
        explain=oauth.explain,
    ),
    webhook=Webhook(
        verify=webhook.verify,
        delivery_id=webhook.delivery_id,
        read=webhook.read,
        challenge=webhook.challenge,
    ),
    streams=sync.STREAMS,
    subscriptions=(
        subscribing.subscription("mail", "messages", oauth.MAIL),
        subscribing.subscription("calendar", "events", oauth.CALENDAR),
        subscribing.subscription("drive", "files", oauth.DRIVE),
    ),
    routes=ROUTES,
    normalizers=normalize.NORMALIZERS,
)
