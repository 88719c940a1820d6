"""The services that are here: every package with a `provider.py` or `subscriber.py`, no list to keep."""

import importlib
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from shared.errors import ConfigError
from shared.provider import Provider
from shared.subscriber import Subscriber

T = TypeVar("T", Provider, Subscriber)
S = TypeVar("S", Provider, Provider | Subscriber)


def providers(package: str = "services") -> tuple[Provider, ...]:
    """Every provider in the package, by name.

    Raises one ConfigError that names each module which cannot be imported or declares none.
    """
    return _declared(package, "provider", Provider)


def subscribers(package: str = "services") -> tuple[Subscriber, ...]:
    """Every service that reads the stream, found in the same way: by its `subscriber.py`."""
    return _declared(package, "subscriber", Subscriber)


def _declared(package: str, word: str, kind: type[T]) -> tuple[T, ...]:
    root = importlib.import_module(package)
    folders = sorted(path.parent.name for path in Path(root.__path__[0]).glob(f"*/{word}.py"))
    found: dict[str, T] = {}
    problems = []
    for folder in folders:
        module = f"{package}.{folder}.{word}"
        try:
            one = getattr(importlib.import_module(module), word, None)
        except Exception as error:
            problems.append(f"{module} cannot be imported: {type(error).__name__}: {error}")
            continue
        if not isinstance(one, kind):
            problems.append(f"{module} does not declare `{word}`, a shared.{word}.{kind.__name__}")
        elif one.name in found:
            problems.append(f"{module} declares {one.name}, which another module has declared")
        else:
            found[one.name] = one
    if problems:
        raise ConfigError(*problems)
    return tuple(found[name] for name in sorted(found))


def one(name: str, package: str = "services") -> Provider:
    """The provider of that name; raises ConfigError with the nearest name for one nobody has."""
    return _named(name, providers(package))


def service(name: str, package: str = "services") -> Provider | Subscriber:
    """The same, of every service."""
    everything: list[Provider | Subscriber] = [*providers(package), *subscribers(package)]
    return _named(name, everything)


def _named(name: str, services: Sequence[S]) -> S:
    found = {service.name: service for service in services}
    if name in found:
        return found[name]
    near = get_close_matches(name, found, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(found) or 'none'}"
    raise ConfigError(f"there is no provider {name!r}; {hint}")
