"""Gmail's watch: it lives seven days and is renewed daily; what it tells is "go and look".

https://developers.google.com/workspace/gmail/api/guides/push
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from msgspec import Struct, convert, json

from services.google.gmail_models import ME, Watch, bytes_of
from services.google.gmail_normalize import moment
from shared.errors import Refused
from shared.provider import Hook, Subscribing
from shared.types import Delivery, Nudge

TOPIC = "GOOGLE_PUBSUB_TOPIC"
KEPT = timedelta(hours=36)
"""How long we count on a watch, so that it is renewed (after two thirds) every day."""

Clock = Callable[[], datetime]


class News(Struct):
    emailAddress: str
    historyId: int | str


class Letter(Struct):
    data: str
    messageId: str = ""


class Push(Struct):
    message: Letter


def _now() -> datetime:
    return datetime.now(UTC)


async def watch(it: Subscribing, now: Clock = _now) -> Hook:
    """Ask for news of the whole mailbox; asking again renews. Another watch of ours is replaced."""
    topic = it.settings.get(TOPIC)
    if not topic:
        raise Refused(f"Gmail tells its news to a Pub/Sub topic; set {TOPIC}.")
    wanted = {"topicName": topic.reveal()}
    try:
        made = await it.api.send("POST", f"{ME}/watch", Watch, wanted)
    except Refused:  # one client per project and user: an older topic has it
        await stop(it)
        made = await it.api.send("POST", f"{ME}/watch", Watch, wanted)
    return Hook("watch", min(moment(made.expiration), now() + KEPT))


async def stop(it: Subscribing) -> None:
    await it.api.send("POST", f"{ME}/stop", type(None))


def read(it: Delivery) -> Nudge:
    """Whose mailbox changed. Its history id is no place to start from: the walk has its own.

    Raises msgspec's errors and Unreadable for what is neither an envelope nor bare news.
    """
    body = json.decode(it.body)
    if isinstance(body, dict) and "message" in body:
        body = json.decode(bytes_of(convert(body, Push).message.data))
    news = convert(body, News)
    return Nudge(routes=(f"mail:{news.emailAddress.lower()}",), stream="messages")
