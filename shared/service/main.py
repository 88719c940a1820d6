"""`python -m services.<name>`: one service on its own port, as a container runs it."""

import asyncio
import os
import signal
import sys
import threading

import structlog
from msgspec import json

from shared.config import load
from shared.config.load import database_url
from shared.errors import ConfigError
from shared.provider import Provider
from shared.service.fleet import serve
from shared.service.subscriber import bring_up_to_date
from shared.subscriber import Subscriber
from shared.telemetry import logs, traces

PARENT = "FLEET_PARENT"
"""The descriptor of a pipe that closes when the fleet is gone which started this service."""


def run(provider: Provider | Subscriber) -> None:
    """Serve until told to stop. `--check` only prints the effective settings, secrets masked;
    `--migrate` only brings a subscriber's own tables up to date.

    Exit codes: 0, or 78 when the configuration is not usable, with every problem on stderr.
    """
    try:
        if isinstance(provider, Subscriber) and "--migrate" in sys.argv[1:]:
            applied = asyncio.run(bring_up_to_date(provider, database_url(provider, os.environ)))
            sys.stdout.write(f"{', '.join(applied) or 'The tables are up to date.'}\n")
            return
        settings = load(provider, os.environ)
        if "--check" in sys.argv[1:]:
            text = json.format(json.encode(settings, enc_hook=repr), indent=2).decode()
            sys.stdout.write(text + "\n")
            return
        if PARENT in os.environ:
            threading.Thread(target=_follow, args=[int(os.environ[PARENT])], daemon=True).start()
        logs.configure(settings.service.log_level, json=not sys.stderr.isatty())
        traces.configure(settings.service.name)
        serve([(provider, settings)], "0.0.0.0", settings.service.port, mounted=False)  # noqa: S104 - a container listens on all of its addresses
    except ConfigError as error:
        structlog.get_logger().error("the configuration is not usable")
        for problem in error.problems:
            sys.stderr.write(f"{problem}\n")
        sys.exit(78)


def _follow(pipe: int) -> None:
    """End as if told to when the other end closes, however that came; nothing is ever written."""
    os.read(pipe, 1)
    os.kill(os.getpid(), signal.SIGTERM)
