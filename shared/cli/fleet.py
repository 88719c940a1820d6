"""Where the fleet is: what `FLEET_URL` and its kin say, else what `fleet up` left in `.fleet/`."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from msgspec import MsgspecError, Struct, json

from shared.cli.output import as_typed
from shared.engines.process import running, write_private
from shared.errors import Away, ConfigError, NotFound
from shared.http.caller import Caller


class Fleet(Struct, frozen=True, kw_only=True):
    """A running fleet. `services` maps a provider to its own address, where that is not `url`/name.

    `variables` are what it was started with beyond the environment that other commands see too.
    `console` is the address above its pages, empty where it serves none.
    """

    url: str = ""
    api_key: str = ""
    postgres_url: str = ""
    nats_url: str = ""
    pid: int = 0
    services: dict[str, str] = {}
    variables: dict[str, str] = {}
    console: str = ""

    def service(self, provider: str) -> str:
        """The address of one service, without a trailing slash."""
        return self.services.get(provider) or f"{self.url.rstrip('/')}/{provider}"


def note(root: Path) -> Path:
    """The file in which `fleet up` tells the other commands where it is."""
    return root / ".fleet" / "fleet.json"


def write(root: Path, fleet: Fleet) -> None:
    """Leave the note, for its owner only."""
    write_private(note(root), json.encode(fleet).decode())


def noted(root: Path) -> Fleet | None:
    """What the last `fleet up` left here, whether it still runs or not."""
    try:
        return json.decode(note(root).read_bytes(), type=Fleet)
    except (FileNotFoundError, PermissionError, MsgspecError):
        return None


def find(*needs: str) -> Fleet:
    """The fleet to talk to: the environment first, then one that runs here, then a demo that does.

    `needs` are the fields that must be known; raises Away when one is not.
    """
    notes = (noted(Path.cwd() / below) for below in (".", ".fleet/demo"))
    here = next((it for it in notes if it and running(it.pid)), None)
    given = {
        "url": os.environ.get("FLEET_URL", "").rstrip("/"),
        "api_key": os.environ.get("FLEET_API_KEY", ""),
        "postgres_url": os.environ.get("POSTGRES_URL", ""),
        "nats_url": os.environ.get("NATS_URL", ""),
    }
    known = {name: value or (getattr(here, name) if here else "") for name, value in given.items()}
    names = {"url": "FLEET_URL", "api_key": "FLEET_API_KEY"}
    if lacking := [names.get(name, name.upper()) for name in needs if not known[name]]:
        raise Away(
            f"no fleet runs in this directory; start one with `{as_typed('up')}`,"
            f" or set {' and '.join(lacking)}"
        )
    services, variables, console = {}, {}, ""
    if here and not given["url"]:
        services, variables, console = here.services, here.variables, here.console
    pid = here.pid if here else 0
    return Fleet(**known, services=services, variables=variables, console=console, pid=pid)


class Services:
    """The services of a fleet that are there, by provider."""

    def __init__(self, fleet: Fleet, caller: Caller, only: str = "") -> None:
        self._fleet, self._caller = fleet, caller
        self.names = sorted(fleet.services) or _declared()
        if only:
            self.names = [known(only, self.names)]

    def get(self, provider: str, path: str, **params: str | int | None) -> Any:
        """Read something of one service."""
        return self._caller.get(self._fleet.service(provider) + path, **params)

    def post(self, provider: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Write something to one service."""
        return self._caller.post(self._fleet.service(provider) + path, body)

    def each(self, path: str, **params: str | int | None) -> Iterator[tuple[str, Any]]:
        """The answer of every service; one that says "not found" is left out."""
        for name in self.names:
            try:
                yield name, self.get(name, path, **params)
            except NotFound:
                continue

    def list(self, path: str, field: str, following: str, **params: Any) -> list[dict[str, Any]]:
        """All pages of a list over all services; each item tells its `provider`.

        `following` is `field of the answer:parameter` of the next page, as each list has its own.
        """
        told, parameter = following.split(":")
        found = []
        for name in self.names:
            given = dict(params)
            while True:
                page = self.get(name, path, **given)
                found += [{"provider": name, **item} for item in page[field]]
                if not page.get(told):
                    break
                given[parameter] = page[told]
        return found


def known(provider: str, names: Sequence[str]) -> str:
    """The provider, if it is one of these; raises NotFound with the nearest of them."""
    if provider not in names:
        near = get_close_matches(provider, names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
        raise NotFound(f"there is no service {provider!r} here; {hint}")
    return provider


@contextmanager
def services(only: str = "") -> Iterator[Services]:
    """The services of the fleet that is meant; raises Away when there is none."""
    fleet = find("url", "api_key")
    with Caller(fleet.api_key) as caller:
        yield Services(fleet, caller, only)


def _declared() -> list[str]:
    from shared.config.catalogue import providers  # noqa: PLC0415 - imports every provider

    found = [provider.name for provider in providers()]
    if not found:
        raise ConfigError("there are no providers in services/")
    return found
