"""Google, declared. https://developers.google.com/workspace"""

from services.google import channels, gmail_push, normalize, oauth, quotas, sync, webhook
from services.google.api import ROUTES
from services.google.dialect import dialect
from shared.provider import OAuth, Provider, Subscription, Webhook

provider = Provider(
    name="google",
    title="Google",
    port=8001,
    base_url="https://www.googleapis.com",
    hosts={
        "/gmail/": "https://gmail.googleapis.com",
        "/batch/gmail/": "https://gmail.googleapis.com",
        "/upload/gmail/": "https://gmail.googleapis.com",
        "/revoke": "https://oauth2.googleapis.com",
        "/v1/userinfo": "https://openidconnect.googleapis.com",
    },
    sources=("gmail", "google_calendar", "google_drive"),
    # Google compresses only for clients that say "gzip" here as well.
    headers={"User-Agent": "self-integrations (gzip)"},
    dialect=dialect,
    quotas=quotas.QUOTAS,
    charges=quotas.charges,
    oauth=OAuth(
        authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
        token_url="https://oauth2.googleapis.com/token",  # noqa: S106 - an address
        identify=oauth.identify,
        openid=oauth.OPENID,
        scopes=oauth.SCOPES,
        extra_params=oauth.EXTRA,
        read_token=oauth.read_token,
        revoke=oauth.revoke,
    ),
    webhook=Webhook(
        verify=webhook.verify,
        delivery_id=webhook.delivery_id,
        read=webhook.read,
        settings=webhook.SETTINGS,
        verifier=webhook.verifier,
    ),
    streams=sync.STREAMS,
    subscriptions=(
        Subscription(
            name="gmail",
            create=gmail_push.watch,
            renew=gmail_push.watch,
            stop=gmail_push.stop,
            scopes=oauth.GMAIL,
            stream="messages",
        ),
        Subscription(
            name="calendar",
            create=channels.calendar,
            renew=channels.calendar,
            stop=channels.stop,
            scopes=oauth.EVENTS,
            stream="events",
            per_resource=True,
        ),
        Subscription(
            name="drive",
            create=channels.drive,
            renew=channels.drive,
            stop=channels.stop,
            scopes=oauth.DRIVE,
            stream="files",
        ),
    ),
    routes=ROUTES,
    normalizers=normalize.NORMALIZERS,
)
