"""The providers that are here: every package with a `provider.py` in it, no list to keep."""

import importlib
from difflib import get_close_matches
from pathlib import Path

from shared.errors import ConfigError
from shared.provider import Provider


def providers(package: str = "services") -> tuple[Provider, ...]:
    """Every provider in the package, by name.

    Raises one ConfigError that names each module which cannot be imported or declares none.
    """
    root = importlib.import_module(package)
    folders = sorted(path.parent.name for path in Path(root.__path__[0]).glob("*/provider.py"))
    found: dict[str, Provider] = {}
    problems = []
    for folder in folders:
        module = f"{package}.{folder}.provider"
        try:
            one = getattr(importlib.import_module(module), "provider", None)
        except Exception as error:
            problems.append(f"{module} cannot be imported: {type(error).__name__}: {error}")
            continue
        if not isinstance(one, Provider):
            problems.append(f"{module} does not declare `provider`, a shared.provider.Provider")
        elif one.name in found:
            problems.append(f"{module} declares {one.name}, which another module has declared")
        else:
            found[one.name] = one
    if problems:
        raise ConfigError(*problems)
    return tuple(found[name] for name in sorted(found))


def one(name: str, package: str = "services") -> Provider:
    """The provider of that name; raises ConfigError with the nearest name for one nobody has."""
    found = {provider.name: provider for provider in providers(package)}
    if name in found:
        return found[name]
    near = get_close_matches(name, found, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(found) or 'none'}"
    raise ConfigError(f"there is no provider {name!r}; {hint}")
