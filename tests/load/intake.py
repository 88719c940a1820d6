"""The webhook door: signed deliveries on disk, against a bare application and one commit for each."""

from collections.abc import Sequence
from pathlib import Path as File

from tests.load.figures import Path, Row, middle, ratios
from tests.load.processes import Costs, server
from tests.load.profiles import top
from tests.load.sender import Sender, Sent
from tests.load.world import WEBHOOK, Size, World, account, database, empty, fresh_stream

CONNECTIONS = 64
KINDS = ("bare", "one by one", "door", "working")
WARM_UP = 200


async def measure(world: World, size: Size, scratch: File) -> Path:
    """Every kind of server in turn, several times over."""
    engines: dict[str, object] = {"postgres_url": world.postgres_url}
    both = engines | {"nats_url": world.nats_url}
    asked: dict[str, tuple[str, dict[str, object]]] = {
        "bare": ("bare", {}),
        "one by one": ("one by one", engines),
        "door": ("service", both | {"work": False}),
        "working": ("service", both | {"work": True}),
    }
    sent: dict[str, list[Sent]] = {kind: [] for kind in KINDS}
    costs: dict[str, float] = {}
    async with database(world) as db, fresh_stream(world):
        await empty(db, "connected_account")
        await account(db, "ana", "*")
        for _ in range(size.rounds):
            for kind, (program, facts) in asked.items():
                await empty(db, "webhook_inbox", "webhook_seen", "outbox", "item")
                with server(program, **facts) as (pid, port):
                    await _send(port, size, WARM_UP)
                    used = Costs({"service": pid, "PostgreSQL": world.postgres})
                    done = await _send(port, size, size.webhooks)
                    sent[kind].append(done)
                    if kind == "door":
                        costs = used.per(done.statuses[200])
        await empty(db, "webhook_inbox", "webhook_seen")
        file = scratch / "intake.prof"
        facts = asked["door"][1] | {"profile": str(file)}
        with server("service", **facts) as (_, port):
            await _send(port, size, size.webhooks // 3)
        await empty(db, "webhook_inbox", "webhook_seen", "outbox", "item", "connected_account")
    return Path("intake", _rows(sent), costs, top(file))


async def _send(port: int, size: Size, most: int) -> Sent:
    done = await Sender(WEBHOOK.read_bytes(), most, size.seconds).send(port, CONNECTIONS)
    if set(done.statuses) != {200}:
        raise RuntimeError(f"a webhook was not taken: {dict(done.statuses)}")
    return done


def _rows(sent: dict[str, list[Sent]]) -> list[Row]:
    rate = {kind: [it.rate for it in done] for kind, done in sent.items()}
    p99 = {kind: middle([it.percentile(99) for it in done]) for kind, done in sent.items()}

    def row(kind: str, what: str, compared: str = "") -> Row:
        return Row("intake", what, middle(rate[kind]), "webhooks/s", compared)

    def against(kind: str, others: Sequence[str]) -> str:
        named = {"bare": "bare", "one by one": "one by one"}
        return ", ".join(f"{ratios(rate[kind], rate[it]):.2f} of {named[it]}" for it in others)

    door = row("door", "verified, on disk, answered", against("door", ("bare", "one by one")))
    door.wanted, door.reached = ">= 3,000", door.value >= 3000
    ratio = ratios(rate["door"], rate["bare"])
    return [
        row("bare", "bare ASGI application: verified, answered"),
        row("one by one", "bare, and an INSERT for each", against("one by one", ("bare",))),
        door,
        Row("intake", "the same, of bare ASGI", ratio, "ratio", "", ">= 0.35", ratio >= 0.35),
        Row(
            "intake",
            f"the same, p99 at {CONNECTIONS} connections",
            p99["door"],
            "ms",
            f"bare {p99['bare']:.0f} ms, one by one {p99['one by one']:.0f} ms",
            "< 50",
            p99["door"] < 50,
        ),
        row("working", "while it reads and publishes them", against("working", ("bare",))),
    ]
