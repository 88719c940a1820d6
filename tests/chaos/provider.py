"""A made-up provider: one stream and one signed webhook, both stating facts of a feed."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime

from msgspec import Raw, Struct, ValidationError, json

from shared.errors import Unreadable
from shared.normalizer import Message
from shared.provider import Api, OAuth, Provider, Stream, Webhook
from shared.types import Delivery, Identity, Page, Record, Resource
from shared.webhook import signature
from tests.chaos.truth import Answer, Fact

PAGE = 50
SECRET = "the secret of the chaos tests"


class Cursor(Struct, frozen=True):
    """The last fact that was read."""

    after: int = -1


async def identify(api: Api) -> Identity:
    raise NotImplementedError("accounts of the chaos tests are put into the ledger")


async def facts(api: Api, at: Cursor, resource: Resource) -> AsyncIterator[Page]:
    more = True
    while more:
        answer = await api.get("/feed", Answer, after=at.after, limit=PAGE)
        more = answer.more
        if answer.facts:
            at = Cursor(answer.facts[-1].n)
        yield Page(tuple(record(it) for it in answer.facts), at)


def record(it: Fact, routes: tuple[str, ...] = ()) -> Record:
    return Record(kind="fact", payload=Raw(json.encode(it)), routes=routes)


def fact(it: Fact) -> Message:
    return Message(
        id=f"{it.feed}:{it.n}",
        source="chaos",
        type="note",
        timestamp=datetime.fromtimestamp(1_767_225_600 + it.n, UTC),
        content=f"fact {it.n} of {it.feed}",
        metadata={"fact": f"{it.feed}:{it.n}"},
    )


def verify(secrets: Sequence[bytes], it: Delivery, now: float) -> None:
    signature.hmac_sha256_hex(secrets, it.body, it.headers.get("x-chaos-signature"))


def delivery_id(it: Delivery) -> str | None:
    return it.headers.get("x-chaos-delivery")


def read(it: Delivery) -> Iterator[Record]:
    try:
        told = json.decode(it.body, type=Fact)
    except ValidationError as error:
        raise Unreadable(str(error)) from error
    yield record(told, (f"feed:{told.feed}",))


provider = Provider(
    name="chaos",
    title="Chaos",
    port=8999,
    base_url="http://127.0.0.1:1",
    sources=("chaos",),
    normalizers={"fact": fact},
    oauth=OAuth(
        authorize_url="http://127.0.0.1:1/authorize",
        token_url="http://127.0.0.1:1/token",
        identify=identify,
        refresh="none",
    ),
    webhook=Webhook(verify=verify, delivery_id=delivery_id, read=read),
    streams=(Stream(name="facts", source="chaos", cursor=Cursor, pages=facts, every=1.0),),
)
