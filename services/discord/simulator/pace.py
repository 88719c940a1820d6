"""How Discord says that it is too much: for one place, for the bot, or for the address it comes from.

https://discord.com/developers/docs/topics/rate-limits
"""

from shared.simulation import Answer

_HTML = {"content-type": "text/html; charset=utf-8", "retry-after": "1"}


class Pace:
    """What goes wrong next; `refusals` counts what was refused, by the path."""

    def __init__(self) -> None:
        self._next: list[str] = []
        self.most = 100
        self.refusals: list[str] = []

    def limit(self) -> None:
        """The next call is too much for its place."""
        self._next.append("user")

    def limit_all(self) -> None:
        """The next call is too much for the bot."""
        self._next.append("global")

    def block(self) -> None:
        """The network in front refuses the next call, in words of its own."""
        self._next.append("cloudflare")

    def refused(self, path: str) -> Answer | None:
        if not self._next:
            return None
        self.refusals.append(path)
        scope = self._next.pop(0)
        if scope == "cloudflare":
            return Answer(b"<html>error code: 1015</html>", 429, _HTML)
        body = {"message": "You are being rate limited.", "retry_after": 0.05}
        headers = {"retry-after": "1", "x-ratelimit-scope": scope}
        return Answer({**body, "global": scope == "global"}, 429, headers)
