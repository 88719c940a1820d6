"""Direct messages as the API lists them. https://docs.x.com/x-api/direct-messages/lookup/introduction"""

from msgspec import Struct

from services.twitter.models import Attached, Entities, Id, Time


class Shared(Struct):
    id: Id


class Direct(Struct):
    """A direct message, or somebody's coming or going, as the API lists it."""

    id: Id
    event_type: str
    text: str = ""
    sender_id: str = ""
    dm_conversation_id: str = ""
    created_at: Time | None = None
    participant_ids: list[str] = []
    entities: Entities | None = None
    attachments: Attached | None = None
    referenced_tweets: list[Shared] | None = None
    referenced_posts: list[Shared] | None = None

    @property
    def keys(self) -> list[str]:
        """The keys of what is attached, in its order."""
        return self.attachments.media_keys if self.attachments else []
