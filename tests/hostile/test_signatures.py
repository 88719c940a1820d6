"""What was not signed by the provider, just now, for us, changes nothing: asked over real HTTP.

`tests/contract` forges the text of a signature; here it is what travels around it.
"""

import hmac
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest
from msgspec import json
from msgspec.structs import replace

from shared.config.catalogue import providers
from shared.errors import NotGenuine
from shared.provider import Provider
from shared.types import Delivery, Nudge
from tests.contract.reading import Sample, signed, signer
from tests.contract.test_providers import FORGERIES
from tests.hostile.stage import ACCEPTED, SECRET, Stage

pytestmark = pytest.mark.anyio

LATER = 86_400.0 * 30
QUESTIONS = ("challenge", "challengeCode", "crc_token", "plainToken", "token", "validationToken")
"""What providers call that which they ask to have signed, or echoed."""


def wrong(good: bytes) -> bytes:
    """The same form, another proof."""
    return good[:-9] + (b"0" if good[-9:-8] != b"0" else b"1") + good[-8:]


def relabelled(good: bytes) -> bytes:
    """Another algorithm's name, or another scheme's, before the same proof."""
    return b"sha1=" + good.partition(b"=")[2] if b"=" in good[:8] else b"Basic " + good[7:]


def unsigned(good: bytes, alg: str, proof: bytes | None = b"") -> bytes:
    """A token that says itself that it needs no signature, or one that anybody can make."""
    head, _, rest = good.partition(b".")
    kind, _, encoded = head.partition(b" ")
    try:
        told = json.decode(urlsafe_b64decode(encoded + b"=="), type=dict[str, str])
    except ValueError:
        return b"none=" + good
    body, _, was = rest.partition(b".")
    said = urlsafe_b64encode(json.encode({**told, "alg": alg})).rstrip(b"=")
    return kind + b" " + b".".join((said, body, was if proof is None else proof))


ATTACKS: dict[str, Callable[[bytes], list[bytes]]] = {
    "missing": lambda _: [],
    "empty": lambda _: [b""],
    "wrong": lambda good: [wrong(good)],
    "a bad one before the good one": lambda good: [wrong(good), good],
    "a good one before a bad one": lambda good: [good, wrong(good)],
    "the good one twice": lambda good: [good, good],
    "another algorithm": lambda good: [relabelled(good)],
    "no algorithm": lambda good: [unsigned(good, "none")],
    "an algorithm for everybody": lambda good: [unsigned(good, "HS256", None)],
    "not ASCII": lambda good: [good + "é".encode()],
    "not UTF-8": lambda good: [b"\xff\xfe" + good],
    "a tab in it": lambda good: [good + b"\t."],
    "40 kB": lambda good: [good + b"0" * 40_000],
}
"""The values of the header that carries the proof, one for each time that it is sent."""


def proving(hearing: Stage, sample: Sample) -> str:
    """The header that carries the proof of a sample: the one that another secret changes."""
    ours, others = (signed(hearing.provider.name, it, sample) for it in (SECRET, b"another"))
    return next(it for it in ours.headers if ours.headers[it] != others.headers[it])


