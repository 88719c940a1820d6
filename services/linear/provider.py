"""Linear, declared. https://linear.app/developers"""

from services.linear import hooks, normalize, normalize_more, oauth, people, sync, webhook
from services.linear.api import Linear
from services.linear.api_more import Around
from services.linear.dialect import dialect
from services.linear.ignored import IGNORED
from services.linear.quotas import QUOTAS, charges
from shared.provider import OAuth, Provider, Stream, Subscription, Webhook


def _of(name: str, connection: str, kind: str, *, optional: bool = False) -> Stream:
    """A walk over what a connection lists; one that may be missing proves no absence."""
    return Stream(
        name=name,
        source="linear",
        cursor=sync.Walk,
        pages=sync.entities(connection, kind, optional=optional),
        complete=not optional,
        after="people",
    )


def _hooks(name: str, *, per_resource: bool) -> Subscription:
    return Subscription(
        name=name,
        create=hooks.create,
        renew=hooks.renew,
        stop=hooks.stop,
        repair=hooks.repair,
        scopes=frozenset({oauth.ADMIN}),
        per_resource=per_resource,
    )


provider = Provider(
    name="linear",
    title="Linear",
    port=8011,
    base_url="https://api.linear.app",
    sources=("linear",),
    dialect=dialect,
    directory=people.DIRECTORY,
    quotas=QUOTAS,
    charges=charges,
    oauth=OAuth(
        authorize_url="https://linear.app/oauth/authorize",
        token_url="https://api.linear.app/oauth/token",  # noqa: S106 - an address
        identify=oauth.identify,
        scopes=oauth.SCOPES,
        on_request=(oauth.ADMIN,),
        scope_separator=",",
        refresh="rotating",
        extra_params={"prompt": "consent"},
        revoke=oauth.revoke,
    ),
    webhook=Webhook(
        verify=webhook.verify,
        delivery_id=webhook.delivery_id,
        read=webhook.read,
        max_body=webhook.MAX_BODY,
    ),
    streams=(
        Stream(
            name="teams",
            source="linear",
            cursor=sync.Turn,
            pages=sync.teams,
            complete=True,
        ),
        Stream(
            name="people",
            source="linear",
            cursor=people.Walk,
            pages=people.people,
            every=21_600.0,
        ),
        _of("issues", "issues", "Issue"),
        _of("comments", "comments", "Comment"),
        _of("projects", "projects", "Project"),
        _of("project_updates", "projectUpdates", "ProjectUpdate"),
        _of("initiative_updates", "initiativeUpdates", "InitiativeUpdate", optional=True),
        _of("attachments", "attachments", "Attachment"),
        _of("documents", "documents", "Document"),
    ),
    subscriptions=(
        _hooks("workspace", per_resource=False),
        _hooks("private teams", per_resource=True),
    ),
    routes=(Linear, Around),
    normalizers={
        "Attachment": normalize_more.attachment,
        "Comment": normalize.comment,
        "Document": normalize_more.document,
        "InitiativeUpdate": normalize_more.update,
        "Issue": normalize.issue,
        "Project": normalize.project,
        "ProjectUpdate": normalize_more.update,
        "Reaction": normalize.reaction,
    },
    ignored=IGNORED,
)
