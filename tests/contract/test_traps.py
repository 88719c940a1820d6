"""Traps that were measured once: what must not be written, whatever it is for."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.contract.test_architecture import (
    ROOT,
    Finder,
    Rule,
    calls,
    outside,
    product,
    sources,
    strings,
    tree_of,
)

TELLING = re.compile(r"(^|_)(token|secret|verifier|password|authorization)$|^(access|refresh)$")


NAMED = re.compile(r"sql\.SQL\([\w.]+\)\.format\((sql\.Identifier\(\w+\)(, )?)+\)")
"""A statement of ours in which only names of tables are filled in, quoted by the driver."""


def passing(name: str, *values: str) -> Finder:
    """Calls, and assignments to attributes, that give `name` one of these values."""

    def find(tree: ast.Module) -> Iterator[ast.AST]:
        for node in ast.walk(tree):
            given: list[tuple[str | None, ast.expr]] = []
            if isinstance(node, ast.Call):
                given = [(it.arg, it.value) for it in node.keywords]
            elif isinstance(node, ast.Assign):
                given = [(t.attr, node.value) for t in node.targets if isinstance(t, ast.Attribute)]
            if any(arg == name and ast.unparse(value) in values for arg, value in given):
                yield node

    return find


def unsafe_tls(tree: ast.Module) -> Iterator[ast.AST]:
    yield from passing("verify", "False")(tree)
    yield from passing("check_hostname", "False")(tree)
    yield from passing("verify_mode", "ssl.CERT_NONE", "CERT_NONE")(tree)
    yield from calls("_create_unverified_context")(tree)


def trusting_clients(tree: ast.Module) -> Iterator[ast.AST]:
    """HTTP clients that read proxies and credentials from the environment."""
    for node in calls("httpx.Client", "httpx.AsyncClient")(tree):
        assert isinstance(node, ast.Call)
        if not any(it.arg == "trust_env" for it in node.keywords):
            yield node


def composed_statements(tree: ast.Module) -> Iterator[ast.AST]:
    """SQL that is put together where it is executed."""
    for node in calls("execute", "executemany")(tree):
        assert isinstance(node, ast.Call)
        first = node.args[0] if node.args else None
        text = ast.unparse(first) if isinstance(first, ast.Call) else ""
        formatted = ".format(" in text and not NAMED.fullmatch(text)
        if isinstance(first, ast.JoinedStr | ast.BinOp) or formatted:
            yield node


def logged_secrets(tree: ast.Module) -> Iterator[ast.AST]:
    """Secrets by name, or revealed, among what is logged or said in an error."""
    for node in ast.walk(tree):
        spoken: list[ast.expr] = []
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("log.", "logger.")):
            spoken = [*node.args, *(it.value for it in node.keywords)]
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            spoken = [it for it in node.exc.args if isinstance(it, ast.JoinedStr)]
        for it in (part for expression in spoken for part in ast.walk(expression)):
            name = it.attr if isinstance(it, ast.Attribute) else getattr(it, "id", "")
            its_code = isinstance(it, ast.Attribute) and name == "code"
            if name == "reveal" or its_code or TELLING.search(name):
                yield node


def foreign_digits(tree: ast.Module) -> Iterator[ast.AST]:
    """Digits that may be of any script, for which `int` and a header's grammar differ."""
    for node in ast.walk(tree):
        if isinstance(
            node, ast.BoolOp | ast.Compare | ast.IfExp | ast.If | ast.Return | ast.Assign
        ):
            text = ast.unparse(node.test if isinstance(node, ast.If) else node)
            if re.search(r"\.is(digit|numeric|decimal)\(\)", text) and ".isascii()" not in text:
                yield node


def lacking(call: str, *names: str) -> Finder:
    """Calls that give none of these arguments, and pass on none that they were given."""

    def find(tree: ast.Module) -> Iterator[ast.AST]:
        for node in calls(call)(tree):
            assert isinstance(node, ast.Call)
            if not {it.arg for it in node.keywords} & {*names, None}:
                yield node

    return find


