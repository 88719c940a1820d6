"""What an operator does to the database: migrations and keys; and what was given up on, tried again."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from shared.cli.fleet import find, services
from shared.cli.output import Json, age, as_json, as_table, plain, screen
from shared.errors import BadRequest, ConfigError, NotFound

if TYPE_CHECKING:
    from shared.store.api_keys import KeyFacts
    from shared.store.database import Database

T = TypeVar("T")

app = typer.Typer()
keys = typer.Typer(
    help="API keys, and the keys that tokens are encrypted with.", no_args_is_help=True
)
app.add_typer(keys, name="keys")


@app.command()
def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Only list what is missing; exit 1 if any.")
    ] = False,
    json: Json = False,
) -> None:
    """Bring the tables up to date."""
    from shared.config.catalogue import subscribers  # noqa: PLC0415 - imports them
    from shared.config.load import database_url  # noqa: PLC0415 - with YAML
    from shared.service.subscriber import bring_up_to_date  # noqa: PLC0415 - a web framework
    from shared.store import migrate as tables  # noqa: PLC0415 - psycopg, which most commands do not need

    names = _with_database(tables.pending if check else tables.migrate)
    for it in subscribers():
        url = database_url(it, {"POSTGRES_URL": find("postgres_url").postgres_url, **os.environ})
        names += asyncio.run(bring_up_to_date(it, url, check=check))
    if json:
        as_json({"pending" if check else "applied": names})
    elif names:
        screen.print(f"{'Missing' if check else 'Applied'}: {', '.join(names)}")
    else:
        screen.print("The tables are up to date.")
    if check and names:
        raise typer.Exit(1)


@keys.command()
def create(
    *,
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[list[str], typer.Option(help="What it may do; several times for several.")],
    user: Annotated[str, typer.Option("--user", help="Bind it to one user.")] = "",
    days: Annotated[int, typer.Option(help="How long it lives, at most 90.")] = 90,
    env: Annotated[str, typer.Option(help="Part of the key, for people.")] = "live",
    json: Json = False,
) -> None:
    """Make an API key and print it; it cannot be shown again."""
    from shared.service.callers import create_key  # noqa: PLC0415 - brings a web framework along

    if not (env.isascii() and env.isalpha() and env.islower() and len(env) <= 16):
        raise typer.BadParameter("--env is a word of lower-case letters")
    key = _with_database(
        lambda db: create_key(db, name, scope, user_id=user or None, days=days, env=env)
    )
    if json:
        as_json({"key": key})
    else:
        typer.echo(key)


@keys.command(name="list")
def list_(json: Json = False) -> None:
    """List the API keys; the secrets are not stored."""

    from shared.store import api_keys  # noqa: PLC0415 - as above

    async def read(db: "Database") -> list["KeyFacts"]:
        async with db.connection() as conn:
            return await api_keys.all_(conn)

    found = _with_database(read)
    if json:
        as_json(found)
        return
    as_table(
        ("id", "name", "scopes", "user", "expires", "last used", ""),
        (
            (
                one.id,
                one.name,
                " ".join(one.scopes),
                one.user_id or "any",
                one.expires_at.date(),
                age(one.last_used_at.isoformat() if one.last_used_at else None),
                "revoked" if one.revoked_at else "",
            )
            for one in found
        ),
        "There are no API keys.",
    )


@keys.command()
def revoke(
    ident: Annotated[str, typer.Argument(help="The key's id, from `fleet keys list`.")],
    json: Json = False,
) -> None:
    """End an API key now."""

    from shared.store import api_keys  # noqa: PLC0415 - as above

    async def end(db: "Database") -> bool:
        async with db.connection() as conn:
            return await api_keys.revoke(conn, ident)

    if not _with_database(end):
        raise NotFound(f"there is no live key {ident}")
    if json:
        as_json({"revoked": ident})
    else:
        screen.print(f"Revoked {ident}.")


@keys.command()
def rewrap(
    batch: Annotated[int, typer.Option(min=1, max=10_000, help="Accounts a transaction.")] = 500,
    json: Json = False,
) -> None:
    """Put every account under the first of ENCRYPTION_KEYS; repeat until it says 0."""
    from shared.oauth import keyring  # noqa: PLC0415 - with the cryptography library
    from shared.types import Secret  # noqa: PLC0415

    text = os.environ.get("ENCRYPTION_KEYS", "")
    if not text:
        raise ConfigError(
            "ENCRYPTION_KEYS is not set; give the new key first and the old ones behind it"
        )
    ring = keyring.Keyring.parse(Secret(text))

    async def all_of_them(db: "Database") -> int:
        return sum([done async for done in keyring.rewrap(db, ring, batch)])

    done = _with_database(all_of_them)
    if json:
        as_json({"rewrapped": done, "kid": ring.current_kid})
    else:
        screen.print(f"{done} accounts are now under key {ring.current_kid}.")


@app.command("dead-letters")
def dead_letters(
    provider: Annotated[str, typer.Option("--provider", help="Only this service.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="The replayed ones too.")] = False,
    json: Json = False,
) -> None:
    """List what could not be understood or published."""
    with services(provider) as fleet:
        asked = "true" if everything else "false"
        found = fleet.list("/dead-letters", "dead_letters", "next:before", replayed=asked)
    if json:
        as_json(found)
        return
    as_table(
        ("id", "provider", "kind", "what", "age", "error"),
        (
            (one["id"], one["provider"], one["kind"], one["what"], age(one["at"]), one["error"])
            for one in found
        ),
        "There are no dead letters.",
    )


@app.command()
def replay(
    provider: Annotated[
        str, typer.Argument(help="The service, by the name that `fleet status` shows.")
    ],
    ident: Annotated[int, typer.Argument(help="The dead letter's id; leave out for all.")] = 0,
    everything: Annotated[
        bool, typer.Option("--all", help="Every open one of the service.")
    ] = False,
    json: Json = False,
) -> None:
    """Try a dead letter again, or all of them."""
    if bool(ident) == everything:
        raise typer.BadParameter("give the id of a dead letter, or --all")
    with services(provider) as fleet:
        found = fleet.list("/dead-letters", "dead_letters", "next:before") if everything else []
        done, failed = [], []
        for one in [ident] if ident else [letter["id"] for letter in found]:
            try:
                done.append(fleet.post(provider, f"/dead-letters/{one}/replay"))
            except (BadRequest, NotFound) as error:
                if ident:
                    raise
                failed.append({"id": one, "error": str(error)})
    if json:
        as_json({"replayed": done, "failed": failed})
    else:
        for letter in done:
            screen.print(plain(f"{letter['id']}: {letter['outcome']}"))
        for letter in failed:
            screen.print(plain(f"{letter['id']}: {letter['error']}"))
        if not done and not failed:
            screen.print("There are no dead letters.")
    if failed:
        raise typer.Exit(1)


def _with_database(do: Callable[["Database"], Awaitable[T]]) -> T:
    """Run it on the fleet's database; raises Away when there is none."""

    from shared.store.database import Database  # noqa: PLC0415 - as above

    async def run() -> T:
        db = Database(find("postgres_url").postgres_url, max_connections=2)
        await db.open(patience=10)
        try:
            return await do(db)
        finally:
            await db.close()

    return asyncio.run(run())
