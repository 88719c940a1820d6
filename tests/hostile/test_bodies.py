"""Whatever is sent to a webhook or to a route is answered, understood or refused, and forgotten."""

import asyncio
import gzip
import tracemalloc

import pytest

from shared.service.callers import SCOPES
from tests.contract.test_providers import HOSTILE
from tests.fakes.loopback import Server
from tests.fakes.simulated import until
from tests.hostile.routes import operations
from tests.hostile.stage import ACCEPTED, Stage

pytestmark = pytest.mark.anyio

TAKEN = ACCEPTED | {401, 413, 415}
BODIES = HOSTILE | {
    "every byte": bytes(range(256)) * 64,
    "duplicate keys": b'{"type": "a", "type": "b", "action": "c", "action": ["d"], "type": null}',
    "a 100,000-digit exponent": b'{"id": 1e' + b"9" * 100_000 + b"}",
    "minus zero and a huge negative": b'{"id": -0, "event_ts": -' + b"9" * 400 + b"}",
    "a million keys": b"{" + b",".join(b'"k%d":0' % n for n in range(50_000)) + b"}",
    "a form": b"payload=" + b"%00" * 1000,
    "line ends": b"\r\n" * 5000,
    "a zip bomb's looks": gzip.compress(bytes(10_000_000)),
}


async def test_genuine_but_hostile_bodies_become_letters_and_nothing_worse(hearing: Stage) -> None:
    sample, taken = hearing.samples[0], 0
    for name, body in BODIES.items():
        answer = await hearing.deliver(name, hearing.signed(sample, body), TAKEN)
        taken += answer.is_success
    # Where a part of the proof stands in the body, no such body is genuine, and none is taken.
    assert not taken or taken > len(BODIES) / 2
    await hearing.settled()
    letters = await hearing.rows("select count(*), count(distinct body) from dead_letter")
    assert taken / 2 <= letters[0][1] <= letters[0][0] <= taken, "each is given up on once"
    assert await hearing.rows("select count(*) from outbox") == [(0,)]
    await hearing.ask("afterwards", "GET", "/health/ready", {200})


LARGE = b"x" * 1_000_000


async def test_what_nobody_signed_leaves_nothing_behind(hearing: Stage) -> None:
    before, tasks = await hearing.sizes(), len(asyncio.all_tasks())
    for name, body in {**BODIES, "large": LARGE}.items():
        await hearing.ask(name, "POST", "/webhook", TAKEN - ACCEPTED, content=body)
    tracemalloc.start()
    for _ in range(32):
        await hearing.ask("large", "POST", "/webhook", TAKEN - ACCEPTED, content=LARGE)
    grown = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert grown < 8 << 20, f"{grown} bytes of growth"
    assert await hearing.sizes() == before
    await until(lambda: len(asyncio.all_tasks()) <= tasks)


