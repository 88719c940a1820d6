"""How much Slack gives at once, and how often: both rate regimes, short pages, and refusals.

https://docs.slack.dev/apis/web-api/rate-limits
"""

from collections.abc import Callable

from shared.simulation import Answer

_HISTORY = ("conversations.history", "conversations.replies")


class Pace:
    """At most `most` rows at once; one call of history or replies in `every` seconds.

    `gaps` are such seconds for other methods; `refusals` counts 429s by method, `limited` all of them.
    """

    def __init__(self, most: int, every: float, now: Callable[[], float]) -> None:
        self.most, self.every, self._now = most, every, now
        self.gaps: dict[str, float] = {}
        self.refusals: dict[str, int] = {}
        self._next: dict[str, float] = {}
        self._pages = self._stumbles = 0

    @property
    def limited(self) -> int:
        """How many calls came too early."""
        return sum(self.refusals.values())

    def stumble(self) -> None:
        """Let the next call fail within a 200."""
        self._stumbles += 1

    def refused(self, method: str) -> Answer | None:
        """What a call is told that comes too early, or that meets a stumble."""
        if self._stumbles:
            self._stumbles -= 1
            return Answer({"ok": False, "error": "internal_error"})
        gap = self.gaps.get(method, self.every if method in _HISTORY else 0.0)
        wait = self._next.get(method, 0.0) - self._now()
        if not gap or wait <= 0:
            self._next[method] = self._now() + gap
            return None
        self.refusals[method] = self.refusals.get(method, 0) + 1
        body = {"ok": False, "error": "ratelimited"}
        return Answer(body, 429, {"retry-after": str(int(wait) + 1)})

    def size(self, asked: int) -> int:
        """How many rows this page gets: every third one is short, every seventh is empty."""
        self._pages += 1
        whole = min(asked, self.most)
        return 0 if self._pages % 7 == 0 else max(whole // 2, 1) if self._pages % 3 == 0 else whole
