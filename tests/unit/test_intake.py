"""The webhook door, without what stands behind it."""

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from shared.provider import Webhook
from shared.telemetry.metrics import Metrics
from shared.types import Delivery, Receipt, Secret
from shared.webhook.intake import Intake

pytestmark = pytest.mark.anyio

SCOPE: Any = {"type": "http", "method": "POST", "query_string": b"", "headers": []}


def saying(body: bytes) -> Callable[[], Awaitable[Any]]:
    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"3eZbrw1a", b"text/plain; charset=utf-8"),
        (b"", b"text/plain; charset=utf-8"),
        (b'{"plainToken":"a"}', b"application/json"),
    ],
)
async def test_a_handshake_is_answered_as_what_it_is(answer: bytes, kind: bytes) -> None:
    webhook = Webhook(
        verify=lambda *_: None,
        delivery_id=lambda _: None,
        read=lambda _: (),
        challenge=lambda *_: answer,
    )
    idle: Any = SimpleNamespace(waiting=0)
    door = Intake(
        provider="acme", webhook=webhook, secrets=[Secret("s")], writer=idle, metrics=Metrics()
    )
    sent: list[Any] = []

    async def send(it: Any) -> None:
        sent.append(it)

    await door(SCOPE, saying(b"?"), send)
    start, body = sent
    assert (start["status"], body["body"]) == (200, answer)
    assert dict(start["headers"])[b"content-type"] == kind
    assert dict(start["headers"])[b"x-content-type-options"] == b"nosniff"


@pytest.mark.parametrize(
    ("receipt", "kind"),
    [
        (Receipt(), b"text/plain; charset=utf-8"),
        (Receipt(204), b"text/plain; charset=utf-8"),
        (Receipt(200, b'{"type":1}'), b"application/json"),
    ],
)
async def test_what_was_stored_is_answered_as_the_provider_wants_it(
    receipt: Receipt, kind: bytes
) -> None:
    stored: list[Any] = []

    async def put(it: Any) -> None:
        stored.append(it)

    def answer(_: Any) -> Receipt:
        assert stored, "it is stored before it is answered"
        return receipt

    webhook = Webhook(
        verify=lambda *_: None, delivery_id=lambda _: None, read=lambda _: (), receipt=answer
    )
    writer: Any = SimpleNamespace(waiting=0, put=put)
    door = Intake(
        provider="acme", webhook=webhook, secrets=[Secret("s")], writer=writer, metrics=Metrics()
    )
    sent: list[Any] = []

    async def send(it: Any) -> None:
        sent.append(it)

    await door(SCOPE, saying(b"?"), send)
    start, body = sent
    assert (start["status"], body["body"]) == (receipt.status, receipt.body)
    assert dict(start["headers"])[b"content-type"] == kind


async def test_a_proof_that_stands_in_the_body_is_not_stored() -> None:
    stored: list[Any] = []

    async def put(it: Any) -> None:
        stored.append(it)

    async def ignore(_: Any) -> None:
        pass

    def verify(_: Any, it: Delivery, __: float) -> None:
        assert it.body == b"proof:news", "it is proven whole"

    webhook = Webhook(
        verify=verify,
        delivery_id=lambda _: None,
        read=lambda _: (),
        kept=lambda body: body.partition(b":")[2],
    )
    writer: Any = SimpleNamespace(waiting=0, put=put)
    door = Intake(
        provider="acme", webhook=webhook, secrets=[Secret("s")], writer=writer, metrics=Metrics()
    )
    await door(SCOPE, saying(b"proof:news"), ignore)
    assert stored[0].delivery.body == b"news"
