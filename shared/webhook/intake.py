"""The webhook door: verify the raw bytes, store, answer. Nothing is understood here.

Deliveries that arrive while a commit is under way wait and are committed together, so that one
process takes far more of them than it can make commits.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextvars import Context
from typing import cast

import structlog
from litestar.types import Receive, Scope, Send
from msgspec import json
from opentelemetry.trace import SpanKind

from shared.errors import Away, NotGenuine
from shared.provider import Webhook
from shared.store import inbox
from shared.store.database import Database
from shared.store.inbox import Arrived
from shared.telemetry import traces
from shared.telemetry.metrics import Metrics
from shared.types import Delivery, Secret

log = structlog.get_logger()

MOST_AT_ONCE = 500
"""Deliveries in one INSERT."""

MOST_WAITING = 4000
"""Deliveries waiting for their commit; more are turned away with 503 before their body is kept."""

LONGEST_CHALLENGE = 4096
"""Bytes of a handshake's answer."""

_PLAIN = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]


class Writer:
    """Stores deliveries in groups: one statement for all that came while the last one ran."""

    def __init__(self, db: Database, provider: str, stored: Callable[[], None]) -> None:
        self._db = db
        self._provider = provider
        self._stored = stored
        self._waiting: list[tuple[Arrived, asyncio.Future[None]]] = []
        self._busy: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many deliveries wait for their commit."""
        return len(self._waiting)

    async def put(self, row: Arrived) -> None:
        """Return when the delivery is on disk; raises Away when that is not certain."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, done))
        if self._busy is None:
            # A group belongs to no one delivery's trace.
            self._busy = asyncio.create_task(self._write(), context=Context())
        await done

    async def _write(self) -> None:
        try:
            while self._waiting:
                group = self._waiting[:MOST_AT_ONCE]
                del self._waiting[:MOST_AT_ONCE]
                errors = await self._store([row for row, _ in group])
                for (_, done), error in zip(group, errors, strict=True):
                    if done.done():  # its sender went away
                        continue
                    if error:
                        done.set_exception(error)
                    else:
                        done.set_result(None)
        finally:
            self._busy = None

    async def _store(self, rows: Sequence[Arrived]) -> list[Exception | None]:
        try:
            async with self._db.connection() as conn:
                fresh = await inbox.put(conn, self._provider, rows)
        except Away as away:
            return [away] * len(rows)
        except Exception as error:  # one bad row must not take the others' answers with it
            if len(rows) > 1:
                return [outcome for row in rows for outcome in await self._store([row])]
            log.exception("a delivery could not be stored", provider=self._provider)
            return [Away(f"the delivery could not be stored: {type(error).__name__}")]
        if fresh:
            self._stored()
        return [None] * len(rows)


class _Refusal(Exception):
    """The delivery is not taken: counted as `outcome`, answered with a status and a sentence."""

    def __init__(self, outcome: str, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.outcome = outcome
        self.status = status


class Intake:
    """The ASGI application of one provider's webhook route.

    Answers 200 (stored, or seen before), 401 (not genuine), 404 (no secret is configured), 408, 413,
    415, or 503 with Retry-After when the database cannot promise anything. Never 429.
    """

    def __init__(
        self,
        *,
        provider: str,
        webhook: Webhook,
        secrets: Sequence[Secret],
        writer: Writer,
        metrics: Metrics,
        timeout: float = 10.0,
        full: Callable[[], bool] = lambda: False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._provider = provider
        self._webhook = webhook
        self._secrets = [it.reveal().encode() for it in secrets if it]
        self._writer = writer
        self._metrics = metrics
        self._timeout = timeout
        self._full = full
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one delivery."""
        try:
            outcome, answer = await self._take(scope, receive)
        except _Refusal as refusal:
            outcome = refusal.outcome
            await _refuse(send, refusal.status, str(refusal))
        except NotGenuine as error:
            outcome = "not_genuine"
            await _refuse(send, 401, str(error))
        except Away as error:
            outcome = "away"
            await _refuse(send, 503, str(error))
        else:
            await _respond(send, 200, _PLAIN, answer)
        self._metrics.webhooks.labels(self._provider, outcome).inc()

    async def _take(self, scope: Scope, receive: Receive) -> tuple[str, bytes]:
        if not self._secrets:
            sentence = "No webhook secret is configured, so nothing is accepted here."
            raise _Refusal("unconfigured", 404, sentence)
        if self._writer.waiting >= MOST_WAITING or self._full():
            sentence = "Too many deliveries wait to be stored; send this one again."
            raise _Refusal("busy", 503, sentence)
        headers = _headers(scope)
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise _Refusal("encoded", 415, "The body must not be compressed.")
        try:
            async with asyncio.timeout(self._timeout):
                body = await _body(receive, headers, self._webhook.max_body)
        except TimeoutError:
            sentence = f"The body did not arrive within {self._timeout:g} seconds."
            raise _Refusal("slow", 408, sentence) from None
        delivery = Delivery(
            body=body,
            headers=headers,
            query=bytes(scope.get("query_string", b"")).decode("latin-1"),
            method=str(scope.get("method", "POST")),
            received_at=self._now(),
        )
        if self._webhook.challenge is not None:
            answer = self._webhook.challenge(self._secrets, delivery)
            if answer is not None:
                return "challenge", answer[:LONGEST_CHALLENGE]
        self._webhook.verify(self._secrets, delivery, delivery.received_at)
        named = self._webhook.delivery_id(delivery)
        # Only what is genuine is traced: a stranger's header makes nobody record anything.
        with traces.root(
            "webhook",
            {"provider": self._provider, "delivery": named or ""},
            kind=SpanKind.SERVER,
            caller=headers.get("traceparent", ""),
            started=delivery.received_at,
        ):
            try:
                async with asyncio.timeout(self._timeout):
                    await self._writer.put(inbox.arrived(delivery, named, traces.inject()))
            except TimeoutError:  # a database that is frozen says nothing at all
                raise Away("PostgreSQL does not answer; send this one again") from None
        return "stored", b""


def _headers(scope: Scope) -> dict[str, str]:
    """Lower-case names; a header that came twice is joined, so that no second one hides."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


async def _body(receive: Receive, headers: dict[str, str], limit: int) -> bytes:
    stated = headers.get("content-length", "")
    size = int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 16 else 0
    pieces: list[bytes] = []
    read = 0
    while max(size, read) <= limit:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise _Refusal("gone", 400, "The sender went away in the middle of the body.")
        piece = cast(bytes, event.get("body", b""))
        read += len(piece)
        pieces.append(piece)
        if not event.get("more_body", False):
            return b"".join(pieces)
    raise _Refusal("large", 413, f"The body is larger than {limit} bytes.")


async def _refuse(send: Send, status: int, sentence: str) -> None:
    headers = [(b"content-type", b"application/problem+json")]
    if status == 503:
        headers.append((b"retry-after", b"5"))
    if status in (408, 413):
        headers.append((b"connection", b"close"))
    problem = {"type": "about:blank", "status": status, "title": sentence}
    await _respond(send, status, headers, json.encode(problem))


async def _respond(
    send: Send, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes
) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*headers, (b"content-length", str(len(body)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
