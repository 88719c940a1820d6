"""`fleet sync`: start a walk, watch it, and say whether everything that was listed is accounted for."""

import time
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from shared.cli.fleet import Services, services
from shared.cli.output import Json, as_json, plain, screen
from shared.errors import BadRequest, NotFound
from shared.http.caller import segment

app = typer.Typer()

_OVER = ("success", "failed", "cancelled")
_EVERY = 0.5


class Watched(Struct):
    """One run that is being watched."""

    provider: str
    id: str
    run: dict[str, Any] = {}


@app.command()
def sync(
    *,
    account: Annotated[str, typer.Option("--account", help="The account's id.")] = "",
    user: Annotated[str, typer.Option("--user", help="All accounts of this user.")] = "",
    stream: Annotated[str, typer.Option("--stream", help="Only this stream.")] = "",
    provider: Annotated[str, typer.Option("--provider", help="Only this service.")] = "",
    full: Annotated[
        bool, typer.Option("--full", help="Everything again, not only what is new.")
    ] = False,
    json: Json = False,
) -> None:
    """Sync now and watch: exit code 1 unless every item listed was published, unchanged or excluded."""
    if bool(account) == bool(user):
        raise typer.BadParameter("give --account or --user")
    with services(provider) as fleet:
        watched = _begin(fleet, account, user, stream, "full" if full else "incremental")
        try:
            watch(fleet, watched, quiet=json)
        except KeyboardInterrupt:
            screen.print("The sync goes on in the fleet; this only stopped watching.")
            raise typer.Exit(130) from None
    if json:
        as_json([{"provider": one.provider, **one.run} for one in watched])
    else:
        for one in watched:
            screen.print(plain(coverage(one.provider, one.run), 1000))
    if any(one.run["status"] != "success" for one in watched):
        raise typer.Exit(1)


def coverage(provider: str, run: dict[str, Any]) -> str:
    """One line that adds up: listed = published + unchanged + excluded, each reason with its count."""
    excluded = run["excluded"]
    reasons = f" ({', '.join(f'{what} {n}' for what, n in excluded.items())})" if excluded else ""
    told = sum(excluded.values())
    parts = (
        f"{run['published']} published + {run['unchanged']} unchanged + {told} excluded{reasons}"
    )
    rest = run["listed"] - run["published"] - run["unchanged"] - told
    gap = f" + {rest} UNACCOUNTED FOR" if rest else ""
    what = f"{provider} {run['stream'] or 'all streams'}"
    error = f"; {run['error']}" if run["error"] else ""
    return f"{what}: {run['status']}, {run['listed']} listed = {parts}{gap}{error}"


def _begin(fleet: Services, account: str, user: str, stream: str, mode: str) -> list[Watched]:
    """Start a run wherever the account, or an account of the user, is."""
    if account:
        homes = [name for name, _ in fleet.each(f"/accounts/{segment(account)}")]
    else:
        found = fleet.list("/accounts", "accounts", "next_cursor:cursor", user_id=user)
        homes = sorted({one["provider"] for one in found})
    if not homes:
        raise NotFound(f"there is no account {account}" if account else f"{user} has no accounts")
    whose = {"account_id": account} if account else {"user_id": user}
    started, refused = [], []
    for name in homes:
        try:
            answer = fleet.post(name, "/sync", {**whose, "stream": stream, "mode": mode})
        except (BadRequest, NotFound) as error:
            refused.append(error)  # of several services, one may not have such a stream
            continue
        started += [Watched(name, run) for run in answer["run_ids"]]
    if not started:
        raise refused[0]
    return started


def watch(fleet: Services, watched: Sequence[Watched], *, quiet: bool) -> None:
    """Show the runs until all of them are over, and leave in each what became of it."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[told]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True, quiet=quiet)) as progress:
        bars = {
            one.id: progress.add_task(one.provider, total=None, told="queued") for one in watched
        }
        while True:
            for one in watched:
                if one.run.get("status") not in _OVER:
                    one.run = fleet.get(one.provider, f"/sync/runs/{one.id}")
                    _show(progress, bars[one.id], one.run)
            if all(one.run["status"] in _OVER for one in watched):
                return
            time.sleep(_EVERY)


def _show(progress: Progress, bar: TaskID, run: dict[str, Any]) -> None:
    """By items where the provider tells how many there are, else by walks."""
    expected = run["expected"]
    done, total = (run["listed"], expected) if expected else (run["units_done"], run["units"])
    over = run["status"] in _OVER
    eta = run.get("eta_seconds")
    left = f", about {_time(eta)} left" if eta is not None and not over else ""
    why = run.get("waiting")
    wait = f"; waits {_time(run['waiting_seconds'])}, {why}" if why else ""
    told = f"{run['listed']} listed, {run['published']} published{left}{wait}"
    whole = max(1, total or 0, done)
    progress.update(bar, completed=whole if over else done, total=whole, told=told)


def _time(seconds: float) -> str:
    minutes = int(seconds // 60)
    return (
        f"{minutes // 60} h {minutes % 60} min"
        if minutes >= 60
        else f"{minutes} min"
        if minutes
        else f"{int(seconds)} s"
    )
