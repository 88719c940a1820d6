"""`fleet demo`: the whole story on this machine, with providers that are played; no account, no network."""

import asyncio
import os
import shutil
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli import sync, tail, up
from shared.cli.fleet import Fleet, Services
from shared.cli.output import as_typed, plain, screen
from shared.cli.played import Played, chosen, play
from shared.engines.process import ports, private
from shared.errors import HubError
from shared.http.caller import Caller

if TYPE_CHECKING:
    from shared.provider import Provider
    from shared.subscriber import Subscriber

app = typer.Typer()

USER = "demo"
WHOSE = {"user_id": USER}
PATIENCE = 30.0
"""Seconds to wait for anything that should happen at once."""
QUIET = 1.0
"""Seconds without an event after which a step of the story is over."""
MOST = 5
"""Lines of each thing that is shown of what the readers of the stream made of the story."""


@app.command()
def demo(
    names: Annotated[
        list[str] | None, typer.Argument(help="Whom to play; everybody when none is named.")
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Stop when the story has been told.")
    ] = False,
) -> None:
    """Run a fleet whose providers are played here: connect, sync, and hear what happens. Ctrl-C ends it."""
    from shared.config.catalogue import subscribers  # noqa: PLC0415 - imports every service

    cast = chosen(names or [])
    root, port = _place(), next(ports(8000, fixed=True))
    played = play(port, private(root / "webhook_secret"), cast)
    problems: list[Exception] = []

    def ready(here: Fleet, _: Sequence[Any]) -> None:
        threading.Thread(target=tell, args=(here,), daemon=True).start()

    def tell(here: Fleet) -> None:
        try:
            asyncio.run(_story(here, played, once=once))
        except Exception as error:  # the other thread serves until it is told to stop
            problems.append(error)
        os.kill(os.getpid(), signal.SIGINT)

    variables = {
        name: it for one in played for name, it in one.simulation.environment(one.url).items()
    }
    try:
        services: list[Provider | Subscriber] = [*(it.provider for it in played), *subscribers()]
        up.stand(services, port, root=root, variables=variables, ready=ready)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    if problems:
        raise problems[0]


def _place() -> Path:
    """An empty directory of the demo's own; what a killed demo has left there is stopped first."""
    from shared import engines  # noqa: PLC0415 - as in the commands that need them

    root = Path.cwd() / ".fleet" / "demo"
    if root.exists():
        engines.start(root).stop()
        shutil.rmtree(root)
    for folder in (root.parent, root):
        folder.mkdir(mode=0o711, exist_ok=True)
    return root


async def _story(here: Fleet, played: Sequence[Played], *, once: bool) -> None:
    """Connect, walk, make things happen and show what arrives; with `once`, return after that."""
    with Caller(here.api_key) as caller:
        fleet = Services(here, caller)
        for one in played:
            await asyncio.to_thread(_connect, fleet, one)
        from shared.bus import tail as bus  # noqa: PLC0415 - the NATS client
        from shared.bus.lines import subjects_of  # noqa: PLC0415

        heard, count, items = asyncio.Event(), [0], subjects_of("", "", USER)[:1]
        newest = (await bus.recent(here.nats_url, items, 1))[1]

        async def listen() -> None:
            async for it in bus.tail(here.nats_url, items, after=newest):
                screen.print(tail.line(it), overflow="ignore", no_wrap=True, crop=False)
                count[0] += 1
                heard.set()

        listener = asyncio.create_task(listen())
        for one in played:
            for name, step in one.simulation.story.items():
                screen.print(f"\n{one.provider.title}: {step.says}.", style="bold")
                heard.clear()
                await asyncio.to_thread(caller.post, f"{one.url}/_simulator/story/{name}")
                if one.provider.webhook is None:  # nobody tells of it, so somebody has to look
                    await asyncio.to_thread(fleet.post, one.provider.name, "/sync", WHOSE)
                if not await _heard(heard, PATIENCE):
                    raise HubError(f"nothing was published after: {step.says}")
                while await _heard(heard, QUIET):  # a step may cause several events
                    pass
        for one in played:
            if one.simulation.unknown:
                raise HubError(f"{one.provider.title} was asked for {one.simulation.unknown[0]}")
        screen.print(
            f"\nThat was the story: {count[0]} changes were heard and published.", style="bold"
        )
        await asyncio.to_thread(_understood, here, caller)
        if not once:
            _look_around(here)
            await listener
        listener.cancel()


async def _heard(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
        event.clear()
        return True
    return False


def _connect(fleet: Services, one: Played) -> None:
    """Connect an account by the real consent or form, and watch its first walk to the end."""
    from shared.http.roleplay import consent  # noqa: PLC0415 - as above

    name, title = one.provider.name, one.provider.title
    if one.provider.credentials:
        filled = one.simulation.credentials(one.url)
        fleet.post(name, "/accounts", {"user_id": USER, "credentials": filled})
    else:
        link = fleet.post(name, "/oauth/authorize", {"user_id": USER})
        consent(link["authorization_url"], consent="yes")
    (account,) = fleet.get(name, "/accounts", user_id=USER)["accounts"]
    screen.print(plain(f"\n{title}: {account['name']} said yes; walking the history."))
    for path, wish in one.simulation.wishes.items():
        fleet.post(name, f"{path}?user_id={USER}", wish)
    if one.simulation.wishes:
        fleet.post(name, "/sync", WHOSE)
    run = fleet.get(name, "/sync/runs", user_id=USER)["runs"][0]
    watched = sync.Watched(name, run["id"])
    sync.watch(fleet, [watched], quiet=False)
    screen.print(plain(sync.coverage(name, watched.run), 1000))
    if watched.run["status"] != "success":
        raise HubError(f"the first walk of {title} ended as {watched.run['status']}")
    if one.provider.subscriptions:
        screen.print("Waiting for the webhooks to be set up.")
        _wait_for_hooks(fleet, name)


def _wait_for_hooks(fleet: Services, name: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        states: Mapping[str, int] = fleet.get(name, "/status")["now"]["subscriptions"]
        settled = states.get("active") or states.get("skipped")  # skipped: not consented to
        if settled and not states.get("wanted"):
            return
        if time.monotonic() > deadline:
            raise HubError(f"the webhooks of {name} were not set up: {dict(states)}")
        time.sleep(0.2)


def _understood(here: Fleet, caller: Caller) -> None:
    """A few lines of what the readers of the stream made of it."""
    from shared.config.catalogue import subscribers  # noqa: PLC0415 - as above

    for it in subscribers():
        for says, (path, field, word) in it.shows.items():
            rows = caller.get(f"{here.url}/{it.name}{path}", user_id=USER, limit=MOST)[field]
            screen.print(f"\n{it.title}: {says}.", style="bold")
            for row in rows:
                screen.print(plain(f"  {row[word]}"))


def _look_around(here: Fleet) -> None:
    screen.print("While this goes on, in another terminal in this directory:")
    for words in (f"accounts --user {USER}", "status", f"tail --since 1h --user {USER}", "doctor"):
        screen.print(plain(f"  {as_typed(words)}"))
    screen.print(plain(f"  the API's own pages: {next(iter(here.services.values()))}/schema"))
    screen.print("What is published from now on follows; Ctrl-C ends it.")
