"""As whom a call is made: the account by its token, the app by its credentials, or the service itself."""

from collections.abc import Awaitable, Callable, Mapping

from shared.errors import Reauthorize, Refused
from shared.http.exchange import Answer, Call
from shared.provider import Provider
from shared.types import Secret

Token = Callable[[str], Awaitable[str]]


class Standing:
    """`token(refused)` returns an access token, a fresh one when `refused` was just answered 401; `scheme`
    tells what it is called in the header.

    `fixed` replaces the header; `settings` are those of `Provider.itself`, `root` the base URL's path.
    """

    def __init__(
        self,
        provider: Provider,
        token: Token | None,
        scheme: Callable[[], Awaitable[str]],
        *,
        root: str,
        fixed: str | None = None,
        settings: Mapping[str, Secret] | None = None,
    ) -> None:
        self._provider, self._token, self._fixed = provider, token, fixed
        self._scheme, self._root, self._settings = scheme, root, settings or {}

    async def carry(self, call: Call, make: Callable[[Call, str], Awaitable[Answer]]) -> Answer:
        """Make one call with its `Authorization`; a token that is refused is renewed once.

        What was refused was not done. Raises Refused where the service itself is not accepted: no
        account can help that, and none ends of it.
        """
        refused = ""
        while True:
            token, itself = "", ""
            if self._token and self._fixed is None and not call.anonymous:
                token, itself = await self._token(refused), self._itself(call)
            scheme = await self._scheme() if token else ""
            own = f"{scheme} {token}" if scheme else ""
            try:
                return await make(call, itself or own or self._fixed or "")
            except Reauthorize as error:
                if itself:
                    names = " and ".join(self._settings) or "its own credentials"
                    raise Refused(f"{self._provider.title} does not accept {names}") from None
                if error.revoked or refused or not token:
                    raise
                refused = token

    def _itself(self, call: Call) -> str:
        if self._provider.itself is None:
            return ""
        path = "/" + call.url.path.removeprefix(self._root).removeprefix("/")
        return self._provider.itself(path, self._settings)
