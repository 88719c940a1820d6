"""What every page works with: the services of this process, and where browsers reach them."""

import asyncio
from collections.abc import Mapping
from functools import cached_property
from urllib.parse import urlsplit

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from shared.errors import NotFound
from shared.oauth.keyring import Keyring
from shared.service.callers import Callers
from shared.service.hub import Hub
from shared.store.database import Database


class Desk:
    """The services by name, who may come in, and the end of everything that would go on for ever.

    `origin` is the public address above `/console` and `/connect`, without a trailing slash.
    """

    def __init__(self, hubs: Mapping[str, Hub], origin: str, callers: Callers) -> None:
        self.hubs, self.origin, self.callers = hubs, origin, callers
        self.closing = asyncio.Event()
        self.readers: set[asyncio.Task[None]] = set()
        """Who reads the bus for a page that is open, until its connection is closed."""

    @property
    def first(self) -> str:
        """The first service, whose name stands on what belongs to none."""
        return next(iter(self.hubs))

    @property
    def any(self) -> Hub:
        """One of the services, for what all of them share."""
        return self.hubs[self.first]

    @property
    def db(self) -> Database:
        """The database of the process."""
        return self.any.db

    @property
    def keys(self) -> Keyring:
        """What cookies are sealed with."""
        return self.any.keys

    @property
    def nats_url(self) -> str:
        """The bus; it may carry a password."""
        return self.any.settings.nats.url.reveal()

    @cached_property
    def base(self) -> str:
        """The path in front of `/console` where a proxy puts the fleet under one; mostly empty."""
        return urlsplit(self.origin).path

    @property
    def secure(self) -> bool:
        """Whether browsers come by https."""
        return self.origin.startswith("https://")

    def hub(self, name: str) -> Hub:
        """One service; raises NotFound."""
        if found := self.hubs.get(name):
            return found
        raise NotFound(f"There is no service {name[:64]!r} in this process.")


TheDesk = NamedDependency[SkipValidation[Desk]]
"""How a route asks for it."""
