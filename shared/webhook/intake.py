"""The webhook door: verify the raw bytes, store, answer. Nothing is understood here."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol, cast

from litestar.types import Receive, Scope, Send
from msgspec import json, structs
from opentelemetry.trace import SpanKind

from shared.errors import Away, NotGenuine
from shared.provider import Webhook
from shared.store import inbox
from shared.telemetry import traces
from shared.telemetry.metrics import Metrics
from shared.types import Delivery, Receipt, Secret
from shared.webhook.writer import Writer

MOST_WAITING = 4000
"""Deliveries waiting for their commit; more are turned away with 503 before their body is kept."""

LONGEST_CHALLENGE = 4096
"""Bytes of a handshake's answer."""

OUTCOMES = (
    "stored",
    "challenge",
    "not_genuine",
    "unconfigured",
    "encoded",
    "gone",
    "large",
    "slow",
    "busy",
    "away",
)
"""What may become of a delivery at the door."""

UNCONFIGURED = "No webhook secret is configured, so nothing is accepted here."

_PLAIN = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]
_JSON = [(b"content-type", b"application/json"), _PLAIN[1]]


class _Refusal(Exception):
    """The delivery is not taken: counted as `outcome`, answered with a status and a sentence."""

    def __init__(self, outcome: str, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.outcome = outcome
        self.status = status


class Trust(Protocol):
    """The secret that the provider made itself, where it was handed over."""

    async def secrets(self) -> Sequence[bytes]:
        """What deliveries are proven by, empty while there is none; raises Away."""
        ...

    async def take(self, secret: Secret) -> bool:
        """Keep it, unless there is one; says whether it was kept."""
        ...


class Intake:
    """The ASGI application of one provider's webhook route.

    Answers 200 or by `Webhook.receipt` (stored, or seen before), 401 (not genuine), 404 (no secret is configured), 408, 413,
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
        trust: Trust | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._provider = provider
        self._webhook = webhook
        self._secrets: Sequence[bytes] = [it.reveal().encode() for it in secrets if it]
        self._writer = writer
        self._counted = {it: metrics.webhooks.labels(provider, it) for it in OUTCOMES}
        self._timeout = timeout
        self._full = full
        self._trust = None if self._secrets else trust
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
            headers = _JSON if answer.body.startswith(b"{") else _PLAIN
            await _respond(send, answer.status, headers, answer.body)
        self._counted[outcome].inc()

    async def _take(self, scope: Scope, receive: Receive) -> tuple[str, Receipt]:
        if not self._secrets and self._trust is None:
            raise _Refusal("unconfigured", 404, UNCONFIGURED)
        if self._writer.waiting >= MOST_WAITING or self._full():
            sentence = "Too many deliveries wait to be stored; send this one again."
            raise _Refusal("busy", 503, sentence)
        headers = _headers(scope)
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise _Refusal("encoded", 415, "The body must not be compressed.")
        body = await _body(receive, headers, self._webhook.max_body, self._timeout)
        delivery = Delivery(
            body=body,
            headers=headers,
            query=bytes(scope.get("query_string", b"")).decode("latin-1"),
            method=str(scope.get("method", "POST")),
            received_at=self._now(),
        )
        secrets = self._secrets
        if self._trust is not None and not (secrets := await self._trust.secrets()):
            return await self._handed_over(self._trust, delivery)
        if self._webhook.challenge is not None:
            answer = self._webhook.challenge(secrets, delivery)
            if answer is not None:
                return "challenge", Receipt(body=answer[:LONGEST_CHALLENGE])
        self._webhook.verify(secrets, delivery, delivery.received_at)
        named = self._webhook.delivery_id(delivery)
        if self._webhook.kept:
            delivery = structs.replace(delivery, body=self._webhook.kept(body))
        # Only what is genuine is traced: a stranger's header makes nobody record anything.
        with traces.root(
            "webhook",
            {"provider": self._provider, "delivery": named or ""},
            kind=SpanKind.SERVER,
            caller=headers.get("traceparent", ""),
            started=delivery.received_at,
        ):
            await self._writer.put(inbox.arrived(delivery, named, traces.inject()))
        return "stored", self._webhook.receipt(delivery) if self._webhook.receipt else Receipt()

    async def _handed_over(self, trust: Trust, delivery: Delivery) -> tuple[str, Receipt]:
        """The first secret that comes is kept; nothing else is accepted before it."""
        assert self._webhook.entrusted is not None
        secret = self._webhook.entrusted(delivery)
        if secret is None or not await trust.take(secret):
            raise _Refusal("unconfigured", 404, UNCONFIGURED)
        return "challenge", Receipt()


def _headers(scope: Scope) -> dict[str, str]:
    """Lower-case names; a header that came twice is joined, so that no second one hides."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.lower().decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


async def _body(receive: Receive, headers: dict[str, str], limit: int, timeout: float) -> bytes:
    """The whole body, which is nearly always there; one that never begins is the server's to cut off."""
    stated = headers.get("content-length", "")
    _fits(int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 16 else 0, limit)
    body, more = await _piece(receive)
    if more:
        try:
            async with asyncio.timeout(timeout):
                body = await _rest(receive, body, limit)
        except TimeoutError:
            sentence = f"The body did not arrive within {timeout:g} seconds."
            raise _Refusal("slow", 408, sentence) from None
    _fits(len(body), limit)
    return body


async def _rest(receive: Receive, first: bytes, limit: int) -> bytes:
    pieces, read, more = [first], len(first), True
    while more:
        _fits(read, limit)
        piece, more = await _piece(receive)
        pieces.append(piece)
        read += len(piece)
    return b"".join(pieces)


async def _piece(receive: Receive) -> tuple[bytes, bool]:
    event = await receive()
    if event["type"] == "http.disconnect":
        raise _Refusal("gone", 400, "The sender went away in the middle of the body.")
    return cast(bytes, event.get("body", b"")), bool(event.get("more_body", False))


def _fits(size: int, limit: int) -> None:
    if size > limit:
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
