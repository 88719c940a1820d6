"""What a service declares that reads the stream instead of speaking to a provider: one frozen record."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from shared.bus.tail import Heard
    from shared.store.database import Database


class Subscriber(Struct, frozen=True, kw_only=True):
    """Everything the hub needs to know about one reader of the stream.

    Its tables are in the schema of its name, made by the migrations of `package`, where its
    `configs/config.yaml` is too. Its durable consumer has its name.
    """

    name: str
    title: str
    port: int
    package: str
    handle: "Callable[[Database, Sequence[Heard]], Awaitable[None]]"
    """Takes in a batch, all or nothing, whatever came before or twice; see `shared.bus.settling`."""
    bury: "Callable[[Database, Heard, str], Awaitable[None]]"
    """Writes down a message that was given up on."""
    letters: "Callable[[Database], Awaitable[int]]"
    """How many messages were given up on."""
    tidy: "Callable[[Database], Awaitable[Any]]"
    """Housekeeping, once a minute."""
    routes: tuple[Any, ...] = ()
    """Litestar's handlers; a route asks for its `desk` (`shared.service.subscriber.TheDesk`)."""
    shows: Mapping[str, tuple[str, str, str]] = {}
    """What `fleet demo` ends with: a sentence, the path, the list in its answer, and the field of each."""

    @property
    def oauth(self) -> None:
        """It connects no accounts."""

    @property
    def webhook(self) -> None:
        """It hears the stream alone."""

    @property
    def base_url(self) -> str:
        """It asks nobody."""
        return ""

    @property
    def quotas(self) -> dict[str, Any]:
        """It asks nobody."""
        return {}
