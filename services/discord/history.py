"""One page of what was said in a channel, and what a walk makes of its rows.

https://discord.com/developers/docs/resources/message#get-channel-messages
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from msgspec import MsgspecError, Raw, Struct, json

from services.discord.dialect import Lacking
from services.discord.events import WRITTEN, kind, record
from services.discord.ids import Snowflake
from shared.errors import ItemGone, Unavailable, Unreadable
from shared.provider import Api
from shared.types import Record, Resource

PAGE = 100
"""As many as Discord gives at once."""

WITHHELD = "content withheld: the app lacks the message content intent"


class Head(Struct):
    """What a walk needs to know of a listed message, of whatever shape; the normalizer is strict."""

    id: Snowflake
    type: Any = 0
    author: Any = None
    content: Any = None
    attachments: Any = None
    embeds: Any = None
    components: Any = None
    sticker_items: Any = None
    message_snapshots: Any = None
    poll: Any = None

    @property
    def withheld(self) -> bool:
        """Whether somebody wrote it, and nothing of that is told: nobody can post nothing."""
        kept = (self.content, self.attachments, self.embeds, self.components, self.poll)
        written = self.number in WRITTEN
        return written and not any((*kept, self.sticker_items, self.message_snapshots))

    @property
    def number(self) -> int:
        """Which type of message it is; an odd one is for the normalizer to refuse."""
        return self.type if isinstance(self.type, int) else 0

    def by(self, author: str | None) -> bool:
        """Whether that one wrote it."""
        ident = self.author.get("id") if isinstance(self.author, dict) else None
        return bool(author) and ident == author


class Row(Struct, frozen=True):
    """A listed message: as it came, and as far as a walk reads it."""

    raw: Raw
    head: Head


async def listed(api: Api, channel: str, **where: str) -> list[Row]:
    """A page after or before an id, oldest first; Discord lists the newest first whichever was asked."""
    found = await api.get(f"/channels/{channel}/messages", list[Raw], limit=PAGE, **where)
    rows = [Row(raw, _head(raw)) for raw in found]
    return sorted(rows, key=lambda row: int(row.head.id))


async def vanished(api: Api, channel: str, ident: Snowflake) -> bool:
    """Whether a message is certainly not there. Raises Lacking where the history may not be read.

    Without that right lists are empty, as if everything had been deleted.
    """
    try:
        await api.get(f"/channels/{channel}/messages/{ident}", Head)
    except Lacking:
        raise
    except ItemGone:
        return True
    return False


def records(rows: Sequence[Row], resource: Resource) -> tuple[tuple[Record, ...], Counter[str]]:
    """The rows as Records, and how many were left out because their content is not told."""
    facts = resource.facts
    channel_type = int(facts["type"]) if facts.get("type") else None
    told = [row for row in rows if not row.head.withheld]
    left = len(rows) - len(told)
    made = (
        record(
            facts.get("guild", ""),
            channel_type,
            row.raw,
            kind=kind(row.head.number, own=row.head.by(facts.get("bot"))),
        )
        for row in told
    )
    return tuple(made), Counter({WITHHELD: left} if left else {})


def removed(ident: Snowflake, resource: Resource, now: str) -> Record:
    """The removal of a message that was listed before and is not any more, as seen `now`."""
    row = {"id": ident, "channel_id": resource.id}
    return record(resource.facts.get("guild", ""), None, row, gone=now)


async def certain(api: Api, resource: Resource, mark: Snowflake) -> None:
    """Raise unless a walk up to `mark` has seen the channel's last message, or that is gone.

    Only then what the walk did not list is not there any more.
    """
    last = resource.facts.get("last", "")
    if last and int(last) > int(mark or "0") and not await vanished(api, resource.id, last):
        raise Unavailable("Discord did not list the channel's last message; it is asked again.")


def _head(row: Raw) -> Head:
    try:
        return json.decode(row, type=Head)
    except (MsgspecError, ValueError, RecursionError) as problem:
        raise Unreadable("Discord lists a message of an unknown shape.") from problem