def forgeries(hearing: Stage, sample: Sample) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is wrong with a proof, and the arguments that send it with httpx."""
    good = hearing.signed(sample)
    if forged := getattr(signer(hearing.provider.name), "forged", None):  # it is in the body
        yield from ((what, hearing.posted(forged(good, it))) for what, it in FORGERIES.items())
        return
    name = proving(hearing, sample)
    proof = good.headers[name].encode()
    rest = [(key.encode(), it.encode()) for key, it in good.headers.items() if key != name]
    sent = {
        what: [(name.encode(), value) for value in forge(proof)] for what, forge in ATTACKS.items()
    }
    sent["in a header of another name"] = [(name.replace("-", "_").encode() + b"_", proof)]
    sent["in capitals, and a bad one"] = [(name.encode(), proof), (name.upper().encode(), b"x")]
    for what, headers in sent.items():
        yield what, {"content": good.body, "headers": rest + headers}
    yield "in the query", {"content": good.body, "headers": rest, "params": {name: proof.decode()}}


async def test_a_delivery_that_is_not_proved_is_not_stored(hearing: Stage) -> None:
    before = await hearing.sizes()
    for sample in hearing.samples[:: max(1, len(hearing.samples) // 4)]:
        for what, request in forgeries(hearing, sample):
            await hearing.ask(f"{sample.path.stem}, {what}", "POST", "/webhook", {401}, **request)
    assert await hearing.sizes() == before


async def test_another_secret_opens_nothing(hearing: Stage) -> None:
    before = await hearing.sizes()
    for secret in (b"", b"another", SECRET + b"s", SECRET[:-1]):
        for sample in hearing.samples[:3]:
            sent = hearing.posted(signed(hearing.provider.name, secret, sample))
            await hearing.ask(f"signed with {secret!r}", "POST", "/webhook", {401}, **sent)
    assert await hearing.sizes() == before


async def test_a_replay_is_too_late_or_known_already(hearing: Stage) -> None:
    """Where the provider signs no time, the delivery's own name tells a replay for 35 days.

    One that is like every other of its kind has none, and only says that there is something to see.
    """
    good = hearing.signed(hearing.samples[0])
    webhook = hearing.provider.webhook
    assert webhook
    later = replace(good, received_at=good.received_at + LATER)
    named = webhook.delivery_id(good) == webhook.delivery_id(later)
    assert named or all(isinstance(it, Nudge) for it in webhook.read(good))
    await hearing.ask("the first", "POST", "/webhook", ACCEPTED, **hearing.posted(good))
    await hearing.settled()
    seen = await hearing.rows("select count(*) from webhook_seen")
    for late in (0.0, LATER, -LATER):
        hearing.clock[0] = late
        sent = hearing.posted(good)
        await hearing.ask(f"{late:g} s later", "POST", "/webhook", ACCEPTED | {401}, **sent)
    await hearing.settled()
    assert not named or await hearing.rows("select count(*) from webhook_seen") == seen


async def test_a_handshake_shows_nothing_to_a_stranger(hearing: Stage) -> None:
    """Whatever a provider asks to prove an address, an unsigned question is not echoed as a page."""
    before, markup = await hearing.sizes(), "<script>alert(1)</script>"
    questions = [
        ("POST", "/webhook", json.encode({"type": "url_verification", "challenge": markup})),
        ("POST", f"/webhook?validationToken={markup}", b""),
        ("POST", f"/webhook?validationToken={markup * 300}", b""),
        ("GET", f"/webhook?challenge={markup}&hub.challenge={markup}&crc_token={markup}", b""),
        (
            "POST",
            "/webhook",
            json.encode({"event": "endpoint.url_validation", "plainToken": markup}),
        ),
        ("POST", "/webhook", json.encode({"challenge": markup * 10_000})),
    ]
    for method, path, body in questions:
        answer = await hearing.ask(path, method, path, {200, 401, 405}, content=body)
        page = answer.headers["content-type"].startswith("text/html")
        sniffed = answer.headers.get("x-content-type-options") != "nosniff"
        if markup in answer.text and (page or sniffed or len(answer.content) > 4096):
            hearing.wrong.append(f"{method} {path} echoes what it was sent")
    assert await hearing.sizes() == before


@pytest.mark.parametrize(
    "provider",
    [it for it in providers() if it.webhook and it.webhook.challenge],
    ids=lambda it: it.name,
)
async def test_a_handshake_signs_nothing_that_could_be_a_delivery(provider: Provider) -> None:
    """Where the answer to a stranger is made with the secret of deliveries, it would prove a forged one."""
    forged = 'hmacsha256={"made": "up"}'
    query = urlencode(dict.fromkeys(QUESTIONS, forged))
    told = dict.fromkeys(QUESTIONS, forged) | {"payload": dict.fromkeys(QUESTIONS, forged)}
    bodies = [
        json.encode(told | {"event": "endpoint.url_validation", "type": "url_verification"}),
        b"",
    ]
    assert provider.webhook
    assert provider.webhook.challenge
    proof = hmac.digest(SECRET, forged.encode(), "sha256")
    for method, body in product(("GET", "POST"), bodies):
        asked = Delivery(body, {"content-type": "application/json"}, query, method)
        answer = b""
        with suppress(NotGenuine):
            answer = provider.webhook.challenge([SECRET], asked) or b""
        assert proof.hex().encode() not in answer
        assert b64encode(proof) not in answer


async def test_a_signed_handshake_is_short_plain_text(hearing: Stage) -> None:
    sample = hearing.samples[0]
    long = "<b>\r\n\0" + "é" * 100_000
    body = json.encode({"type": "url_verification", "challenge": long, "token": "t"})
    delivery: Delivery = hearing.signed(sample, body)
    sent = hearing.posted(delivery)
    answer = await hearing.ask("signed", "POST", "/webhook", ACCEPTED | {401}, **sent)
    if answer.status_code == 200:
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert len(answer.content) <= 4096