def attributes(*names: str) -> Finder:
    """Dotted names that end in one of these."""
    return lambda tree: (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and any(f".{ast.unparse(node)}".endswith(it) for it in names)
    )


def seconds(it: ast.expr) -> float:
    """A number that is written out, else nought."""
    found = ast.literal_eval(it) if isinstance(it, ast.Constant) else 0
    return float(found or 0)


def long_waits(tree: ast.Module) -> Iterator[ast.AST]:
    """Waiting for messages without saying how long, or for longer than five seconds."""
    for node in calls("fetch")(tree):
        assert isinstance(node, ast.Call)
        waits = [it.value for it in node.keywords if it.arg in ("timeout", None)]
        if not waits or any(seconds(it) > 5 for it in waits):
            yield node


TRAPS = [
    Rule(
        "no redirect is followed",
        "it leads a request, its token and its checks to another host",
        outside("shared/http/roleplay.py"),
        passing("follow_redirects", "True"),
        "shared/http/x.py",
        "client.get(url, follow_redirects=True)",
        "client.get(url, follow_redirects=False)",
    ),
    Rule(
        "TLS proves who answers",
        "else anybody on the way is the provider",
        product,
        unsafe_tls,
        "shared/http/x.py",
        "context.check_hostname = False",
        "context.check_hostname = True",
    ),
    Rule(
        "no client trusts the environment",
        "a proxy that is set there sees every request, and guards of addresses are walked around",
        product,
        trusting_clients,
        "shared/http/x.py",
        "httpx.AsyncClient(timeout=5)",
        "httpx.AsyncClient(timeout=5, trust_env=False)",
    ),
    Rule(
        "no statement is put together",
        "text of a provider becomes SQL",
        product,
        composed_statements,
        "shared/store/x.py",
        'conn.execute(f"update item set id = {ident}")',
        "conn.execute(_SQL.put, (ident,))",
    ),
    Rule(
        "no secret is logged or in an error",
        "a log is copied to places that nobody counts",
        product,
        logged_secrets,
        "shared/oauth/x.py",
        'log.info("refreshed", token=found.refresh_token)',
        'log.info("refreshed", account=account.id)',
    ),
    Rule(
        "nothing is pushed to us by NATS",
        "a slow subscriber is dropped, and pull_subscribe ignores another configuration in silence",
        # One reads once, and counts what it waits for; the other hears what it asked for itself.
        outside("shared/bus/search.py", "shared/bus/consumer.py"),
        calls("subscribe", "pull_subscribe", "subscribe_core"),
        "shared/bus/x.py",
        'await js.subscribe("self.>", cb=f)',
        "await js.pull_subscribe_bind(consumer=name, stream=NAME)",
    ),
    Rule(
        "nobody publishes into the dark",
        "futures of publish_async never end when the server is killed, and a plain publish is not acknowledged",
        outside("shared/bus/client.py", "shared/bus/consumer.py"),  # a batch; asking for messages
        calls("publish_async", "nc.publish", "_nc.publish"),
        "shared/bus/x.py",
        "await self._nc.publish(subject, body)",
        "await self._bus.publish(events)",
    ),
    Rule(
        "a publish expects no sequence",
        "the repetition of one that succeeded looks like a conflict, not like a duplicate",
        product,
        lambda tree: (n for n in strings(tree) if "Nats-Expected-Last" in str(n.value)),
        "shared/bus/x.py",
        'headers["Nats-Expected-Last-Subject-Sequence"] = "7"',
        'headers["Nats-Msg-Id"] = event.id',
    ),
    Rule(
        "a connection to NATS never gives up",
        "after sixty attempts it is closed for good, and nothing says so",
        lambda path: path.startswith("shared/bus/"),
        lacking("connect", "max_reconnect_attempts", "allow_reconnect"),
        "shared/bus/x.py",
        "await connect(url, name=name)",
        "await connect(url, name=name, max_reconnect_attempts=-1)",
    ),
    Rule(
        "nobody waits long for messages",
        "a wait over a restart of the server gets nothing until it ends, though messages are there",
        lambda path: path.startswith("shared/bus/"),
        long_waits,
        "shared/bus/x.py",
        "await pulled.fetch(100, timeout=30)",
        "await pulled.fetch(100, timeout=_WAIT)",
    ),
    Rule(
        "who works on messages acknowledges each",
        "other policies settle what nobody has dealt with",
        outside("shared/bus/search.py", "shared/bus/tail.py"),  # they look, and work on nothing
        attributes("AckPolicy.NONE", "AckPolicy.ALL"),
        "shared/bus/x.py",
        "ConsumerConfig(ack_policy=AckPolicy.ALL)",
        "ConsumerConfig(ack_policy=AckPolicy.EXPLICIT)",
    ),
    Rule(
        "addresses are judged in one place",
        "Python calls NAT64, 6to4 and others global that lead to private addresses",
        lambda path: path.startswith("shared/") and path != "shared/http/addresses.py",
        attributes(".is_global", ".is_private", ".is_link_local", ".is_reserved"),
        "shared/x.py",
        "if ip.is_global: fetch(ip)",
        "if public(address): fetch(address)",
    ),
    Rule(
        "signed tokens name their algorithms here",
        "else the token says itself how it is to be checked: not at all, or with the public key",
        product,
        lacking("jwt.decode", "algorithms", "certs"),
        "shared/oauth/x.py",
        "jwt.decode(token, keys)",
        "jwt.decode(token, keys, algorithms=ALGORITHMS)",
    ),
    Rule(
        "no lease lives in a key-value bucket",
        "a renewal without a time to live keeps it for ever, and no row is fenced by it",
        product,
        calls("key_value", "create_key_value"),
        "shared/bus/x.py",
        'kv = await js.key_value("leases")',
        'lease = await syncs.lease(conn, "me")',
    ),
    Rule(
        "digits are ASCII",
        "other scripts' digits pass isdigit(), and then int() or a parser says otherwise",
        outside("shared/engines/"),
        foreign_digits,
        "services/x/webhook.py",
        "if stamp.isdigit(): go(int(stamp))",
        "if stamp.isascii() and stamp.isdigit(): go(int(stamp))",
    ),
]


