"""Says whether a stream holds exactly what was true, and knows nothing of how it got there."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import nats
from msgspec import Struct, json
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from shared.normalizer import Message


class Seen(Struct, frozen=True):
    """One message of the stream: the event it says it is, and the `n`-th fact of a feed."""

    event_id: str
    feed: str
    n: int


class Verdict(Struct, frozen=True):
    """What a stream got wrong; all empty is right.

    `lost` are facts that are missing, `invented` facts nobody stated, `duplicated` event ids or facts
    that came twice, `inverted` facts that came before an older one of their feed.
    """

    lost: tuple[tuple[str, int], ...]
    invented: tuple[tuple[str, int], ...]
    duplicated: tuple[str, ...]
    inverted: tuple[tuple[str, int], ...]

    @property
    def right(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.invented or self.duplicated or self.inverted)

    def __str__(self) -> str:
        counts = {name: getattr(self, name) for name in self.__struct_fields__}
        return ", ".join(f"{len(it)} {name} {list(it[:5])}" for name, it in counts.items())


def check(stream: Sequence[Seen], truth: Mapping[str, Iterable[int]]) -> Verdict:
    """Compare a stream, in its order, with the facts of every feed."""
    facts = {(feed, n) for feed, numbers in truth.items() for n in numbers}
    told = Counter((it.feed, it.n) for it in stream)
    idents = Counter(it.event_id for it in stream)
    newest: dict[str, int] = {}
    inverted = []
    for it in stream:
        if it.n < newest.get(it.feed, it.n):
            inverted.append((it.feed, it.n))
        newest[it.feed] = max(it.n, newest.get(it.feed, it.n))
    return Verdict(
        lost=tuple(sorted(facts - set(told))),
        invented=tuple(sorted(set(told) - facts)),
        duplicated=tuple(sorted([it for it, times in idents.items() if times > 1]))
        + tuple(sorted([f"{feed}:{n}" for (feed, n), times in told.items() if times > 1])),
        inverted=tuple(inverted),
    )


async def read(nats_url: str, subject: str = "self.events.>") -> list[Seen]:
    """Everything the stream holds under a subject, in its order, read by a consumer of its own."""
    nc = await nats.connect(nats_url, connect_timeout=5)
    try:
        config = ConsumerConfig(ack_policy=AckPolicy.NONE, deliver_policy=DeliverPolicy.ALL)
        consumer = await nc.jetstream().pull_subscribe(subject, config=config)
        waiting = (await consumer.consumer_info()).num_pending or 0
        seen: list[Seen] = []
        while len(seen) < waiting:
            batch = await consumer.fetch(min(1000, waiting - len(seen)), timeout=10)
            seen += [_seen(message.headers or {}, message.data) for message in batch]
        return seen
    finally:
        await nc.close()


def _seen(headers: Mapping[str, str], data: bytes) -> Seen:
    fact = json.decode(data, type=Message).metadata["fact"]
    feed, _, n = fact.partition(":")
    return Seen(headers["ce-id"], feed, int(n))
