"""JetStream's protocol as bytes: atomic batches without a client, the limit that publishing has.

https://docs.nats.io/reference/reference-protocols/nats-protocol
"""

import asyncio
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from msgspec import json

from shared.normalizer.cloudevents import Event

BATCH = 500


def frames(events: Sequence[Event]) -> list[bytes]:
    """The bytes of every batch."""
    return [_batch(events[n : n + BATCH]) for n in range(0, len(events), BATCH)]


def _batch(events: Sequence[Event]) -> bytes:
    ident, last = uuid4().hex, len(events)
    return b"".join(_frame(it, ident, n, last) for n, it in enumerate(events, 1))


def _frame(event: Event, ident: str, number: int, last: int) -> bytes:
    headers = event.headers | {"Nats-Batch-Id": ident, "Nats-Batch-Sequence": str(number)}
    if number == last:
        headers["Nats-Batch-Commit"] = "1"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"NATS/1.0\r\n{lines}\r\n".encode()
    reply = "_INBOX.load " if number == last else ""
    size = len(head) + len(event.payload)
    return (
        f"HPUB {event.subject} {reply}{len(head)} {size}\r\n".encode()
        + head
        + event.payload
        + b"\r\n"
    )


async def connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that is logged in and listens for acknowledgements."""
    at = urlsplit(url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    await reader.readline()
    who = {"user": unquote(at.username or ""), "pass": unquote(at.password or "")}
    told = json.encode({"verbose": False, "headers": True, **(who if at.username else {})})
    writer.write(b"CONNECT " + told + b"\r\nSUB _INBOX.load 1\r\nPING\r\n")
    while (await reader.readline()) != b"PONG\r\n":
        pass
    return reader, writer


async def acknowledged(reader: asyncio.StreamReader) -> None:
    """Wait for the acknowledgement of a batch; raises when it is a refusal."""
    async with asyncio.timeout(30):
        while True:
            line = await reader.readline()
            if line.startswith(b"MSG "):
                answer = await reader.readexactly(int(line.split()[-1]) + 2)
                if b'"error"' in answer:
                    raise RuntimeError(answer.decode())
                return
            if not line:
                raise RuntimeError("NATS hung up")