@pytest.mark.parametrize("trap", TRAPS, ids=lambda it: it.name)
def test_nobody_walks_into_it(trap: Rule) -> None:
    caught = [
        f"{path}:{getattr(node, 'lineno', 0)}"
        for path in sources()
        if trap.applies(path)
        for node in trap.find(tree_of(path))
    ]
    assert not caught, f"{trap.name}, because {trap.reason}: {', '.join(caught)}"


@pytest.mark.parametrize("trap", TRAPS, ids=lambda it: it.name)
def test_the_trap_is_seen(trap: Rule) -> None:
    assert trap.applies(trap.path)
    assert list(trap.find(ast.parse(trap.bad)))
    assert not list(trap.find(ast.parse(trap.good)))


SESSION_LOCK = re.compile(r"\bpg_(try_)?advisory_(lock|unlock)(_shared|_all)?\s*\(", re.IGNORECASE)


def test_no_lock_outlives_its_transaction() -> None:
    """A session's lock is left behind on a pooled connection, and means nothing behind a pooler.

    Migrations have a connection of their own and commit in between.
    """
    assert SESSION_LOCK.search("select pg_advisory_lock(1)")
    assert not SESSION_LOCK.search("select pg_advisory_xact_lock(1)")
    files = [*ROOT.glob("shared/**/*.sql"), *ROOT.glob("shared/**/*.py")]
    found = {path.name for path in files if SESSION_LOCK.search(path.read_text())}
    assert found <= {"migrate.sql"}


WRITTEN = re.compile(r"^\s*(\w*(?:body|payload|headers|_ct|raw))\s+(?!bytea\b)(\w+)", re.MULTILINE)


def test_what_others_wrote_is_kept_as_bytes() -> None:
    """Text and jsonb refuse NUL and lone surrogates, which providers do send."""
    assert WRITTEN.search("    body        jsonb not null,")
    assert not WRITTEN.search("    body        bytea not null,")
    files = ROOT.glob("shared/**/migrations/*.sql")
    assert not [it.groups() for file in files for it in WRITTEN.finditer(file.read_text())]
