"""Recorded answers as an API, and a server to change while it is read."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec import Struct, json

from services.discord.ids import first_of
from services.discord.provider import provider
from services.discord.sync import Walk
from shared.errors import UnsupportedEvent
from shared.normalizer import Message, Version
from shared.sync.normalize import prepare
from shared.types import Delivery, Names, Nudge, Page, Record, Resource
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.discord import sign

PAYLOADS = Path(__file__).parent / "payloads"
SECRET = b"secret"
NOW = 1_767_600_750.0
GUILD, CHANNEL, BOT = "1390000000000000003", "1400000000000000002", "1380000000000000009"
MIA = "1111111111111111111"
HERE = Resource(CHANNEL, "general", (), {"type": "0", "guild": GUILD, "bot": BOT})
NAMES = {"1400000000000000007": "news", "1390000000000000030": "ops", CHANNEL: "general"}
HEARING = sign.WEBHOOK
MESSAGES = f"/channels/{CHANNEL}/messages"


def api(name: str) -> Any:
    """A recorded answer, decoded, to be changed at will."""
    return json.decode((PAYLOADS / f"api/{name}.json").read_bytes())


def webhook(name: str) -> Any:
    """A recorded delivery, decoded."""
    return json.decode((PAYLOADS / f"webhook/{name}.json").read_bytes())


def delivery(body: Any, secret: bytes = SECRET) -> Delivery:
    raw = body if isinstance(body, bytes) else json.encode(body)
    return Delivery(raw, sign.sign(secret, raw, sign.headers("")), received_at=sign.NOW)


def read(body: Any) -> list[Nudge | Record | Names]:
    """What a delivery says."""
    return list(HEARING.read(delivery(body)))


def ago(seconds: float) -> str:
    """The id of what was said so long before `NOW`."""
    return first_of(datetime.fromtimestamp(NOW, UTC) - timedelta(seconds=seconds))


class Room:
    """A channel as Discord lists it: newest first, whichever end was asked for; `lost` is the right to it."""

    def __init__(self, *seconds: float) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.lost: Exception | None = None
        for it in seconds:
            self.say(it)

    def say(self, seconds: float, **facts: Any) -> str:
        """Let something have been said so long before `NOW`."""
        ident = ago(seconds)
        self.rows[ident] = {**api("message.plain"), "id": ident, "timestamp": None, **facts}
        return ident

    @property
    def ids(self) -> list[str]:
        return sorted(self.rows, key=int)

    def listed(self, call: Call) -> Answer:
        """A page, as the documentation tells of `before` and `after`."""
        if self.lost:
            return Answer([])
        limit, ids = int(call.params["limit"]), self.ids
        if "after" in call.params:
            found = [it for it in ids if int(it) > int(call.params["after"])][:limit]
        else:
            bound = int(call.params.get("before", 1 << 64))
            found = [it for it in ids if int(it) < bound][-limit:]
        return Answer([self.rows[it] for it in reversed(found)])

    @property
    def api(self) -> FakeApi:
        return FakeApi({("GET", MESSAGES): self.listed})


async def walk(
    name: str,
    api: FakeApi,
    cursor: Struct | None = None,
    resource: Resource = HERE,
    now: float = NOW,
) -> list[Page]:
    """All pages of a walk; every cursor goes through its stored form, as in the hub."""
    stream = next(it for it in provider.streams if it.name == name)
    pages: Callable[..., Any] = stream.pages
    more = {"clock": lambda: now} if stream.per_resource else {}
    at = stream.cursor() if cursor is None else cursor
    found = [page async for page in pages(api, at, resource, **more)]
    for page in found:
        assert json.decode(json.encode(page.cursor), type=stream.cursor) == page.cursor
    return found


def versions(told: list[Record], names: dict[str, str] | None = None) -> list[Version]:
    """What records become, with the names that a directory would know; what is ignored is left out."""
    normalize, found = prepare(provider), []
    assert provider.directory
    for it in told:
        known = {one: names[one] for one in provider.directory.ids(it) if one in (names or {})}  # type: ignore[index]  # checked
        version = normalize(provider.directory.put(it, known) if known else it)
        if isinstance(version, Version):
            found.append(version)
    return found


def records(pages: list[Page]) -> list[Record]:
    return [record for page in pages for record in page.records]


def said(pages: list[Page]) -> list[Message]:
    """The Messages of a walk."""
    return [it.message for it in versions(records(pages), NAMES)]


async def listed(row: dict[str, Any], channel_type: str = "0") -> list[Message]:
    """What one listed message becomes; nothing where its kind is not known."""
    facts = {**HERE.facts, "type": channel_type}
    room = FakeApi({("GET", f"/channels/{row['channel_id']}/messages"): Answer([row])})
    where = Resource(row["channel_id"], "general", (), facts)
    looked = datetime.fromtimestamp(NOW, UTC).isoformat()
    try:
        return said(await walk("messages", room, Walk("1", looked=looked), where))
    except UnsupportedEvent:
        return []
