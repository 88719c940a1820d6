"""The command `fleet`. Exit codes: 0 done, 1 failed, 2 wrong usage, 69 not reachable, 78 configuration."""

import os
import sys
from pathlib import Path

import typer

from shared.cli import accounts, console, demo, doctor, entrusted, ledger, sync, tail, trace, up
from shared.cli.output import complain
from shared.config.environment import Environment, read_dotenv
from shared.errors import Away, ConfigError, HubError

app = typer.Typer(
    name="fleet",
    help="Self Integrations: run the fleet, connect accounts, and watch what it publishes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for part in (up, demo, doctor, console, accounts, sync, tail, trace, ledger, entrusted):
    app.registered_commands += part.app.registered_commands
    app.registered_groups += part.app.registered_groups


def main() -> None:
    """Run the command line; what `.env` here says holds where the environment says nothing."""
    try:
        _complete_environment()
        app()
    except ConfigError as error:
        for problem in error.problems:
            complain(problem)
        sys.exit(78)
    except Away as error:
        complain(str(error))
        sys.exit(69)
    except HubError as error:
        complain(str(error))
        sys.exit(1)


def _complete_environment() -> None:
    for name, value in read_dotenv(Path(".env")).items():
        if value:
            os.environ.setdefault(name, value)
    problems: list[str] = []
    known = Environment(os.environ.copy(), problems)
    for name in ("POSTGRES_URL", "NATS_URL", "ENCRYPTION_KEYS", "PUBLIC_URL", "FLEET_API_KEY"):
        if value := known.get(name):
            os.environ[name] = value
    if problems:
        raise ConfigError(*problems)
