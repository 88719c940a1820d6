"""Traps that were measured once: what must not be written, whatever it is for."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.contract.test_architecture import ROOT, Finder, Rule, calls, outside, product, sources

TELLING = re.compile(r"(^|_)(token|secret|verifier|password|authorization)$|^(access|refresh)$")


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
        formatted = isinstance(first, ast.Call) and ast.unparse(first.func).endswith(".format")
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
        outside("shared/bus/search.py"),  # it reads once, and counts what it waits for
        calls("subscribe", "pull_subscribe", "subscribe_core"),
        "shared/bus/x.py",
        'await js.subscribe("self.>", cb=f)',
        "await js.pull_subscribe_bind(consumer=name, stream=NAME)",
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
        for node in trap.find(ast.parse((ROOT / path).read_text()))
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
