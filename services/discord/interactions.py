"""What stands around deliveries, and what people hand to the app by a command on a message.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from collections.abc import Mapping
from contextlib import suppress

from msgspec import MsgspecError, Raw, Struct, json

from services.discord.events import kind, record
from services.discord.history import Head
from services.discord.ids import Snowflake
from services.discord.places import Channel
from shared.errors import Unreadable, UnsupportedEvent
from shared.types import Delivery, Receipt, Record

PING, COMMAND = 1, 2
_INTERACTIONS = {2: "command", 3: "component", 4: "autocomplete", 5: "modal"}
ON_MESSAGE = 3
"""The kind of command that is given on a message."""
_QUIET = 64
"""Only who gave the command sees the answer."""


class Event(Struct):
    type: str
    data: Raw = Raw(b"{}")


class Resolved(Struct, frozen=True):
    messages: Mapping[str, Raw] = {}


class Command(Struct):
    type: int = 1
    target_id: Snowflake | None = None
    resolved: Resolved = Resolved()


class Envelope(Struct):
    """An event has `event` and a `type` of 0 or 1, an interaction an `id` and a `type` from 1 on."""

    type: int
    event: Event | None = None
    id: Snowflake | None = None
    application_id: Snowflake | None = None
    guild_id: Snowflake | None = None
    channel: Channel | None = None
    data: Raw = Raw(b"{}")


def receipt(it: Delivery) -> Receipt:
    """Events are answered by nothing, and interactions at once, by what Discord then shows."""
    told = peek(it.body)
    if told is None or told.event is not None or told.type == 0:
        return Receipt(204)
    if told.type == PING:
        return _answer(type=1)
    name = _INTERACTIONS.get(told.type)
    if name == "autocomplete":
        return _answer(type=8, data={"choices": []})
    taken = name == "command" and told.guild_id and _command(told).type == ON_MESSAGE
    says = "Noted." if taken else "This app only takes messages that are handed to it in a server."
    return _answer(type=4, data={"content": says, "flags": _QUIET})


def handed(told: Envelope) -> Record:
    name = _INTERACTIONS.get(told.type)
    if name is None:
        raise UnsupportedEvent(
            f"Discord sent an interaction of type {told.type}, which nobody declared.",
            f"interaction.{told.type}",
        )
    asked = _command(told) if name == "command" else Command()
    if asked.type != ON_MESSAGE:
        return Record(f"interaction.{name}", told.data)
    if not told.guild_id:
        return Record("interaction.direct", told.data)
    row = asked.resolved.messages.get(asked.target_id or "")
    if row is None:
        raise Unreadable("A command on a message comes without the message.")
    head = json.decode(row, type=Head)
    where = told.channel.type if told.channel else None
    return record(
        told.guild_id, where, row, kind=kind(head.number, own=head.by(told.application_id))
    )


def _command(told: Envelope) -> Command:
    with suppress(MsgspecError):
        return json.decode(told.data, type=Command)
    return Command()


def peek(body: bytes) -> Envelope | None:
    with suppress(MsgspecError, ValueError, RecursionError):
        return json.decode(body, type=Envelope)
    return None


def _answer(**said: object) -> Receipt:
    return Receipt(body=json.encode(said))
