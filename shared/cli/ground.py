"""What services stand on: the two engines, the tables, and a key for whoever runs the fleet."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from shared import engines
from shared.cli.console import ident
from shared.cli.output import screen
from shared.engines import nats
from shared.engines.process import lock, private
from shared.errors import Away, ConfigError
from shared.service.callers import SCOPES, create_key
from shared.service.subscriber import bring_up_to_date
from shared.store import api_keys
from shared.store.database import Database
from shared.store.migrate import migrate
from shared.subscriber import Subscriber

if TYPE_CHECKING:
    from shared.cli.told import Service

KEY_DAYS = 90


class Ground(Struct, frozen=True):
    """What the services stand on."""

    postgres_url: str
    nats_url: str
    encryption_keys: str


@contextmanager
def ground(root: Path) -> Iterator[Ground]:
    """The engines that the environment names, or our own, stopped at the end."""
    given = {name: os.environ.get(name, "") for name in ("POSTGRES_URL", "NATS_URL")}
    keys = os.environ.get("ENCRYPTION_KEYS", "")
    if any(given.values()) and not all(given.values()):
        (lacking,) = (name for name, value in given.items() if not value)
        raise ConfigError(f"{lacking} is not set; set both POSTGRES_URL and NATS_URL, or neither")
    if all(given.values()):
        (root / ".fleet").mkdir(mode=0o711, exist_ok=True)
        with lock(root / ".fleet" / "lock"):
            keys = keys or private(root / ".fleet" / "encryption_keys", engines.new_key)
            info = nats.hello(given["NATS_URL"])
            screen.print(f"NATS {info.version} of NATS_URL")
            yield Ground(given["POSTGRES_URL"], given["NATS_URL"], keys)
        return
    running = engines.start(root)
    try:
        for engine in (running.postgres, running.nats):
            state = "was still running" if engine.adopted else "started"
            screen.print(f"{engine.title} {engine.version} {state}")
        yield Ground(running.postgres_url, running.nats_url, keys or running.encryption_keys)
    finally:
        running.stop()


async def prepare(it: Ground, killed: str, services: "Sequence[Service]" = ()) -> str:
    """Bring the tables up to date and return a key that may do everything, until the fleet stops.

    `killed` is the key that a killed fleet has left behind; it ends here.
    """

    db = Database(it.postgres_url, max_connections=2)
    version = await db.open()
    try:
        applied = await migrate(db)
        for one, settings in services:
            if isinstance(one, Subscriber):
                applied += await bring_up_to_date(one, settings.database.url.reveal())
        if applied:
            screen.print(f"Applied {', '.join(applied)}")
        if os.environ.get("POSTGRES_URL"):
            screen.print(f"PostgreSQL {version} of POSTGRES_URL")
        if killed:
            async with db.connection() as conn:
                await api_keys.revoke(conn, ident(killed))
        return await create_key(db, "fleet up", SCOPES, user_id=None, days=KEY_DAYS, env="dev")
    finally:
        await db.close()


async def revoke(it: Ground, key: str) -> None:
    """End the key of a fleet that has stopped; raises Away without a database."""

    db = Database(it.postgres_url, max_connections=2)
    try:
        await db.open(patience=5)
        async with db.connection() as conn:
            await api_keys.revoke(conn, ident(key))
    except ConfigError as error:
        raise Away(str(error)) from error
    finally:
        await db.close()
