"""Calls that answer a caller: who people are, what conversations look like, marks on messages.

https://docs.slack.dev/reference/methods/users.list
"""

from typing import Any

from msgspec import Raw, Struct, json

from services.slack.asking import Human, Messages, Named, People, Place
from services.slack.channels import Turn
from services.slack.events import TOMBSTONE, Told
from services.slack.history import Answer
from services.slack.models import Conversation, Profile, Said, User, kind_of
from services.slack.normalize import message
from services.slack.people import Members, mentioned, name_of
from shared.normalizer import Message
from shared.provider import Api
from shared.shapes import decoded


class Found(Struct):
    user: User


class Known(Struct):
    channel: Conversation


class Posted(Struct):
    """`message` is what was sent, as Slack has it now."""

    channel: str
    message: Raw = Raw(b"null")


async def people(api: Api, **asked: str | int) -> People:
    found = await api.get("/users.list", Members, **asked)
    return People([human(it) for it in found.members], following(found.response_metadata))


async def by_email(api: Api, email: str) -> Human:
    return human((await api.get("/users.lookupByEmail", Found, email=email)).user)


async def messages(
    api: Api, names: Named, method: str, channel: str, limit: int, **params: str
) -> Messages:
    """A page of a conversation or a thread as Messages, like those that are published."""
    known = await api.get("/conversations.info", Known, channel=channel)
    path = f"/conversations.{method}"
    answer = await api.get(path, Answer, channel=channel, limit=limit, **given(**params))
    called = await names({it for row in answer.messages for it in mentioned(row)})
    said = (decoded(row, Said) for row in answer.messages)
    word = kind_of(known.channel)
    told = [message(Told(channel, it, word, called)) for it in said if it.subtype != TOMBSTONE]
    return Messages(told, following(answer.response_metadata))


async def react(api: Api, verb: str, channel: str, ts: str, name: str) -> None:
    body = {"channel": channel, "timestamp": ts, "name": name}
    await api.send("POST", f"/reactions.{verb}", type(None), body)


async def sent(posted: Posted, names: Named, kind: str | None = None) -> Message:
    """What was just said or changed, as a Message."""
    called = await names(mentioned(posted.message))
    return message(Told(posted.channel, decoded(posted.message, Said), kind, called))


async def changed(posted: Posted, names: Named, ts: str) -> Message:
    """What was just changed; Slack does not repeat the `ts` within the message."""
    row = {"ts": ts, **decoded(posted.message, dict[str, Any])}
    return await sent(Posted(posted.channel, Raw(json.encode(row))), names)


def place(it: Conversation) -> Place:
    return Place(
        id=it.id,
        type=kind_of(it),
        name=it.name or "",
        user=it.user or "",
        topic=(it.topic and it.topic.value) or "",
        purpose=(it.purpose and it.purpose.value) or "",
        archived=it.is_archived,
    )


def human(it: User) -> Human:
    profile = it.profile or Profile()
    return Human(
        id=it.id,
        name=name_of(it),
        real_name=profile.real_name or it.real_name or "",
        email=profile.email or "",
        is_bot=it.is_bot,
        deleted=it.deleted,
    )


def following(turn: Turn | None) -> str:
    return turn.next_cursor if turn else ""


def given(**params: str) -> dict[str, str]:
    """The parameters that are not empty."""
    return {name: value for name, value in params.items() if value}
