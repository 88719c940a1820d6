"""LinkedIn, declared. https://learn.microsoft.com/en-us/linkedin/"""

from services.linkedin import hooks, normalize, oauth, sync, webhook
from services.linkedin.api import LinkedIn
from services.linkedin.dialect import dialect
from services.linkedin.ignored import IGNORED
from shared.provider import OAuth, OpenId, Provider, Stream, Subscription, Webhook

VERSION = "202607"
"""The month of the API that is spoken; LinkedIn retires each after a year, with a 426."""

_READING = frozenset({oauth.READ})

provider = Provider(
    name="linkedin",
    title="LinkedIn",
    port=8014,
    base_url="https://api.linkedin.com",
    sources=("linkedin",),
    headers={"LinkedIn-Version": VERSION, "X-Restli-Protocol-Version": "2.0.0"},
    dialect=dialect,
    oauth=OAuth(
        authorize_url="https://www.linkedin.com/oauth/v2/authorization",
        token_url="https://www.linkedin.com/oauth/v2/accessToken",  # noqa: S106 - an address
        identify=oauth.identify,
        openid=OpenId(
            keys="https://www.linkedin.com/oauth/openid/jwks",
            issuers=("https://www.linkedin.com/oauth",),
            identity=oauth.proven,
        ),
        scopes=oauth.SCOPES,
        on_request=oauth.PAGES,
        pkce=False,
        read_token=oauth.read_token,
    ),
    webhook=Webhook(
        verify=webhook.verify,
        delivery_id=webhook.delivery_id,
        read=webhook.read,
        challenge=webhook.challenge,
        secret="LINKEDIN_CLIENT_SECRET",  # noqa: S106 - a variable's name
        settings=(hooks.APP_ID,),
    ),
    streams=(
        Stream(
            name="organizations",
            source="linkedin",
            cursor=sync.Once,
            pages=sync.organizations,
            complete=True,
            every=21_600.0,
            scopes=frozenset({oauth.ADMIN}),
        ),
        Stream(
            name="posts",
            source="linkedin",
            cursor=sync.Posts,
            pages=sync.posts,
            per_resource=True,
            complete=sync.whole,
            every=1800.0,
            scopes=_READING,
        ),
        Stream(
            name="activity",
            source="linkedin",
            cursor=sync.Activity,
            pages=sync.activity,
            per_resource=True,
            every=1800.0,
            scopes=_READING,
        ),
    ),
    subscriptions=(
        Subscription(
            name="notifications",
            create=hooks.create,
            renew=hooks.renew,
            stop=hooks.stop,
            scopes=frozenset({oauth.ADMIN}),
            stream="activity",
            per_resource=True,
        ),
    ),
    routes=(LinkedIn,),
    normalizers={
        "comment": normalize.comment,
        "comment_deleted": normalize.comment_deleted,
        "notification": normalize.notification,
        "post": normalize.post,
    },
    ignored=IGNORED,
)
