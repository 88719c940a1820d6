"""What is told of a connection: the bodies of `self.integrations.<source>.<user>`, one shape a word.

Nothing private is in them, and never a token: whoever may hear of a user's items may hear this.
"""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct, convert


class Happened(
    Struct,
    frozen=True,
    kw_only=True,
    tag_field="what",
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """Whose connection it was, and when; times are UTC."""

    source: str
    provider: str
    account_id: UUID
    user_id: str
    at: datetime


class Connected(Happened, frozen=True, kw_only=True, tag="connected"):
    """An account was connected, or connected again; its first full walk is queued."""

    consent_ends_at: str = ""
    """When the provider ends the grant whatever we do, where it says so (RFC 3339)."""


class ReauthRequired(Happened, frozen=True, kw_only=True, tag="reauth_required"):
    """The provider no longer accepts the grant; only the user can change that."""

    reason: Literal["expired", "revoked"]


class SubscriptionRenewed(Happened, frozen=True, kw_only=True, tag="subscription_renewed"):
    """A subscription at the provider was created or renewed."""

    name: str
    resource: str
    how: Literal["created", "renewed"]
    expires_at: datetime | None = None


class SyncFinished(Happened, frozen=True, kw_only=True, tag="sync_finished"):
    """A run ended; a success listed no more than it published, knew already or left out by a reason."""

    run_id: UUID
    status: Literal["success", "failed", "cancelled"]
    mode: Literal["full", "incremental"]
    listed: int
    published: int
    unchanged: int


class Deleted(Happened, frozen=True, kw_only=True, tag="deleted"):
    """The last word of a connection: drop what you keep of this account."""

    reason: Literal["asked"]


Happening = Connected | ReauthRequired | SubscriptionRenewed | SyncFinished | Deleted


def happening(what: str, **facts: Any) -> Happening:
    """The body of that name; raises ValidationError for facts that it does not have."""
    told: Happening = convert({"what": what, **facts}, Happening)
    return told
