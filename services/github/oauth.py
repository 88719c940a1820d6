"""Whose account a token opens, how it is closed, and how an app's installation gets its tokens.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

from msgspec import Struct

from services.github.hooks import again
from services.github.models import User
from shared.errors import ItemGone, Reauthorize, Refused
from shared.provider import Api, Minting, Reply, Revocation
from shared.types import Identity, Token

if TYPE_CHECKING:
    from services.github.client import App

APP_ID, APP_KEY = "GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY"
SCOPES = ("repo", "read:user", "user:email", "admin:repo_hook")
DEAD_GRANT = frozenset({"bad_refresh_token", "bad_verification_code"})


class Account(Struct):
    id: int
    login: str
    email: str | None = None


class Email(Struct):
    email: str
    primary: bool = False
    verified: bool = False


class Owned(Struct):
    owner: User


class Installed(Struct):
    repositories: list[Owned] = []


async def identify(api: Api) -> Identity:
    """A person by `/user`; an installation, which may not ask that, by what it was given."""
    try:
        reply = await api.page("/user", Account)
    except ItemGone:
        return await _installed(api)
    if reply.data is None:
        raise Refused("GitHub did not say whose token this is.")
    return Identity(
        id=str(reply.data.id),
        name=reply.data.login,
        email=reply.data.email or await _email(api),
        routes=(f"user:{reply.data.id}",),
        scopes=_granted(reply),
    )


async def revoke(it: Revocation) -> None:
    """End the user's token; an installation is ended by its owner, its token within the hour."""
    if it.token.extra.get("installation_id"):
        return
    path = f"/applications/{quote(it.client_id, safe='')}/token"
    try:
        await it.api.send("DELETE", path, type(None), {"access_token": it.token.access})
    except ItemGone:
        return


async def mint(it: Minting) -> Token:
    """A token for the app's installation that `extra` names; it lasts an hour."""
    number = _installation(it)
    made = await asyncio.to_thread(lambda: _app(it).token(number))
    return Token(access=made.access, expires_at=made.expires_at, extra=dict(it.extra))


async def minted(it: Minting) -> Identity:
    """Whose installation it is, which the app knows and the installation's own token does not."""
    number = _installation(it)
    return await asyncio.to_thread(lambda: _app(it).installation(number))


async def repair(it: Minting, api: Callable[[Token], Api]) -> int:
    """Ask again for what the app's webhook missed; nothing where there is no app, or no webhook."""
    if not (it.settings.get(APP_ID) and it.settings.get(APP_KEY)):
        return 0
    itself = api(await asyncio.to_thread(lambda: _app(it).itself()))
    try:
        return await again(itself, "/app/hook/deliveries")
    except ItemGone:
        return 0


def _installation(it: Minting) -> int:
    number = it.extra.get("installation_id", "")
    if not (number.isascii() and number.isdigit()):
        raise Reauthorize("The connection does not say which installation it is.")
    return int(number)


def _app(it: Minting) -> "App":
    """PyGithub takes a second to import, which only a service that acts as an app should pay."""
    from services.github.client import App  # noqa: PLC0415 - see above

    app, key = it.settings.get(APP_ID), it.settings.get(APP_KEY)
    if not app or not key:
        raise Refused(f"An installation needs {APP_ID} and {APP_KEY} to be set.")
    return App(app.reveal(), key.reveal(), it.api_url)


async def _installed(api: Api) -> Identity:
    """GitHub tells an installation's token whose repositories it sees, but not its own number."""
    found = await api.get("/installation/repositories", Installed, per_page=1)
    if not found.repositories:
        raise Refused("The app was given no repository there; select one and connect again.")
    owner = found.repositories[0].owner
    return Identity(id=f"installed:{owner.id}", name=owner.login, routes=(f"installed:{owner.id}",))


async def _email(api: Api) -> str:
    """The profile's address is often hidden; the list of them needs `user:email`."""
    try:
        known = await api.get("/user/emails", list[Email])
    except ItemGone:
        return ""
    return next((it.email for it in known if it.primary and it.verified), "")


def _granted(reply: Reply[Account]) -> tuple[str, ...] | None:
    """The scopes of an OAuth app's token; a GitHub App has permissions instead and says nothing."""
    told = reply.headers.get("x-oauth-scopes")
    return None if told is None else tuple(filter(None, (it.strip() for it in told.split(","))))
