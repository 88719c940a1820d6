"""Whoever serves a caller asks the store for that caller's rows: read from the syntax tree and the SQL."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.store.sql import load
from tests.contract.test_architecture import ROOT

OWNED = {
    "accounts.get": ("accounts", "one"),
    "accounts.list_": ("accounts", "page"),
    "accounts.set_sync": ("accounts", "set_sync"),
    "deletion.begin": ("accounts", "begin_deletion"),
    "runs.get": ("runs", "get"),
    "subscriptions.of_provider": ("subscriptions", "of_provider"),
}
"""What gives rows to a user: the statement behind it keeps to the user that it is given."""

FOUND = {
    "names.of_account",
    "runs.start_run",
    "subscriptions.of_account",
    "syncs.tell",
    "syncs.told",
}
"""What takes the account for granted: the function that calls it has found it for the user before."""

OTHERS = {
    "api_keys.add": "an operator's command",
    "api_keys.live": "finds out who the caller is",
    "api_keys.used": "finds out who the caller is",
    "audit.write": "writes, and shows nothing",
    "dead.letters": "for operators: behind the scope admin",
    "dead.replay_webhook": "for operators: behind the scope admin",
    "dead.take": "for operators: behind the scope admin",
    "flows.add": "writes, and shows nothing",
    "flows.open_": "the one-time link is the proof",
    "ledger.lock_accounts": "for operators: behind the scope admin",
    "ledger.publish": "for operators: behind the scope admin",
    "ledger.write": "for operators: behind the scope admin",
    "tables.find": "for operators: behind the scope admin",
}
MACHINE = {"entrusted", "fleet", "hub", "loops", "main", "relay", "server", "worker"}
"""Modules of the service that act for nobody."""

SERVING = sorted(it for it in ROOT.glob("shared/service/**/*.py") if it.stem not in MACHINE)
ASKS = {"user_of", "owner_of"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def stores(tree: ast.Module) -> set[str]:
    """What a module calls the modules that hold rows, and the way to delete an account."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in ("shared.store", "shared.oauth"):
            found |= {it.asname or it.name for it in node.names}
    return found - {"flow", "protocol", "events", "database"}


def calls(tree: ast.Module) -> Iterator[tuple[Function, ast.Call, str]]:
    """Each call of the store, by `module.function`, and the outermost function that it stands in."""
    known = stores(tree)
    outermost = [it for it in tree.body if isinstance(it, Function)]
    for each in (it for it in tree.body if isinstance(it, ast.ClassDef)):
        outermost += [it for it in each.body if isinstance(it, Function)]
    for function in outermost:
        for node in ast.walk(function):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id in known and node.func.attr.islower():
                yield function, node, f"{owner.id}.{node.func.attr}"


def callers_own(function: Function) -> set[str]:
    """The names that hold, in a function, whom the caller may speak for."""
    own = set(ASKS)
    for node in ast.walk(function):
        if isinstance(node, ast.For | ast.AsyncFor):
            target: ast.expr = node.target
            value: ast.expr = node.iter
        elif isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
        else:
            continue
        pairs = [(target, value)]
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            pairs = list(zip(target.elts, value.elts, strict=True))
        own |= {to.id for to, it in pairs if isinstance(to, ast.Name) and words(it) & own}
    return own


def words(node: ast.AST) -> set[str]:
    """Every name in an expression; `session.who` is who the person at the browser is."""
    names = {it.id for it in ast.walk(node) if isinstance(it, ast.Name)}
    who = any(isinstance(it, ast.Attribute) and it.attr == "who" for it in ast.walk(node))
    return names | (ASKS if who else set())


def problems(text: str) -> list[str]:
    """What a serving module asks of the store without saying for whom."""
    found = []
    for function, call, name in calls(ast.parse(text)):
        given = [*call.args, *(it.value for it in call.keywords)]
        if name in OWNED:
            if not any(words(it) & callers_own(function) for it in given):
                found.append(f"{name} in {function.name} is not asked for the caller's user")
        elif name in FOUND:
            before = words(function)
            asked = {other for at, _, other in calls(ast.parse(text)) if at.name == function.name}
            if "_account" not in before and not asked & set(OWNED):
                found.append(f"{name} in {function.name} takes an account that was not looked up")
        elif name not in OTHERS:
            found.append(f"{name} in {function.name} is new: say here whose rows it gives")
    return found


@pytest.mark.parametrize("path", SERVING, ids=lambda it: str(it.relative_to(ROOT)))
def test_rows_are_asked_for_the_callers_user(path: Path) -> None:
    assert problems(path.read_text("utf-8")) == []


@pytest.mark.parametrize(("file", "statement"), sorted(OWNED.values()))
def test_the_statement_keeps_to_the_user(file: str, statement: str) -> None:
    text = getattr(load(file), statement)
    assert re.search(r"%\(user_id\)s::text is null or (a\.)?user_id = %\(user_id\)s", text)


@pytest.mark.parametrize(
    "bad",
    [
        "await accounts.list_(conn, name, user_id=None)",
        "await accounts.get(conn, name, account_id)",
        "await subscriptions.of_account(conn, account_id)",
        "await accounts.everybody(conn)",
    ],
)
def test_what_forgets_the_user_is_caught(bad: str) -> None:
    head = (
        "from shared.store import accounts, subscriptions\nasync def route(conn, name, account_id):"
    )
    assert len(problems(f"{head}\n    {bad}\n")) == 1
    good = (
        "    owner = owner_of(caller, None)\n    await accounts.get(conn, name, account_id, owner)"
    )
    assert problems(f"{head}\n{good}\n") == []
