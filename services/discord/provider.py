"""Discord, declared. https://discord.com/developers/docs"""

from services.discord import normalize, oauth, server, sync, threads, webhook
from services.discord.api import Discord
from services.discord.dialect import dialect
from services.discord.ignored import IGNORED
from services.discord.listing import Listing
from services.discord.names import DIRECTORY
from services.discord.quotas import QUOTAS, bot, charges
from shared.provider import OAuth, Provider, Stream, Webhook

provider = Provider(
    name="discord",
    title="Discord",
    port=8006,
    base_url="https://discord.com/api/v10",
    sources=("discord",),
    headers={"User-Agent": "DiscordBot (https://example.com/self-integrations, 1.0)"},
    itself=oauth.itself,
    dialect=dialect,
    directory=DIRECTORY,
    quotas=QUOTAS,
    charges=charges,
    counted_by=bot,
    oauth=OAuth(
        authorize_url="https://discord.com/oauth2/authorize",
        token_url="https://discord.com/api/oauth2/token",  # noqa: S106 - an address
        identify=oauth.identify,
        scopes=oauth.SCOPES,
        refresh="rotating",
        extra_params={"permissions": oauth.PERMISSIONS, "integration_type": "0"},
        read_token=oauth.read_token,
        revoke=oauth.revoke,
        settings=(oauth.BOT_TOKEN,),
    ),
    webhook=Webhook(
        verify=webhook.verify,
        delivery_id=webhook.delivery_id,
        read=webhook.read,
        receipt=webhook.receipt,
        secret="DISCORD_PUBLIC_KEY",  # noqa: S106 - the name of a variable
    ),
    streams=(
        Stream(
            name="channels",
            source="discord",
            cursor=server.Walk,
            pages=server.channels,
            complete=True,
            every=60.0,
        ),
        Stream(
            name="threads",
            source="discord",
            cursor=server.Walk,
            pages=threads.threads,
            after="channels",
            every=60.0,
        ),
        Stream(
            name="archives",
            source="discord",
            cursor=threads.Archives,
            pages=threads.archives,
            per_resource=True,
            of="channels",
            every=3600.0,
        ),
        Stream(
            name="messages",
            source="discord",
            cursor=sync.Walk,
            pages=sync.messages,
            per_resource=True,
            complete=sync.whole,
            every=3600.0,
        ),
    ),
    routes=(Discord, Listing),
    normalizers={"message": normalize.message},
    ignored=IGNORED,
)
