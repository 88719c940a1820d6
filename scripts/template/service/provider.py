"""NEW_TITLE, declared. https://developers.NEW_NAME.example"""

from services.NEW_NAME import normalize, oauth, sync, webhook
from services.NEW_NAME.api import Items
from shared.provider import OAuth, Provider, Stream, Webhook

provider = Provider(
    name="NEW_NAME",
    title="NEW_TITLE",
    port=NEW_PORT,
    base_url="https://api.NEW_NAME.example",
    sources=("NEW_NAME",),
    oauth=OAuth(
        authorize_url="https://NEW_NAME.example/oauth/authorize",
        token_url="https://api.NEW_NAME.example/oauth/token",  # noqa: S106 - an address
        identify=oauth.identify,
        scopes=("items:read",),
    ),
    webhook=Webhook(
        verify=webhook.verify,
        delivery_id=webhook.delivery_id,
        read=webhook.read,
    ),
    streams=(Stream(name="items", source="NEW_NAME", cursor=sync.Cursor, pages=sync.items),),
    routes=(Items,),
    normalizers={"item": normalize.item},
)
