"""`fleet up --processes`: one process and one port for each service, as in the real topology."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import urlopen

from msgspec import Struct

from shared.engines.process import ports, wait_until
from shared.errors import ConfigError, HubError
from shared.service.main import PARENT

if TYPE_CHECKING:
    from shared.config import Settings
    from shared.provider import Provider
    from shared.subscriber import Subscriber

PATIENCE = 60.0
"""Seconds until every service has to answer: starting is work for the processor, and they all start."""

FREED = 10.0
"""Seconds that services of a killed fleet may take to give their ports free."""

DRAIN = 40.0
"""Seconds that a service gets to finish what it is doing."""


class Line(Struct, frozen=True):
    """A service that has started."""

    name: str
    url: str
    missing: tuple[str, ...]


def supervise(
    services: "Sequence[tuple[Provider | Subscriber, Settings]]",
    ready: Callable[[Sequence[Line]], None],
) -> None:
    """Run each service as `python -m services.<name>` until this process is interrupted.

    When one ends by itself the others are stopped too; raises HubError that names it. When this
    process is killed they end by themselves, which the next fleet waits for. Raises ConfigError for
    a port that is in use.
    """
    children: dict[str, subprocess.Popen[bytes]] = {}
    for provider, settings in services:
        port = settings.service.port
        if not wait_until(lambda port=port: next(ports(port, fixed=True), 0) == port, FREED):  # type: ignore[misc]  # bound at once
            raise ConfigError(f"port {port} of {provider.name} is in use")
    following, held = os.pipe()
    try:
        for provider, settings in services:
            module = f"services.{provider.name.replace('-', '_')}"
            children[provider.name] = subprocess.Popen(  # noqa: S603 - this interpreter, our module
                [sys.executable, "-m", module],
                env={**os.environ, **_environment(settings), PARENT: str(following)},
                pass_fds=[following],
                start_new_session=True,  # Ctrl-C comes to them from here, once
            )
        lines = [
            Line(provider.name, f"http://localhost:{settings.service.port}", settings.missing())
            for provider, settings in services
        ]
        deadline = time.monotonic() + PATIENCE
        for line in lines:
            while not _healthy(line.url):
                _all_run(children)
                if time.monotonic() > deadline:
                    raise HubError(f"{line.name} did not answer at {line.url} in {PATIENCE:g} s")
                time.sleep(0.1)
        ready(lines)
        while True:
            _all_run(children)
            time.sleep(0.5)
    finally:
        _stop(list(children.values()))
        os.close(following)
        os.close(held)


def _environment(settings: "Settings") -> Mapping[str, str]:
    service = settings.service
    return {
        "SERVICE_PORT": str(service.port),
        "METRICS_PORT": str(service.metrics_port or ""),
        "SERVICE_NAME": service.name,
        "SERVICE_ENV": service.env,
        "PUBLIC_URL": service.public_url,
        "POSTGRES_URL": settings.database.url.reveal(),
        "NATS_URL": settings.nats.url.reveal(),
        "ENCRYPTION_KEYS": settings.encryption_keys.reveal(),
    }


def _healthy(url: str) -> bool:
    with suppress(URLError, OSError), urlopen(f"{url}/health", timeout=2) as answer:  # noqa: S310 - our own address
        return bool(answer.status == 200)
    return False


def _all_run(children: Mapping[str, subprocess.Popen[Any]]) -> None:
    for name, child in children.items():
        if child.poll() is not None:
            raise HubError(f"{name} has ended with code {child.returncode}; the others are stopped")


def _stop(children: Sequence[subprocess.Popen[bytes]]) -> None:
    before = [signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)]
    for child in children:
        child.terminate()
    deadline = time.monotonic() + DRAIN
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
        signal.signal(number, handler)
