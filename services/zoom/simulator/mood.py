"""What goes wrong on command, in Zoom's own shapes. https://developers.zoom.us/docs/api/rate-limits/"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from shared.simulation import Answer, Asked


class Mood:
    """Limits by the second and by the day, and places in lists that are forgotten; `most` rows a page."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.limits = self.days = self.forgets = 0
        self.most = 300

    def limit(self) -> None:
        """The next call is one too many for this second."""
        self.limits += 1

    def spend(self) -> None:
        """The next call is one too many for this day."""
        self.days += 1

    def forget(self) -> None:
        """The next place in a list is not known any more."""
        self.forgets += 1

    def refused(self, asked: Asked) -> Answer | None:
        if not asked.path.startswith("/v2/") or asked.path.startswith("/v2/oauth/"):
            return None
        if self.limits:
            self.limits -= 1
            return _refusal({"x-ratelimit-type": "QPS"})
        if self.days:
            self.days -= 1
            until = datetime.fromtimestamp(self._now(), UTC) + timedelta(seconds=1)
            told = until.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            return _refusal({"x-ratelimit-type": "Daily-limit", "retry-after": told})
        if self.forgets and asked.query.get("next_page_token"):
            self.forgets -= 1
            message = "The next page token is invalid or expired."
            return Answer({"code": 300, "message": message}, 400)
        return None


def _refusal(headers: dict[str, str]) -> Answer:
    message = "You have reached the maximum per-second rate limit for this API. Try again later."
    more = {"x-ratelimit-category": "Medium", "x-ratelimit-remaining": "0"}
    return Answer({"code": 429, "message": message}, 429, {**more, **headers})
