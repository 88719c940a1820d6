"""Providers that are played on this machine: which there are, and how they begin."""

import asyncio
import os
import threading
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from shared.engines.process import ports
from shared.errors import Away, ConfigError

if TYPE_CHECKING:
    from shared.provider import Provider
    from shared.simulation import Simulation

PATIENCE = 30.0
"""Seconds that a simulator may take to listen."""
_REAL = ("POSTGRES_URL", "NATS_URL", "ENCRYPTION_KEYS", "PUBLIC_URL", "FLEET_URL", "FLEET_API_KEY")


class Played(Struct, frozen=True):
    """A provider that is played, and where."""

    provider: "Provider"
    simulation: "Simulation"
    url: str


def simulators() -> list[str]:
    """The services that can be played, by the name of their package."""
    services = Path(import_module("services").__path__[0])
    found = (path.parent.name for path in services.glob("*/provider.py"))
    return sorted(name for name in found if find_spec(f"services.{name}.simulator"))


def chosen(names: Sequence[str]) -> Sequence[str]:
    """Those named, or everybody who can be played. Raises ConfigError for others."""
    known = simulators()
    if odd := sorted(set(names) - set(known)):
        raise ConfigError(f"nobody plays {', '.join(odd)} here; there are {', '.join(known)}")
    return names or known


def play(port: int, secret: str, names: Sequence[str]) -> list[Played]:
    """Start these simulators, each on a thread of its own, and point the environment at them."""
    from shared.config.catalogue import providers  # noqa: PLC0415 - imports every provider
    from shared.http.roleplay import post  # noqa: PLC0415

    for name in _REAL:
        for variable in (name, f"{name}_FILE"):
            os.environ.pop(variable, None)
    os.environ.update(SERVICE_ENV="dev", LOG_LEVEL=os.environ.get("LOG_LEVEL") or "warning")
    known = {it.name.replace("-", "_"): it for it in providers()}
    played, free = list[Played](), ports(port + 100, fixed=True)
    for name in names:
        callback = f"http://localhost:{port}/{known[name].name}/webhook"
        made = import_module(f"services.{name}.simulator").app(post, callback, secret)
        url = f"http://127.0.0.1:{_listen(made, next(free))}"
        for variable in made.environment(url):
            os.environ.pop(f"{variable}_FILE", None)
        played.append(Played(known[name], made, url))
    return played


def _listen(simulation: "Simulation", port: int) -> int:
    from shared.service.server import Server  # noqa: PLC0415 - only servers pay for it

    heard = threading.Event()
    server = Server(simulation, "127.0.0.1", port, heard.set)
    threading.Thread(target=lambda: asyncio.run(server._serve()), daemon=True).start()
    if not heard.wait(PATIENCE):
        raise Away(f"a simulator does not listen on port {port}")
    return port
