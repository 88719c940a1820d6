"""The secret that a provider made for its webhook: shown to the operator who has to say it back."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from shared.cli.fleet import find
from shared.cli.output import Json, as_json, screen
from shared.errors import ConfigError, NotFound

app = typer.Typer()


@app.command("webhook-token")
def webhook_token(
    provider: Annotated[str, typer.Argument(help="The service, by its short name.")],
    forget: Annotated[
        bool, typer.Option("--forget", help="Drop it, so that the next one is taken.")
    ] = False,
    json: Json = False,
) -> None:
    """Print the token that a provider sent to our webhook, for its own settings page to be told."""
    token = asyncio.run(_ask(provider, _keys(), forget=forget))
    if json:
        as_json({"provider": provider, "token": token} if token else {"forgotten": provider})
    elif token:
        typer.echo(token)
    else:
        screen.print("Forgotten; the next one is taken.")


async def _ask(provider: str, keys: str, *, forget: bool) -> str:
    from shared.oauth.keyring import Keyring  # noqa: PLC0415 - with the cryptography library
    from shared.service.entrusted import Entrusted  # noqa: PLC0415 - psycopg, as few commands need
    from shared.store.database import Database  # noqa: PLC0415
    from shared.types import Secret  # noqa: PLC0415

    db = Database(find("postgres_url").postgres_url, max_connections=1)
    await db.open(patience=10)
    try:
        kept = Entrusted(db, Keyring.parse(Secret(keys)), provider)
        if forget and await kept.forget():
            return ""
        (token,) = await kept.secrets() or (b"",)
    finally:
        await db.close()
    if forget or not token:
        raise NotFound(f"{provider} has not sent a token yet; let it send one to our webhook")
    return token.decode()


def _keys() -> str:
    """Those of the environment, else those that `fleet up` made here."""
    if keys := os.environ.get("ENCRYPTION_KEYS", ""):
        return keys
    try:
        return Path(".fleet/encryption_keys").read_text("utf-8").strip()
    except OSError:
        raise ConfigError("ENCRYPTION_KEYS is not set") from None
