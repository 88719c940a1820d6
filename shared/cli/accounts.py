"""What is connected and how it stands: `fleet status`, `fleet accounts`, `fleet connect`."""

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from msgspec import MsgspecError
from msgspec import json as text
from rich.text import Text

from shared.cli.fleet import services
from shared.cli.output import Json, age, as_json, as_table, as_typed, plain, screen

app = typer.Typer()
Provider = Annotated[str, typer.Option("--provider", help="Only this service.")]
User = Annotated[str, typer.Option("--user", help="Only this user's.")]

_COLOURS = {"active": "green", "expired": "yellow", "revoked": "yellow", "deleting": "dim"}


@app.command()
def status(provider: Provider = "", json: Json = False) -> None:
    """Show how every service stands: accounts, queues, dead letters, the last sync."""
    with services(provider) as fleet:
        reports = dict(fleet.each("/status"))
    if json:
        as_json(reports)
        return
    columns = ("service", "accounts", "inbox", "outbox", "dead letters", "last sync", "state")
    rows = []
    for name, report in reports.items():
        now, missing = report["now"], report["missing"]
        counts = ", ".join(f"{number} {what}" for what, number in now["accounts"].items())
        fine = not missing and report["nats"] == "connected"
        state = (
            "ok" if fine else f"set {', '.join(missing)}" if missing else f"NATS {report['nats']}"
        )
        rows.append(
            (
                Text(name, style="bold"),
                counts or "none",
                now["inbox_due"],
                now["outbox_waiting"],
                sum(now["dead_letters"].values()),
                age(now["last_sync_at"]),
                Text(state, style="green" if fine else "yellow"),
            )
        )
    as_table(columns, rows, "No service answered.")


@app.command()
def accounts(provider: Provider = "", user: User = "", json: Json = False) -> None:
    """List the connected accounts."""
    with services(provider) as fleet:
        found = fleet.list("/accounts", "accounts", "next_cursor:cursor", user_id=user or None)
    if json:
        as_json(found)
        return
    as_table(
        ("id", "provider", "user", "account", "status", "last sync", ""),
        (
            (
                one["id"],
                one["provider"],
                one["user_id"],
                one["name"] or one["email"] or one["provider_account_id"],
                Text(one["status"], style=_COLOURS.get(one["status"], "red")),
                age(one["last_sync_at"]),
                one["error_message"] or ("" if one["sync_enabled"] else "paused"),
            )
            for one in found
        ),
        "Nothing is connected yet; `fleet connect <provider> --user <name>` does it.",
    )


@app.command()
def connect(
    *,
    provider: Annotated[
        str, typer.Argument(help="The service, by the name that `fleet status` shows.")
    ],
    user: Annotated[str, typer.Option("--user", help="Whose account it becomes.")],
    token: Annotated[
        str | None, typer.Option(help="A token of the provider, instead of a consent.")
    ] = None,
    token_stdin: Annotated[
        bool, typer.Option("--token-stdin", help="Read that token from standard input.")
    ] = False,
    route: Annotated[
        list[str] | None, typer.Option(help="A webhook key that belongs to it: repo:555, or *.")
    ] = None,
    json: Json = False,
) -> None:
    """Connect an account: with a token, by a form, or by a link that the user opens in a browser.

    What a form needs is asked for here, or read from standard input as one JSON object.
    """
    if token and token_stdin:
        raise typer.BadParameter("give --token or --token-stdin, not both")
    if token_stdin:
        token = sys.stdin.readline().strip()
    if token == "":
        where = "on standard input" if token_stdin else "in --token"
        raise typer.BadParameter(f"there is no token {where}")
    with services(provider) as fleet:
        if token:
            body = {"user_id": user, "access_token": token, "routes": route or []}
            made = fleet.post(provider, "/accounts", body)
        elif route:
            raise typer.BadParameter("--route goes with --token or --token-stdin")
        else:
            made = fleet.post(provider, "/oauth/authorize", {"user_id": user})
            if form := made.get("fields"):
                filled = {"user_id": user, "credentials": _filled(form)}
                made = fleet.post(provider, "/accounts", filled)
    if json:
        as_json(made)
    elif "authorization_url" not in made:
        who = made["name"] or made["email"] or made["provider_account_id"]
        screen.print(plain(f"Connected {provider} as {who}: account {made['id']}"))
        screen.print(Text(f"Next: {as_typed('sync')} --account {made['id']} --full"))
    else:
        screen.print("Open this once, within ten minutes, in the browser of that user:")
        screen.print(plain(made["authorization_url"], 4000))


def _filled(form: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The values of a form: typed in, secrets unseen, or piped in."""
    if not sys.stdin.isatty():
        try:
            return text.decode(sys.stdin.buffer.read(), type=dict[str, str])
        except MsgspecError:
            names = ", ".join(it["name"] for it in form)
            raise typer.BadParameter(f"give {names} on standard input, as JSON") from None
    return {
        it["name"]: typer.prompt(
            f"{it['label']} ({it['hint']})" if it["hint"] else it["label"],
            default=None if it["required"] else "",
            hide_input=it["secret"],
            show_default=False,
        )
        for it in form
    }
