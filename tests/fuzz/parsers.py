"""Whatever reads bytes that somebody else wrote, each as a function of bytes; atheris feeds them.

`python -m tests.fuzz.parsers <name> [libFuzzer's own options]` fuzzes one until it breaks or ends.
"""

import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from inspect import isfunction
from typing import Any

from shared.config.catalogue import providers
from shared.errors import Away, NotGenuine, Unreadable, UnsupportedEvent
from shared.http.answers import retry_after
from shared.provider import Provider
from shared.telemetry import traces
from shared.types import Delivery
from tests.contract.reading import ROOT, samples, signer

UNDERSTOOD = (Away, NotGenuine, Unreadable, UnsupportedEvent)
"""What a parser may raise."""

Parser = Callable[[bytes], object]


def own(provider: Provider) -> dict[str, Parser]:
    """What `tests/providers/<p>/parsers.py` says that the provider's code reads besides."""
    module = f"tests.providers.{provider.name}.parsers"
    found: dict[str, Parser] = import_module(module).PARSERS if find_spec(module) else {}
    return {f"{provider.name}-{name}": parser for name, parser in found.items()}


def signature(provider: Provider) -> Parser:
    """The proof of a delivery, and the delivery that it is said to prove."""
    its = signer(provider.name)
    assert provider.webhook
    webhook = getattr(its, "WEBHOOK", provider.webhook)

    @cache
    def good() -> dict[str, str]:
        found: dict[str, str] = its.sign(b"secret", b"", its.headers("x"))
        return found

    def read(data: bytes) -> object:
        proof, _, body = data.decode("latin-1").partition("\n")
        headers = {**good(), its.SIGNATURE: proof, "x-more": proof}
        return webhook.verify([b"secret"], Delivery(body.encode(), headers), its.NOW)

    return read


def delivery(provider: Provider) -> Parser:
    """A genuine delivery of the kind that the first byte chooses."""
    assert provider.webhook
    webhook, kinds = provider.webhook, [it.headers for it in samples(provider.name)]

    def read(data: bytes) -> object:
        it = Delivery(data[1:], kinds[data[0] % len(kinds) if data else 0])
        return webhook.delivery_id(it), list(webhook.read(it))

    return read


HEARING = [it for it in providers() if it.webhook]
PARSERS: dict[str, Parser] = {
    "traceparent": lambda data: traces.context_of(data.decode("latin-1")),
    "retry-after": lambda data: retry_after({"retry-after": data.decode("latin-1")}),
    **{f"{it.name}-signature": signature(it) for it in HEARING},
    **{f"{it.name}-delivery": delivery(it) for it in HEARING},
    **{name: parser for it in providers() for name, parser in own(it).items()},
}


def once(parser: Parser, data: bytes) -> None:
    """Read once; raises what nobody documented."""
    try:
        parser(data)
    except UNDERSTOOD:
        return


def main() -> None:
    """Hand one parser to atheris, which lives in the environment of the fuzzers."""
    sys.path += [str(it) for it in (ROOT / ".venv-fuzz").glob("lib/python3*/site-packages")]
    atheris: Any = import_module("atheris")
    name = sys.argv.pop(1)
    for module in [it for name, it in sys.modules.items() if name.startswith("services.")]:
        for function in vars(module).values():
            if isfunction(function) and function.__module__ == module.__name__:
                atheris.instrument_func(function)
    atheris.Setup(sys.argv, lambda data: once(PARSERS[name], data))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
