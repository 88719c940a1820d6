"""What callers are told that is not a Message."""

from uuid import UUID

from msgspec import Struct

from shared.normalizer import Message


class Started(Struct):
    run_ids: list[UUID]


class Place(Struct, omit_defaults=True):
    """A channel or a thread; `type` is Discord's number, `parent` where a thread belongs."""

    id: str
    type: int
    name: str = ""
    topic: str = ""
    parent: str = ""
    archived: bool = False
    readable: bool = True


class Places(Struct):
    channels: list[Place]


class Human(Struct, omit_defaults=True):
    """Who an id is; `nick` is what somebody is called in this server."""

    id: str
    name: str = ""
    nick: str = ""
    is_bot: bool = False
    roles: list[str] = []


class People(Struct):
    members: list[Human]


class Group(Struct):
    """A role."""

    id: str
    name: str


class Groups(Struct):
    roles: list[Group]


class Server(Struct):
    id: str
    name: str


class Servers(Struct):
    servers: list[Server]


class Voice(Struct, omit_defaults=True):
    """Where somebody is heard now; `channel` is empty for nowhere."""

    user: str
    channel: str = ""
    muted: bool = False
    deafened: bool = False


class Link(Struct):
    """Where a file is, for about a day."""

    url: str


class Messages(Struct):
    """A page of Messages, newest first; pass `next` as `before` for the following one, until it is empty."""

    messages: list[Message]
    next: str = ""


class Found(Struct):
    """What a search found, the best first; pass `next` as `offset` until it is absent."""

    messages: list[Message]
    total: int = 0
    next: int | None = None
