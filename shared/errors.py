"""Every failure the hub knows, named by what it does next.

    HubError
    ├── ConfigError         refuse to start; every problem in one sentence list      (exit 78)
    ├── WebhookError
    │   ├── NotGenuine      answered 401, counted, nothing stored
    │   └── Unreadable      genuine but not understood: kept as a dead letter
    ├── Away                the database or the bus does not answer: 503, and come back
    ├── NotFound            there is no such thing, or it is somebody else's: the answer is the same
    ├── BadRequest          the caller has to change the request; the sentence says how
    ├── UnsupportedEvent    a kind nobody declared: counted and kept, never lost silently
    └── ProviderError       the provider's API said no
        ├── Reauthorize     only a person can mend it: the account stops, a consent is needed
        │   └── Ended       who gave the access may not give it any more: the account stops at once
        ├── RateLimited     come back after `retry_after` seconds
        ├── Unavailable     a 5xx, a timeout, a reset: again later, with jitter
        │   └── Late        not answered in the time that a person's request may take
        ├── ItemGone        403 or 404 on one item: leave the item out, keep the run
        └── Refused         any other 4xx: our mistake; the run fails and is not repeated blindly
            ├── Changed     412: somebody else changed the item since it was read; read it again
            ├── Elsewhere   redirected to where the credentials must not follow
            ├── Impossible  cannot be had as things are, and nobody has to mend it: told, and left alone
            └── TooLarge    the item has more bytes than the hub passes on

Messages are sentences for the person who has to act. HTTP statuses live in `shared/service` alone.
"""


class HubError(Exception):
    """Something went wrong that the hub has a plan for; the message says what to do."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").partition("\n")[0])


class ConfigError(HubError):
    """The configuration is not usable; every problem is listed."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class WebhookError(HubError):
    """A webhook could not be taken as it is."""


class NotGenuine(WebhookError):
    """The delivery is not signed by the provider, or is too old."""


class Unreadable(WebhookError):
    """The payload is genuine, but does not have the shape that the provider documents."""


class Away(HubError):
    """PostgreSQL or NATS does not answer; the work goes on when it does."""


class NotFound(HubError):
    """There is no such thing here, or it belongs to another user."""


class BadRequest(HubError):
    """The request cannot be carried out as it was made."""


class UnsupportedEvent(HubError):
    """The provider sent a kind that nobody declared; `kind` is what it calls it."""

    def __init__(self, message: str = "", kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind


class ProviderError(HubError):
    """The provider's API did not do what was asked."""


class Reauthorize(ProviderError):
    """The provider no longer accepts this connection; the user has to connect again.

    `revoked` is true where the provider says that the user took the access away.
    """

    def __init__(self, message: str = "", *, revoked: bool = False) -> None:
        super().__init__(message)
        self.revoked = revoked


class Ended(Reauthorize):
    """Who gave the access has none any more; it ends until somebody connects again."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message, revoked=True)


class RateLimited(ProviderError):
    """The provider asks for patience; `retry_after` is in seconds.

    `everything` is true where it says that all calls of the account have to wait, not such ones.
    """

    def __init__(self, message: str = "", *, retry_after: float, everything: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.everything = everything


class Unavailable(ProviderError):
    """The provider did not answer properly; the same call may work later.

    `unknown` is true for a write whose outcome nobody can tell: it is never sent again blindly.
    """

    def __init__(self, message: str = "", *, unknown: bool = False) -> None:
        super().__init__(message)
        self.unknown = unknown


class Late(Unavailable):
    """The provider did not answer in the time that a request may take; try again, or ask for less."""


class ItemGone(ProviderError):
    """The item does not exist any more, or this connection may not see it."""


class Refused(ProviderError):
    """The provider refused the request as it was made."""


class Changed(Refused):
    """It was changed by somebody else since you read it; nothing was written. Read it again."""


class Elsewhere(Refused):
    """The provider leads to another host, where nothing of ours is sent; `url` is for who decides."""

    def __init__(self, message: str = "", *, url: str = "") -> None:
        super().__init__(message)
        self.url = url


class Impossible(Refused):
    """It cannot be had as things are, which is nobody's mistake."""


class TooLarge(Refused):
    """The item is larger than what is passed on."""