async def test_a_body_is_as_long_as_it_may_be_and_no_longer(hearing: Stage) -> None:
    assert hearing.provider.webhook
    limit = hearing.provider.webhook.max_body
    before = await hearing.sizes()
    long = b"x" * (limit + 1)
    stated = b"POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(long)
    pieces = [b"POST /webhook HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"]
    pieces += [b"%x\r\n%b\r\n" % (65_536, long[:65_536])] * (limit // 65_536 + 1)
    for name, sent in (("stated", stated + long), ("chunked", b"".join(pieces))):
        # Who goes on sending may find the connection closed before the answer is read: status 0.
        hearing.judge(name, *await hearing.raw(sent), {413, 0})
    assert await hearing.sizes() == before


HEAD = b"POST /webhook HTTP/1.1\r\nhost: x\r\n"
ODD: dict[str, bytes] = {
    "a negative length": HEAD + b"content-length: -1\r\n\r\n",
    "a length of letters": HEAD + b"content-length: abc\r\n\r\n",
    "a length in other digits": HEAD + "content-length: \u0661\r\n\r\n".encode(),
    "a length of twenty digits": HEAD + b"content-length: 99999999999999999999\r\n\r\n",
    "two lengths": HEAD + b"content-length: 1\r\ncontent-length: 2\r\n\r\nab",
    "a length and chunks": HEAD
    + b"content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk of no size": HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n\r\n",
    "a name that is folded": HEAD + b"x: a\r\n b\r\ncontent-length: 0\r\n\r\n",
    "NUL in a header": HEAD + b"x: a\0b\r\ncontent-length: 0\r\n\r\n",
    "a header of 1 MB": HEAD + b"x: " + b"a" * (1 << 20) + b"\r\ncontent-length: 0\r\n\r\n",
    "20,000 headers": HEAD + b"x: a\r\n" * 20_000 + b"content-length: 0\r\n\r\n",
    "no HTTP at all": bytes(range(256)) + b"\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a method of tomorrow": b"BREW /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n",
    "a path out of here": b"GET /../../etc/passwd HTTP/1.1\r\nhost: x\r\n\r\n",
    "an encoded path out of here": b"GET /%2e%2e/%00/%c0%af HTTP/1.1\r\nhost: x\r\n\r\n",
    "a path that is not UTF-8": b"GET /accounts/\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n",
    "a path of 60 kB": b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
    "an upgrade": b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: eA==\r\n\r\n",
    "a query of markup": b"GET /oauth/callback?error=<script>&state=%00&code=%ff HTTP/1.1\r\nhost: x\r\n\r\n",
}


async def test_odd_http_is_closed_or_refused(stage: Stage) -> None:
    """What is not HTTP at all is told so in a line; what is gets the answer of every error."""
    before = await stage.sizes()
    for name, sent in ODD.items():
        status, headers, body = await stage.raw(sent)
        if status >= 500:
            stage.wrong.append(f"{name}: {status} {body[:100]!r}")
        if b"<script>" in body:
            stage.wrong.append(f"{name}: what was sent is shown")
        plain = headers.get("content-type", "").startswith(("text/", "application/json"))
        if status >= 400 and not plain:
            stage.judge(name, status, headers, body, {400, 401, 404, 405})
    assert await stage.sizes() == before
    await stage.ask("afterwards", "GET", "/health", {200})


KINDS = ("application/json", "application/json; charset=utf-16", "text/html", "multipart/form-data")
WELL_FORMED = ("empty", "null", "an empty object")
WISHES = {name: body for name, body in BODIES.items() if name not in WELL_FORMED} | {
    "nested in a field": b'{"user_id": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "NUL in a field": b'{"user_id": "a\\u0000b", "access_token": "\\u0000"}',
    "line ends in a field": b'{"user_id": "ana\\r\\nx: y"}',
    "a path in a field": b'{"user_id": "../../ana", "account_id": "../x"}',
}


async def test_hostile_bodies_to_every_route_are_the_senders_to_mend(stage: Stage) -> None:
    document = (await stage.service.http.get("/schema/openapi.json")).json()
    writing = [it for it in operations(document) if "requestBody" in it.said]
    key = await stage.key(*SCOPES, user_id="ana")
    await stage.account("ana")
    before = await stage.sizes()
    for it in writing:
        path, arguments = it.request()
        del arguments["json"]
        for name, body in WISHES.items():
            what = f"{it.method} {it.path} with {name}"
            headers = {**key, "content-type": KINDS[len(name) % len(KINDS)]}
            arguments |= {"headers": headers, "content": body}
            await stage.ask(what, it.method, path, {400, 413}, **arguments)
    after = await stage.sizes()
    assert {name for name in after if after[name] > before.get(name, 0)} <= {"rate_bucket"}


TOKENS = {
    "line ends": "a\r\nx-more: yes",
    "NUL": "a\0b",
    "not ASCII": "tök€n",
    "a space": "a b",
    "900 kB": "a" * 900_000,
}


async def test_a_token_that_fits_in_no_header_is_not_tried(stage: Stage, vendor: Server) -> None:
    key = await stage.key(*SCOPES, user_id="ana")
    for name, token in TOKENS.items():
        for field in ("access_token", "refresh_token"):
            body = {"access_token": "a", field: token}
            await stage.ask(name, "POST", "/accounts", {400}, headers=key, json=body)
    assert vendor.asked == []


NUMBERS = (-(10**30), -(2**63) - 1, -1, 0, 2**31, 2**63, 10**30)


async def test_a_number_that_no_column_holds_is_the_senders_to_mend(
    stage: Stage, vendor: Server
) -> None:
    key, mine = await stage.key(*SCOPES, user_id="ana"), str(await stage.account("ana"))
    document = (await stage.service.http.get("/schema/openapi.json")).json()
    tried = 0
    for it in operations(document):
        for name in it.numbers:
            for number in NUMBERS:
                path, arguments = it.request({"account_id": mine, name: number})
                what = f"{it.method} {it.path} with {number} as {name}"
                await stage.ask(what, it.method, path, it.statuses, headers=key, **arguments)
                tried += 1
    assert tried >= len(NUMBERS)
