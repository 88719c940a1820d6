"""Text of a provider is only text: in subjects, headers, statements, log lines, labels and paths."""

import io
import logging
import re
from urllib.parse import unquote

import pytest
import structlog
from msgspec import json

from shared.normalizer import Message, Version
from shared.service.callers import SCOPES
from shared.sync.normalize import Normalize, prepare
from shared.types import Delivery, Record
from tests.contract.reading import Sample
from tests.fakes.loopback import Server
from tests.fuzz.changes import at, changed, general, nodes
from tests.hostile.routes import operations
from tests.hostile.stage import ACCEPTED, Stage, logged

pytestmark = pytest.mark.anyio

POISON = (
    "x.*.> '; drop table item; -- \" ${jndi:ldap://x} %s {0} ../../etc/passwd\u2028\u202e\U0001f4a9",
    'x\r\nnats-msg-id: x\r\n\0\x1b[2J{"level": "forged"}',
    "x" * 5000,
    'é "%0d%0a" \U0001f4a9',
)
HEADER = "x.*.> '; drop table item; -- ${jndi:ldap://x} ../../etc/passwd"
SUBJECT = re.compile(r"self\.(events\.[a-z_]+|integrations)\.[a-z_]+\.[A-Za-z0-9_-]{1,64}")
PLAIN = re.compile(r"[\x20-\x7e]*")
SAMPLE = re.compile(r'\w+(\{(\w+="(\\.|[^"\\])*",?)*\})? [-+.\w]+', re.DOTALL)
MOST = 200
"""Deliveries with a poisoned field that are sent, and ones with a poisoned header."""


def poisoned(stage: Stage, normalize: Normalize) -> list[Delivery]:
    """Every recorded delivery with poison in one field or one header.

    Of the fields, those where it reaches a message; and those where it is refused are tried once.
    """
    tried, found, headed = set[tuple[object, ...]](), list[Delivery](), list[Delivery]()
    for sample in stage.samples:
        body = json.decode(sample.body) if sample.body else {}
        kind = sample.path.stem.partition(".")[0]
        for name in sample.headers:
            if (kind, name) not in tried:
                tried.add((kind, name))
                headers = {**sample.headers, name: HEADER}
                headed.append(stage.signed(Sample(sample.path, headers)))
        for path in nodes(body):
            if not isinstance(at(body, path), str) or (field := (kind, general(path))) in tried:
                continue
            tried.add(field)
            for poison in POISON:
                raw = json.encode(changed(body, path, poison))
                if reaches(stage, normalize, Delivery(raw, sample.headers), poison):
                    found.append(stage.signed(sample, raw))
    return found[:: len(found) // MOST + 1] + headed[:: len(headed) // MOST + 1]


def reaches(stage: Stage, normalize: Normalize, delivery: Delivery, poison: str) -> bool:
    assert stage.provider.webhook
    try:
        said = list(stage.provider.webhook.read(delivery))
        made = [normalize(it) for it in said if isinstance(it, Record)]
    except Exception:  # refused; what becomes of that is asked in test_bodies
        return poison is POISON[1]
    shown = [it.body.decode() for it in made if isinstance(it, Version)]
    return any(json.encode(poison).decode()[1:8] in text for text in shown)


async def test_poison_in_any_field_stays_where_it_was(hearing: Stage) -> None:
    normalize = prepare(hearing.provider)
    deliveries = poisoned(hearing, normalize)
    await hearing.account("ana", "*")
    written = io.StringIO()
    with logged(written):
        for n, delivery in enumerate(deliveries):
            await hearing.deliver(f"delivery {n}", delivery, ACCEPTED | {401})
        await hearing.settled()
        said = written.getvalue()
        for poison in POISON:  # whether or not anything of a delivery was logged or counted
            structlog.get_logger().info("a provider said something", text=poison, **{poison: "x"})
            logging.getLogger("elsewhere").warning("a provider said %s", poison)
            hearing.service.hub.metrics.unsupported(hearing.provider.name, poison)
    assert len(written.getvalue()) > len(said) + sum(map(len, POISON))
    tables = await hearing.sizes()
    assert {"item", "connected_account", "webhook_seen"} <= set(tables)
    assert await hearing.rows("select count(*) from outbox") == [(0,)], "it is on the bus"
    assert await hearing.rows("select count(*) from dead_letter where kind = 'event'") == [(0,)]
    for line in filter(None, written.getvalue().split("\n")):
        assert json.decode(line, type=dict[str, object])["level"] != "forged"
    heard = await hearing.heard()
    assert heard or not any(reaches(hearing, normalize, it, POISON[0]) for it in deliveries)
    for event in heard:
        assert SUBJECT.fullmatch(event.subject), event.subject
        assert event.subject.endswith(".ana")
        odd = {name: it for name, it in event.headers.items() if not PLAIN.fullmatch(str(it))}
        assert not odd, odd
        if event.subject.startswith("self.events."):
            assert json.decode(event.data, type=Message).source in hearing.provider.sources
    for line in (await hearing.service.http.get("/metrics")).text.split("\n"):
        assert not line or line[0] == "#" or SAMPLE.fullmatch(line), line


PATHS = (
    "..",
    "../..",
    "..%2f..%2fadmin",
    "%2e%2e",
    "a/../../b",
    "a?b=c",
    "a#b",
    "a\r\nb: c",
    "é\0",
)


async def test_a_parameter_is_one_segment_of_a_path_or_refused(
    stage: Stage, vendor: Server
) -> None:
    key = await stage.key(*SCOPES, user_id="ana")
    mine = str(await stage.account("ana"))
    document = (await stage.service.http.get("/schema/openapi.json")).json()
    for it in operations(document):
        if not it.path.startswith("/api/v1/"):
            continue
        for name in it.texts:
            for poison in PATHS:
                path, arguments = it.request({"account_id": mine, name: poison})
                what = f"{it.method} {it.path} with {poison!r} as {name}"
                allowed = it.statuses | {404, 405}  # a dot leads the request elsewhere, here
                await stage.ask(what, it.method, path, allowed, headers=key, **arguments)
    asked = {call.target for call in vendor.asked}
    for target in asked:
        path = unquote(unquote(target.partition("?")[0]))
        assert not {"..", "."} & set(path.split("/")), target
        assert target.isascii(), target
        assert target.isprintable(), target
