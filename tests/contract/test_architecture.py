"""The rules of the house, read from the syntax tree; each has its reason and a sample that breaks it."""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from msgspec import Struct

ROOT = Path(__file__).parents[2]
UNMISTAKABLE = {"github", "gitlab", "slack", "google", "gmail", "microsoft", "outlook", "discord"}
UNMISTAKABLE |= {"onedrive", "dropbox", "obsidian", "jira", "atlassian", "figma", "linkedin"}
"""Names that mean a provider wherever they stand; the other providers' are also ordinary words."""
PROVIDERS = frozenset(path.parent.name for path in ROOT.glob("services/*/provider.py"))
SQL = re.compile(
    r"^\s*select\b.+\bfrom\b|\binsert\s+into\s+\w|\bupdate\s+\w+\s+set\b|\bdelete\s+from\s+\w"
    r"|\b(create|alter|drop)\s+(unlogged\s+|temp\w*\s+)?(table|index|function|schema|type)\b"
    r"|\bcopy\s+\w.*\bfrom\s+stdin|\bpg_\w+\s*\(|^\s*set\s+local\b",
    re.IGNORECASE | re.DOTALL,
)
MAC = re.compile(r"digest|signature|hmac|expected|\bmac\b", re.IGNORECASE)

Finder = Callable[[ast.Module], Iterator[ast.AST]]


class Rule(Struct, frozen=True):
    """What must not be written where, and why; `bad` at `path` is caught and `good` is not."""

    name: str
    reason: str
    applies: Callable[[str], bool]
    find: Finder
    path: str
    bad: str
    good: str


def shared(path: str) -> bool:
    return path.startswith("shared/")


def product(path: str) -> bool:
    return path.startswith(("shared/", "services/"))


def outside(*prefixes: str) -> Callable[[str], bool]:
    return lambda path: product(path) and not path.startswith(prefixes)


def webhooks(path: str) -> bool:
    return path.startswith("shared/webhook/") or path.endswith("/webhook.py")


