"""The stream that carries everything, made once and compared at every start.

The settings are those that lost nothing when they were tried: file storage, `discard: new` (a full
stream says so instead of dropping the oldest), a two-hour window against duplicates.
"""

from typing import Any

import nats.errors
from msgspec import json
from nats.aio.client import Client

from shared.bus.nkey import reader
from shared.errors import Away, ConfigError

NAME = "SELF_EVENTS"
ADVISORIES = "SELF_DLQ_ADVISORY"

_NS = 1_000_000_000
_OLDEST = (2, 12)
"""nats-server 2.12: the first release with atomic batches."""

FIXED: dict[str, dict[str, Any]] = {
    NAME: {
        "subjects": ["self.events.>", "self.integrations.>"],
        "storage": "file",
        "retention": "limits",
        "discard": "new",
        "max_age": 7 * 86_400 * _NS,
        "max_msg_size": 524_288,
        "duplicate_window": 7_200 * _NS,
        "compression": "s2",
        "allow_atomic": True,
        "deny_delete": False,
        "deny_purge": False,
    },
    ADVISORIES: {
        "subjects": [
            "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>",
            "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>",
        ],
        "storage": "file",
        "retention": "limits",
        "discard": "old",
        "max_age": 30 * 86_400 * _NS,
        "max_bytes": 64 * 1024 * 1024,
    },
}
"""What each stream must look like; a server that has it otherwise keeps the service from starting."""


async def provision(nc: Client, *, replicas: int, max_bytes: int) -> None:
    """Create the streams where they are missing; a ConfigError prints every setting that differs."""
    version = nc.connected_server_version
    if (version.major, version.minor) < _OLDEST:
        raise ConfigError(f"nats-server {version} is too old; version 2.12 or newer is needed")
    for name, fixed in FIXED.items():
        wanted = {"name": name, "num_replicas": replicas, "max_bytes": max_bytes, **fixed}
        found = await _info(nc, name)
        if found.get("error", {}).get("err_code") == 10059:  # stream not found
            found = await ask(nc, f"STREAM.CREATE.{name}", wanted)
        if error := found.get("error"):
            raise ConfigError(f"the stream {name} could not be made: {error['description']}")
        _compare(name, wanted, found["config"])


async def check(nats_url: str) -> str:
    """The server's version, when it is new enough and the streams are as they have to be.

    Nothing is made or changed. Raises Away when NATS cannot be reached, ConfigError with every setting
    that differs.
    """
    async with reader(nats_url, allow_reconnect=False) as nc:
        version = nc.connected_server_version
        if (version.major, version.minor) < _OLDEST:
            raise ConfigError(f"nats-server {version} is too old; version 2.12 or newer is needed")
        for name, fixed in FIXED.items():
            found = await _info(nc, name)
            if found.get("error"):
                raise ConfigError(f"the stream {name} does not exist yet; a service makes it")
            _compare(name, fixed, found["config"])
        return f"{version.major}.{version.minor}.{version.patch}"


async def _info(nc: Client, name: str) -> dict[str, Any]:
    try:
        return await ask(nc, f"STREAM.INFO.{name}")
    except nats.errors.NoRespondersError:
        raise ConfigError(
            "NATS answers, but without JetStream; start nats-server with `--jetstream`, or enable it"
            " for the account of NATS_URL"
        ) from None
    except (nats.errors.Error, TimeoutError) as error:
        raise Away(
            f"JetStream does not answer ({type(error).__name__}); is the cluster up?"
        ) from error


def _compare(name: str, wanted: dict[str, Any], config: dict[str, Any]) -> None:
    differences = [
        f"{key} is {config.get(key)!r}, wanted {value!r}"
        for key, value in wanted.items()
        if key not in ("max_bytes", "num_replicas") and config.get(key, False) != value
    ]
    if config.get("max_bytes", -1) <= 0:
        differences.append("max_bytes is not set")
    if config.get("persist_mode", "default") not in ("", "default"):
        differences.append("persist_mode loses acknowledged messages")
    if differences:
        raise ConfigError(f"the stream {name} differs: {'; '.join(differences)}")


async def ask(nc: Client, what: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Ask the JetStream API; the answer is its own JSON."""
    reply = await nc.request(f"$JS.API.{what}", json.encode(body) if body else b"", timeout=5)
    return json.decode(reply.data, type=dict[str, Any])
