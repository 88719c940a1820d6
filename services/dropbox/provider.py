"""Dropbox, declared. https://www.dropbox.com/developers/documentation/http/overview"""

from services.dropbox import normalize, oauth, shares, sync, webhook
from services.dropbox.api import ROUTES
from services.dropbox.calls import CONTENT
from services.dropbox.dialect import dialect
from services.dropbox.people import DIRECTORY
from shared.provider import OAuth, Provider, Stream, Webhook

provider = Provider(
    name="dropbox",
    title="Dropbox",
    port=8008,
    base_url="https://api.dropboxapi.com",
    hosts=CONTENT,
    sources=("dropbox",),
    account_headers=oauth.path_root,
    dialect=dialect,
    directory=DIRECTORY,
    oauth=OAuth(
        authorize_url="https://www.dropbox.com/oauth2/authorize",
        token_url="https://api.dropboxapi.com/oauth2/token",  # noqa: S106 - an address
        identify=oauth.identify,
        scopes=oauth.SCOPES,
        extra_params=oauth.OFFLINE,
        pkce=False,
        read_token=oauth.read_token,
        revoke=oauth.revoke,
    ),
    webhook=Webhook(
        verify=webhook.verify,
        delivery_id=webhook.delivery_id,
        read=webhook.read,
        challenge=webhook.challenge,
        secret="DROPBOX_CLIENT_SECRET",  # noqa: S106 - a variable's name
    ),
    streams=(
        Stream(
            name="files",
            source="dropbox",
            cursor=sync.Walk,
            pages=sync.files,
            complete=sync.proves,
        ),
        Stream(
            name="shares",
            source="dropbox",
            cursor=shares.Walk,
            pages=shares.shares,
            complete=shares.proves,
            every=900.0,
            scopes=frozenset({"sharing.read"}),
        ),
    ),
    routes=ROUTES,
    normalizers={
        "file": normalize.file,
        "deleted": normalize.deleted,
        "share": normalize.share,
    },
)
