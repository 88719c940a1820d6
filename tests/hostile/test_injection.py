"""Text of a provider is only text: in subjects, headers, statements, log lines, labels and paths."""

import io
import re
from urllib.parse import unquote

import pytest
from msgspec import json

from shared.normalizer import Message, Version
from shared.service.callers import SCOPES
from shared.sync.normalize import Normalize, prepare
from shared.types import Delivery, Record
from tests.fakes.loopback import Server
from tests.fuzz.changes import at, changed, general, nodes
from tests.hostile.routes import operations
from tests.hostile.stage import Stage, logged

pytestmark = pytest.mark.anyio

POISON = (
    "x.*.> '; drop table item; -- \" ${jndi:ldap://x} %s {0} ../../etc/passwd\u2028\u202e\U0001f4a9",
    'x\r\nnats-msg-id: x\r\n\0\x1b[2J{"level": "forged"}',
    "x" * 5000,
)
SUBJECT = re.compile(r"self\.(events\.[a-z_]+|integrations)\.[a-z_]+\.[A-Za-z0-9_-]{1,64}")
PLAIN = re.compile(r"[\x20-\x7e]*")
SAMPLE = re.compile(r'\w+(\{(\w+="(\\.|[^"\\])*",?)*\})? [-+.\w]+', re.DOTALL)
MOST = 400
"""Poisoned deliveries that are sent, of those that become something."""


def poisoned(stage: Stage, normalize: Normalize) -> list[Delivery]:
    """Every recorded delivery with poison in one field, where it reaches a message or a route."""
    assert stage.provider.webhook
    tried, found = set(), []
    for sample in stage.samples:
        body = json.decode(sample.body) if sample.body else {}
        kind = sample.path.stem.partition(".")[0]
        for path in nodes(body):
            if not isinstance(at(body, path), str) or (field := (kind, general(path))) in tried:
                continue
            tried.add(field)
            for poison in POISON:
                raw = json.encode(changed(body, path, poison))
                if reaches(stage, normalize, Delivery(raw, sample.headers), poison):
                    found.append(stage.signed(sample, raw))
    return found[:: len(found) // MOST + 1]


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
            sent = hearing.posted(delivery)
            await hearing.ask(f"delivery {n}", "POST", "/webhook", {200}, **sent)
        await hearing.settled()
    tables = await hearing.sizes()
    assert {"item", "connected_account", "webhook_seen"} <= set(tables)
    assert await hearing.rows("select count(*) from outbox") == [(0,)], "it is on the bus"
    assert await hearing.rows("select count(*) from dead_letter where kind = 'event'") == [(0,)]
    for line in filter(None, written.getvalue().split("\n")):
        assert json.decode(line, type=dict[str, object])["level"] != "forged"
    for event in await hearing.heard():
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
