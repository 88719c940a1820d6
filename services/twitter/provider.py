"""X, declared. https://docs.x.com/x-api/overview"""

from services.twitter import activity, hook, normalize, normalize_direct, oauth, sync, webhook
from services.twitter.api import X
from services.twitter.dialect import dialect
from services.twitter.directory import DIRECTORY
from services.twitter.ignored import IGNORED
from services.twitter.prices import billed
from services.twitter.quotas import QUOTAS, charges
from shared.provider import OAuth, Provider, Stream, Webhook

provider = Provider(
    name="twitter",
    title="X",
    port=8015,
    base_url="https://api.x.com",
    sources=("twitter",),
    itself=hook.itself,
    dialect=dialect,
    directory=DIRECTORY,
    quotas=QUOTAS,
    charges=charges,
    billed=billed,
    oauth=OAuth(
        authorize_url="https://x.com/i/oauth2/authorize",
        token_url="https://api.x.com/2/oauth2/token",  # noqa: S106 - an address
        identify=oauth.identify,
        scopes=oauth.SCOPES,
        on_request=oauth.ON_REQUEST,
        client_auth="basic",
        refresh="rotating",
        dead_grant=oauth.DEAD,
        explain=oauth.explain,
        revoke=oauth.revoke,
    ),
    webhook=Webhook(
        verify=webhook.verify,
        delivery_id=webhook.delivery_id,
        read=webhook.read,
        challenge=webhook.challenge,
        secret="TWITTER_API_SECRET",  # noqa: S106 - the name of a variable
        settings=(hook.BEARER,),
        max_body=webhook.MAX_BODY,
        repair=hook.repair,
    ),
    streams=(
        Stream(
            name="posts",
            source="twitter",
            cursor=sync.Since,
            pages=sync.posts,
            scopes=oauth.READ,
        ),
        Stream(
            name="mentions",
            source="twitter",
            cursor=sync.Since,
            pages=sync.mentions,
            scopes=oauth.READ,
        ),
        Stream(
            name="messages",
            source="twitter",
            cursor=sync.Until,
            pages=sync.messages,
            scopes=oauth.DIRECT,
            every=3600.0,
        ),
        Stream(
            name="likes",
            source="twitter",
            cursor=sync.Until,
            pages=sync.marked("like", "liked_tweets"),
            scopes=oauth.LIKES,
            every=3600.0,
        ),
        Stream(
            name="bookmarks",
            source="twitter",
            cursor=sync.Until,
            pages=sync.marked("bookmark", "bookmarks"),
            scopes=oauth.BOOKMARKS,
            every=3600.0,
        ),
    ),
    subscriptions=(
        activity.subscription("posts", activity.POSTS, oauth.READ, "posts"),
        activity.subscription("messages", activity.MESSAGES, oauth.DIRECT, "messages"),
        activity.subscription("likes", activity.LIKES, oauth.LIKES, "likes"),
    ),
    routes=(X,),
    normalizers={
        "bookmark": normalize.mark,
        "chat": normalize_direct.chat,
        "dm": normalize_direct.direct,
        "like": normalize.mark,
        "post": normalize.post,
        "post.delete": normalize.deletion,
    },
    ignored=IGNORED,
)
