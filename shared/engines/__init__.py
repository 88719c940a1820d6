"""The two engines, brought along: PostgreSQL and nats-server for a machine that has neither.

Everything they need is in `.fleet/`. A fleet that was killed leaves them running, and the next one
in the same directory adopts them.
"""

import base64
import secrets
from pathlib import Path
from typing import IO

from shared.engines import nats, postgres
from shared.engines.process import Engine, lock, private, undisturbed
from shared.errors import ConfigError

_KEYLESS = (
    "{0}/encryption_keys is gone, and without it nobody can read the tokens in {0}/postgres; "
    "put it back, or remove {0} to start anew"
)


class Running:
    """Both engines, answering. `stop()` ends them and gives the directory free."""

    def __init__(self, held: IO[str], database: Engine, bus: Engine, encryption_keys: str) -> None:
        self.postgres, self.nats = database, bus
        self.postgres_url, self.nats_url = database.url, bus.url
        self.encryption_keys = encryption_keys
        self._held = held

    def stop(self) -> None:
        """Stop NATS, then PostgreSQL; a second Ctrl-C does not cut it short."""
        with undisturbed():
            nats.stop(self.nats.process)
            postgres.stop(self.postgres.process)
            self._held.close()


def start(root: Path, *, durable: bool = True, fixed_ports: bool = True) -> Running:
    """Start or adopt both engines with their data in `root`/.fleet, and wait until they answer.

    `fixed_ports` tries 5432 and 4222 first; `durable=False` lets PostgreSQL skip fsync, for tests.
    Raises ConfigError in one sentence: the directory is in use, a program is missing or will not run.
    """
    fleet = root.resolve() / ".fleet"
    try:
        # Passable but not readable: the user that PostgreSQL runs as must reach its own folder.
        fleet.mkdir(mode=0o711, exist_ok=True)
        held = lock(fleet / "lock")
    except OSError as error:
        raise ConfigError(f"{fleet} cannot be used: {error.strerror}") from error
    try:
        keys = _keys(fleet)
        database = postgres.start(fleet, durable=durable, fixed_ports=fixed_ports)
        try:
            bus = nats.start(fleet, fixed_ports=fixed_ports)
        except BaseException:
            with undisturbed():
                postgres.stop(database.process)
            raise
    except OSError as error:
        held.close()
        raise ConfigError(f"{error.filename or fleet} cannot be used: {error.strerror}") from error
    except BaseException:
        held.close()
        raise
    return Running(held, database, bus, keys)


def _keys(fleet: Path) -> str:
    kept = fleet / "encryption_keys"
    if (fleet / "postgres").exists() and not kept.exists():
        raise ConfigError(_KEYLESS.format(fleet))
    return private(kept, new_key)


def new_key() -> str:
    """A key for ENCRYPTION_KEYS, numbered 1."""
    return "1:" + base64.b64encode(secrets.token_bytes(32)).decode()


__all__ = ["Running", "new_key", "start"]