def strings(tree: ast.Module) -> Iterator[ast.Constant]:
    """Every string that is not a docstring or an attribute's."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node


def provider_names(tree: ast.Module) -> Iterator[ast.AST]:
    for node in strings(tree):
        words = set(re.split(r"[^a-z]+", str(node.value).lower()))
        if words & UNMISTAKABLE or node.value in PROVIDERS:
            yield node


def statements(tree: ast.Module) -> Iterator[ast.AST]:
    return (node for node in strings(tree) if SQL.search(str(node.value)))


def imports(*packages: str) -> Finder:
    """Imports of these packages at run time; for the type checker alone they are free."""

    def find(tree: ast.Module) -> Iterator[ast.AST]:
        for node in runtime(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            if any(name.split(".")[0] in packages for name in names):
                yield node

    return find


def runtime(node: ast.AST) -> Iterator[ast.AST]:
    """Every node that is not under `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield child
            yield from runtime(child)


def calls(*names: str, bare: bool = False) -> Finder:
    """Calls of these dotted names, or of anything that ends in them; `bare`: without arguments."""

    def find(tree: ast.Module) -> Iterator[ast.AST]:
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or (bare and (node.args or node.keywords)):
                continue
            called = ast.unparse(node.func)
            if any(called == name or called.endswith("." + name) for name in names):
                yield node

    return find


def bare_excepts(tree: ast.Module) -> Iterator[ast.AST]:
    return (n for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler) and n.type is None)


def equal_macs(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(
            isinstance(operator, ast.Eq | ast.NotEq) for operator in node.ops
        ):
            sides = [node.left, *node.comparators]
            if any(MAC.search(ast.unparse(s)) for s in sides if not isinstance(s, ast.Constant)):
                yield node


def publishing(tree: ast.Module) -> Iterator[ast.AST]:
    """Every call of a publish function but the ledger's, which fills the outbox."""
    for node in calls("publish", "publish_async")(tree):
        if not ast.unparse(node).startswith("ledger."):
            yield node


def subjects(tree: ast.Module) -> Iterator[ast.AST]:
    return (n for n in strings(tree) if str(n.value).startswith(("self.events", "self.integra")))


RULES = [
    Rule(
        "no provider name in shared",
        "deleting a provider's folder must leave everything else as it is",
        shared,
        provider_names,
        "shared/x.py",
        'if name == "github": pass',
        '"""As github does."""\nif name == "other": pass',
    ),
    Rule(
        "SQL lives in .sql files",
        "a statement is reviewed, named and promised something in one place",
        product,
        statements,
        "shared/store/x.py",
        'run("delete from outbox where id = %s")',
        'help = "Select an account"',
    ),
    Rule(
        "psycopg only in shared/store",
        "the rest knows one word for a database that does not answer: Away",
        outside("shared/store/"),
        imports("psycopg", "psycopg_pool"),
        "shared/service/x.py",
        "from psycopg import sql",
        "from shared.store import sql",
    ),
    Rule(
        "nats only in shared/bus",
        "settings and subjects are asserted in one place",
        outside("shared/bus/"),
        imports("nats"),
        "shared/service/x.py",
        "import nats.js",
        "from shared.bus import nats",
    ),
    Rule(
        "httpx only in shared/http and the OAuth protocol",
        "deadlines, redirects and error mapping are decided once",
        outside("shared/http/", "shared/oauth/protocol.py"),
        imports("httpx", "requests", "urllib3", "aiohttp"),
        "services/x/sync.py",
        "import httpx",
        "if TYPE_CHECKING:\n    import httpx",
    ),
    Rule(
        "no print outside the command line",
        "a service speaks through its log, which has a shape and hides secrets",
        outside("shared/cli/"),
        calls("print"),
        "shared/x.py",
        "print(token)",
        "log.info('printed')",
    ),
    Rule(
        "no bare except",
        "it also swallows cancellation, and then a task never ends",
        product,
        bare_excepts,
        "shared/x.py",
        "try:\n    go()\nexcept:\n    pass",
        "try:\n    go()\nexcept ValueError:\n    pass",
    ),
    Rule(
        "no naive times",
        "a time without a zone is a different moment on every machine",
        product,
        lambda tree: (
            node
            for find in (
                calls("datetime.now", "datetime.today", bare=True),
                calls("datetime.utcnow", "datetime.utcfromtimestamp"),
            )
            for node in find(tree)
        ),
        "shared/x.py",
        "at = datetime.now()",
        "at = datetime.now(UTC)",
    ),
    Rule(
        "no time.sleep",
        "it stops every account that shares the event loop",
        outside("shared/engines/", "shared/cli/"),
        calls("time.sleep"),
        "shared/x.py",
        "time.sleep(1)",
        "await asyncio.sleep(1)",
    ),
    Rule(
        "no json of the standard library",
        "it takes NaN and lone surrogates, and answers deep nesting with RecursionError",
        product,
        imports("json", "simplejson", "orjson"),
        "services/x/webhook.py",
        "import json",
        "from msgspec import json",
    ),
    Rule(
        "signatures are not compared with ==",
        "the time it takes tells how much of a guess was right",
        webhooks,
        equal_macs,
        "services/x/webhook.py",
        "if given != expected_digest: raise E",
        "if len(given) != 64 or not hmac.compare_digest(a, b): raise E",
    ),
    Rule(
        "subjects are made in one place",
        "a token of a subject is checked where it is written, or a provider writes wildcards",
        outside("shared/bus/", "shared/normalizer/cloudevents.py"),
        subjects,
        "shared/service/x.py",
        'subject = f"self.events.{type}.{source}.{user}"',
        "subject = event_subject(type, source, user)",
    ),
    Rule(
        "only the relay publishes",
        "what is published outside of it is in no outbox, and lost by a crash",
        outside("shared/bus/", "shared/service/relay.py"),
        publishing,
        "services/x/sync.py",
        "await js.publish(subject, body)",
        "await ledger.publish(conn, users, items)",
    ),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_rule_is_kept(rule: Rule) -> None:
    broken = [
        f"{path}:{getattr(node, 'lineno', 0)}"
        for path in sources()
        if rule.applies(path)
        for node in rule.find(tree_of(path))
    ]
    assert not broken, f"{rule.name}, because {rule.reason}: {', '.join(broken)}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_rule_has_teeth(rule: Rule) -> None:
    assert rule.applies(rule.path)
    assert list(rule.find(ast.parse(rule.bad)))
    assert not list(rule.find(ast.parse(rule.good)))


def test_no_module_of_a_service_is_named_like_one_of_python() -> None:
    assert not shadows(["services/x/provider.py", "services/x/__main__.py"])
    assert shadows(["services/x/types.py"]) == ["services/x/types.py"]
    assert not shadows(sources()), "run from inside the folder, it would replace Python's own"


def test_every_package_has_its_init_file() -> None:
    """A misspelt one makes a namespace package, which nobody notices until it is installed."""
    folders = {Path(path).parent for path in sources()}
    folders |= {parent for folder in folders for parent in folder.parents if parent != Path()}
    assert not [str(folder) for folder in folders if not (ROOT / folder / "__init__.py").is_file()]


def test_no_file_outgrows_a_reader() -> None:
    assert too_long("shared/x.py", 251)
    assert too_long("services/x/sync.py", 151)
    sizes = {path: len((ROOT / path).read_text().splitlines()) for path in sources()}
    assert not {path: lines for path, lines in sizes.items() if too_long(path, lines)}


def test_there_is_something_to_read() -> None:
    assert {"shared/errors.py", "services/__init__.py"} <= set(sources())


def sources() -> list[str]:
    """Every Python file of the product, relative to the root."""
    files = (file for part in ("shared", "services") for file in ROOT.glob(f"{part}/**/*.py"))
    return sorted(file.relative_to(ROOT).as_posix() for file in files)


@cache
def tree_of(path: str) -> ast.Module:
    """A source, parsed once for all rules."""
    return ast.parse((ROOT / path).read_text())


def shadows(paths: list[str]) -> list[str]:
    """The modules inside a service's folder that have the name of a standard module."""
    inside = (path for path in paths if re.match(r"services/\w+/", path))
    return [path for path in inside if Path(path).stem in sys.stdlib_module_names]


def too_long(path: str, lines: int) -> bool:
    """250 lines in shared, 150 in a service."""
    return lines > (250 if shared(path) else 150)
