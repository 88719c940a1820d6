"""`fleet up` and `fleet run`: engines, tables, a key, and the services on top."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import structs
from rich.text import Text

from shared.cli import console
from shared.cli import fleet as fleets
from shared.cli.output import Json, as_json, as_table, as_typed, screen
from shared.engines.process import ports, running
from shared.errors import ConfigError, HubError

if TYPE_CHECKING:
    from shared.config import Settings
    from shared.provider import Provider
    from shared.subscriber import Subscriber

    Service = tuple[Provider | Subscriber, Settings]

app = typer.Typer()
Port = Annotated[int, typer.Option(min=1, max=65535, help="The port of the whole fleet.")]


@app.command()
def up(
    processes: Annotated[
        bool, typer.Option("--processes", help="One process and port for each service.")
    ] = False,
    port: Port = 8000,
    json: Json = False,
) -> None:
    """Start everything: PostgreSQL, NATS, the tables, and every service. Ctrl-C stops all of it."""
    from shared.config.catalogue import providers, subscribers  # noqa: PLC0415 - imports every provider

    stand([*providers(), *subscribers()], port, processes=processes, json=json)


@app.command()
def run(
    provider: Annotated[
        str, typer.Argument(help="The service, by the name that `fleet status` shows.")
    ],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Its port; 0 for its own.")] = 0,
    json: Json = False,
) -> None:
    """Start one service on its own port, with the engines it needs."""
    from shared.config.catalogue import service  # noqa: PLC0415 - imports every provider

    found = service(provider)
    stand([found], port or found.port, mounted=False, json=json)


@app.command()
def env(json: Json = False) -> None:
    """Print what a program needs to talk to the running fleet: eval "$(fleet env)"."""
    it = fleets.find("url", "api_key", "nats_url")
    told = {
        "NATS_URL": it.nats_url,
        "POSTGRES_URL": it.postgres_url,
        "FLEET_URL": it.url,
        "FLEET_API_KEY": it.api_key,
    }
    if json:
        as_json(told)
        return
    for name, value in told.items():
        quoted = value.replace("'", "'\\''")
        typer.echo(f"export {name}='{quoted}'")


def stand(
    providers: "Sequence[Provider | Subscriber]",
    port: int,
    *,
    processes: bool = False,
    mounted: bool = True,
    root: Path | None = None,
    variables: Mapping[str, str] | None = None,
    ready: Callable[[fleets.Fleet, Sequence[Any]], None] | None = None,
    json: bool = False,
) -> None:
    """Start engines and services and keep them until this process is interrupted.

    `root` is where the data goes, the current directory when None. `variables` are set for this fleet
    alone, and left in its note. `ready` is called with the fleet and its services when they answer,
    instead of printing what to type next. With `json`, standard output gets one line: the services.
    """
    screen.stderr = json
    if not providers:
        raise ConfigError("there are no providers in services/")
    from shared.cli import ground as standing  # noqa: PLC0415 - brings a web framework along
    from shared.cli import told  # noqa: PLC0415

    root = root or Path.cwd()
    os.environ.update(variables or {})
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if not processes and next(ports(port, fixed=True), None) != port:
        if (it := fleets.noted(root)) and running(it.pid):
            raise ConfigError(f"a fleet already runs in {root} (process {it.pid}); stop that one")
        raise ConfigError(f"port {port} is in use; choose another one with --port")
    # Ctrl-C is the ordinary way to stop.
    with suppress(KeyboardInterrupt), standing.ground(root) as ground:
        public = told.public(providers, port, processes=processes, mounted=mounted)
        services = told.settings(providers, ground, public)
        killed = fleets.noted(root)
        key = asyncio.run(standing.prepare(ground, killed.api_key if killed else "", services))
        pages = console.origin(services[0], mounted=mounted and not processes)
        enter = asyncio.run(console.link(ground.postgres_url, key, pages, providers[0].name))
        here = fleets.Fleet(
            url=f"http://localhost:{port}",
            api_key=key,
            postgres_url=ground.postgres_url,
            nats_url=ground.nats_url,
            pid=os.getpid(),
            variables=dict(variables or {}),
            console=pages,
        )

        def answering(lines: Sequence[Any]) -> None:
            speaking = {it.name for it in providers if it.base_url}
            addresses = {it.name: it.url.rstrip("/") for it in lines if it.name in speaking}
            whole = structs.replace(here, services=addresses)
            if json:
                as_json(lines)
            else:
                _tell(lines, enter, speaking, hints=ready is None)
            fleets.write(root, whole)  # last: whoever waits for it finds everything said
            if ready:
                ready(whole, lines)

        try:
            _serve(services, port, answering, processes=processes, mounted=mounted)
        finally:
            # From here everything ends in bounded time; another Ctrl-C would only leave engines behind.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            fleets.note(root).unlink(missing_ok=True)
            with suppress(HubError):
                asyncio.run(standing.revoke(ground, key))
    screen.print("The fleet has stopped.")


def _serve(
    services: Sequence["Service"],
    port: int,
    ready: Callable[[Sequence[Any]], None],
    *,
    processes: bool,
    mounted: bool,
) -> None:
    from shared.cli.processes import supervise  # noqa: PLC0415 - only servers pay for these
    from shared.service.fleet import serve  # noqa: PLC0415
    from shared.telemetry import logs, traces  # noqa: PLC0415

    if processes:
        supervise(services, ready)
        return
    logs.configure(services[0][1].service.log_level, json=not sys.stderr.isatty())
    traces.configure("fleet" if mounted else services[0][1].service.name)
    serve(services, "127.0.0.1", port, ready=ready, mounted=mounted)


def _tell(lines: Sequence[Any], enter: str, speaking: set[str], *, hints: bool) -> None:
    screen.print()
    rows = [
        (
            Text(line.name, style="bold"),
            line.url,
            Text(f"set {', '.join(line.missing)}", style="yellow")
            if line.missing
            else Text("configured", style="green"),
        )
        for line in lines
    ]
    as_table(("service", "address", "state"), rows, "No service has started.")
    if enter:
        told = Text("\nThe console; this link signs in once, within ten minutes:", style="bold")
        screen.print(told, Text(enter), sep="\n  ")
    if not hints:
        return
    ready = sorted((bool(it.missing), it.name) for it in lines if it.name in speaking)
    connect = [f"connect {name} --user ana --token <token>" for _, name in ready[:1]]
    screen.print("\nNext, in another terminal:", style="bold")
    for words in (*connect, "tail"):
        screen.print(Text(f"  {as_typed(words)}"))
    screen.print("Ctrl-C stops everything.")
