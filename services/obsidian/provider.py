"""Obsidian, declared. https://help.obsidian.md"""

from services.obsidian import normalize, opening, sync, vault, webhook
from services.obsidian.api import Obsidian
from services.obsidian.dialect import dialect
from services.obsidian.telling import Walk
from shared.provider import Provider, Stream, Webhook

provider = Provider(
    name="obsidian",
    title="Obsidian",
    port=8009,
    base_url="https://127.0.0.1:27124",
    sources=("obsidian",),
    headers={"accept": vault.NOTE},
    dialect=dialect,
    credentials=opening.CREDENTIALS,
    webhook=Webhook(
        verify=webhook.verify,
        delivery_id=webhook.delivery_id,
        read=webhook.read,
    ),
    streams=(
        Stream(
            name="notes",
            source="obsidian",
            cursor=Walk,
            pages=sync.notes,
            complete=True,
            every=60.0,
        ),
    ),
    routes=(Obsidian,),
    normalizers={"note": normalize.note},
    ignored=webhook.IGNORED,
)
