"""The form that opens an account, and to which hosts what is in it may be told."""

from msgspec import Struct

from services.calendar.feed import parts_of
from shared.errors import BadRequest
from shared.provider import Field, opening
from shared.types import Token

FIELDS = (
    Field(
        name="server_url",
        label="CalDAV server",
        hint="https://caldav.icloud.com, https://caldav.fastmail.com, https://HOST/remote.php/dav",
        required=False,
    ),
    Field(name="username", label="User name", hint="often the mail address", required=False),
    Field(
        name="app_password",
        label="App password",
        hint="made for this service in the server's settings",
        secret=True,
        required=False,
    ),
    Field(
        name="feed_url",
        label="Or the address of a feed",
        hint="https://... or webcal://...; whoever has it can read the calendar",
        secret=True,
        required=False,
    ),
)
SHARED = ("icloud.com",)
"""Domains whose hosts are all one server's, so that credentials may go from one to another."""


class Server(Struct, frozen=True):
    """Where we are on the way, and what opens it."""

    host: str
    secret: str

    def at(self, url: str) -> "tuple[Token, str]":
        """The token for an address, and the path there. Raises BadRequest for another's host."""
        parts = parts_of(url)
        if not trusted(self.host, parts.hostname or ""):
            raise BadRequest(
                f"The server leads to {parts.hostname}; enter that address if you trust it."
            )
        return opening(self.secret, f"{parts.scheme}://{parts.netloc}", "Basic"), parts.path or "/"


def trusted(first: str, host: str) -> bool:
    """Whether what was meant for one host may be told to another one."""
    return (
        host == first
        or host.endswith(f".{first}")
        or any(first.endswith(f".{it}") and host.endswith(f".{it}") for it in SHARED)
    )
